// A disk with a volatile cache, as a process of its own: one file served over FUSE, which a loop device makes a block
// device of. What was written is there to be read, but is on the medium only after a flush (FUSE_FSYNC, which a loop
// device sends for REQ_OP_FLUSH). When the power is cut, of what was not flushed any part survives, in any order, torn at
// sectors. From then on every request fails until the power is back.
//
// Arguments: image file, an empty file to mount on. Speaks by IPC:
//   down { type: 'cut', seed }            now
//        { type: 'cutAt', at, seed }      at the at-th write or flush from now
//        { type: 'power' }                on again
//   up   { type: 'ready' }, { type: 'cut', pending, kept }, { type: 'on' }
//
// The protocol: linux/fuse.h, version 7.31.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

const [image, target] = process.argv.slice(2);
const SECTOR = 512;
const WRITE_MAX = 1 << 20;
const EIO = 5;
const ENOSYS = 38;
const [GETATTR, SETATTR, OPEN, READ, WRITE, STATFS, RELEASE, FSYNC, FLUSH, INIT] = [
  3, 4, 14, 15, 16, 17, 18, 20, 25, 26,
];
const UNANSWERED = new Set([2, 36, 42]);
const FILE = 0o100600;
const BIG_WRITES = 1 << 5;
const MAX_PAGES = 1 << 22;

const file = fs.openSync(image, 'r+');
const size = fs.fstatSync(file).size;
const device = fs.openSync('/dev/fuse', 'r+');
const options = `fd=3,rootmode=${FILE.toString(8)},user_id=0,group_id=0`;
const mounted = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'volatile-disk', target], {
  stdio: ['ignore', 'pipe', 'pipe', device],
});
if (mounted.status !== 0) {
  process.stderr.write(mounted.stderr);
  process.exit(1);
}

/** Writes since the last flush, in order: where, what stood there, what stands there now. */
let pending = [];
let isOff = false;
/** Of writes and flushes; the power goes at the planned one. */
let planned = null;

/** Numbers in [0, 1) that depend on the seed only (mulberry32). */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Takes everything that was not flushed off the medium, and puts a part of it back. */
function cut(seed) {
  if (isOff) return;
  isOff = true;
  planned = null;
  const random = randomOf(seed);
  // All lost, all kept, or each write on its own; of some of those only some sectors.
  const share = [0, 1, random(), random()][Math.floor(random() * 4)];
  for (const { at, before } of pending.toReversed()) fs.writeSync(file, before, 0, before.length, at);
  let kept = 0;
  for (const { at, after } of pending) {
    if (random() >= share) continue;
    kept++;
    const torn = share < 1 && random() < 0.2;
    for (let from = 0; from < after.length; from += SECTOR) {
      if (torn && random() < 0.5) continue;
      fs.writeSync(file, after, from, Math.min(SECTOR, after.length - from), at + from);
    }
  }
  process.send({ type: 'cut', pending: pending.length, kept });
  pending = [];
}

function countDown() {
  if (planned === null || --planned.at > 0) return;
  cut(planned.seed);
}

process.on('message', (message) => {
  if (message.type === 'cut') cut(message.seed);
  if (message.type === 'cutAt') planned = { at: message.at, seed: message.seed };
  if (message.type === 'power') {
    isOff = false;
    pending = [];
    process.send({ type: 'on' });
  }
});
process.on('disconnect', () => process.exit(0));

function reply(unique, error, body = Buffer.alloc(0)) {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeInt32LE(-error, 4);
  head.writeBigUInt64LE(unique, 8);
  try {
    fs.writeSync(device, Buffer.concat([head, body]));
  } catch (cause) {
    // Whoever asked was killed meanwhile.
    if (cause.code !== 'ENOENT') throw cause;
  }
}

/** struct fuse_attr_out */
function attributes() {
  const out = Buffer.alloc(16 + 88);
  out.writeBigUInt64LE(1n, 0);
  out.writeBigUInt64LE(1n, 16);
  out.writeBigUInt64LE(BigInt(size), 24);
  out.writeBigUInt64LE(BigInt(Math.ceil(size / SECTOR)), 32);
  out.writeUInt32LE(FILE, 16 + 60);
  out.writeUInt32LE(1, 16 + 64);
  out.writeUInt32LE(4096, 16 + 80);
  return out;
}

/** struct fuse_init_out */
function greeting() {
  const out = Buffer.alloc(64);
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(31, 4);
  out.writeUInt32LE(WRITE_MAX, 8);
  out.writeUInt32LE(BIG_WRITES | MAX_PAGES, 12);
  out.writeUInt16LE(16, 16);
  out.writeUInt16LE(12, 18);
  out.writeUInt32LE(WRITE_MAX, 20);
  out.writeUInt32LE(1, 24);
  out.writeUInt16LE(WRITE_MAX / 4096, 28);
  return out;
}

function handle(request) {
  const opcode = request.readUInt32LE(4);
  const unique = request.readBigUInt64LE(8);
  if (UNANSWERED.has(opcode)) return;
  if (opcode === INIT) return reply(unique, 0, greeting());
  if (opcode === GETATTR || opcode === SETATTR) return reply(unique, 0, attributes());
  if (opcode === OPEN) return reply(unique, 0, Buffer.alloc(16));
  if (opcode === RELEASE || opcode === FLUSH) return reply(unique, 0);
  if (opcode === STATFS) return reply(unique, 0, Buffer.alloc(80));
  if (opcode === WRITE || opcode === FSYNC) countDown();
  if (isOff && [READ, WRITE, FSYNC].includes(opcode)) return reply(unique, EIO);
  if (opcode === READ) {
    const at = Number(request.readBigUInt64LE(48));
    const bytes = Buffer.alloc(Math.max(0, Math.min(request.readUInt32LE(56), size - at)));
    fs.readSync(file, bytes, 0, bytes.length, at);
    return reply(unique, 0, bytes);
  }
  if (opcode === WRITE) {
    const at = Number(request.readBigUInt64LE(48));
    const length = request.readUInt32LE(56);
    const after = Buffer.from(request.subarray(80, 80 + length));
    const before = Buffer.alloc(length);
    fs.readSync(file, before, 0, length, at);
    fs.writeSync(file, after, 0, length, at);
    pending.push({ at, before, after });
    const out = Buffer.alloc(8);
    out.writeUInt32LE(length, 0);
    return reply(unique, 0, out);
  }
  if (opcode === FSYNC) {
    pending = [];
    return reply(unique, 0);
  }
  return reply(unique, ENOSYS);
}

const buffer = Buffer.alloc(WRITE_MAX + 8192);
function listen() {
  fs.read(device, buffer, 0, buffer.length, null, (error, length) => {
    // ENODEV: it was unmounted.
    if (error?.code === 'ENODEV') return process.exit(0);
    if (error && !['EINTR', 'EAGAIN', 'ENOENT'].includes(error.code)) throw error;
    if (!error) handle(buffer.subarray(0, length));
    listen();
  });
}
listen();
process.send({ type: 'ready' });
