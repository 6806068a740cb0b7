// Loaded before Tollgrid (`NODE_OPTIONS=--import`), in each of its processes and threads. Counts what this process does
// with files below TOLLGRID_DEATH.dataDir and, at the n-th operation, ends it with SIGKILL or fails the operation.
//
// TOLLGRID_DEATH, JSON: { dataDir, marker, role, files, at, how, code, traces }
//   role    front, rater or worker (the rater's threads): who it is about
//   files   own (all but engine/ and registry/) or registry
//   at      number of the operation, from 1
//   how     before, after, torn (half of a write, then death) or fail (with `code`, on syncs only)
//   marker  a file that is made when it happened: it happens once
//   traces  a folder: nobody dies, and each role leaves a line per operation in `<role>-<files>`
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { isMainThread } from 'node:worker_threads';

const plan = JSON.parse(process.env.TOLLGRID_DEATH ?? '{}');
const { existsSync, writeFileSync, appendFileSync, writeSync } = fs;
const roles = { rater: /server\/rater\/main/, front: /cli\/main/ };
// A thread of the rater is told by what its process left in the environment, which it takes over.
const role = isMainThread
  ? Object.keys(roles).find((name) => roles[name].test(process.argv[1] ?? ''))
  : process.env.TOLLGRID_DEATH_ROLE === 'rater' && 'worker';
if (isMainThread) process.env.TOLLGRID_DEATH_ROLE = role ?? '';
const isMine = plan.traces ? Boolean(role) : role === plan.role;

if (isMine && !existsSync(plan.marker)) await watch();

async function watch() {
  let count = 0;
  const paths = new Map();
  const foreign = [path.join(plan.dataDir, 'engine'), path.join(plan.dataDir, 'registry')];

  /** Whose file it is; null: not ours to count. */
  const ownerOf = (file) => {
    if (typeof file !== 'string' || !file.startsWith(plan.dataDir)) return null;
    if (file.startsWith(`${foreign[1]}/`)) return 'registry';
    return foreign.some((folder) => file.startsWith(`${folder}/`)) ? null : 'own';
  };
  const die = () => {
    writeFileSync(plan.marker, '');
    process.kill(process.pid, 'SIGKILL');
    // The signal may take a moment; nothing more may be done meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
  /** True when it is this operation's turn. */
  const isDue = (kind, file) => {
    const owner = ownerOf(file);
    if (plan.traces) {
      if (owner !== null) {
        appendFileSync(path.join(plan.traces, `${role}-${owner}`), `${kind} ${path.relative(plan.dataDir, file)}\n`);
      }
      return false;
    }
    if (owner !== plan.files) return false;
    if (plan.how === 'fail' && kind !== 'sync') return false;
    if (existsSync(plan.marker)) return false;
    count += 1;
    return count === plan.at;
  };
  const failure = () => Object.assign(new Error(`${plan.code}: injected`), { code: plan.code });

  /** Around an operation, done now or with a promise. */
  const around = (kind, fileOf, original, half) =>
    function (...args) {
      const file = fileOf(this, args);
      if (!isDue(kind, file)) return original.apply(this, args);
      if (plan.how === 'fail') {
        writeFileSync(plan.marker, '');
        if (kind === 'sync' && original.constructor.name !== 'AsyncFunction' && half === 'now') throw failure();
        return Promise.reject(failure());
      }
      if (plan.how === 'torn' && typeof half === 'function') half(this, args);
      if (plan.how !== 'after') die();
      const result = original.apply(this, args);
      if (result instanceof Promise) return result.then(die);
      die();
    };

  const promises = fs.promises;
  const first = (_, [file]) => file;
  const second = (_, [, file]) => file;
  for (const [name, kind, fileOf] of [
    ['rename', 'rename', second],
    ['link', 'link', second],
    ['rm', 'remove', first],
    ['unlink', 'remove', first],
    ['mkdir', 'mkdir', first],
    ['writeFile', 'write', first],
  ]) {
    promises[name] = around(kind, fileOf, promises[name]);
    fs[`${name}Sync`] = around(kind, fileOf, fs[`${name}Sync`], 'now');
  }

  const handle = await promises.open(process.execPath);
  const methods = Object.getPrototypeOf(handle);
  await handle.close();
  const openAsync = promises.open;
  promises.open = async (file, ...rest) => {
    const opened = await openAsync(file, ...rest);
    paths.set(opened.fd, file);
    return opened;
  };
  const ofHandle = (self) => paths.get(self.fd);
  const halfOfHandle = (self, [bytes, offset = 0, length = bytes.length, at = null]) =>
    void writeSync(self.fd, bytes, offset, length >> 1, at);
  methods.write = around('write', ofHandle, methods.write, halfOfHandle);
  methods.sync = around('sync', ofHandle, methods.sync);
  methods.datasync = around('sync', ofHandle, methods.datasync);
  methods.truncate = around('truncate', ofHandle, methods.truncate);

  const openNow = fs.openSync;
  fs.openSync = (file, ...rest) => {
    const fd = openNow(file, ...rest);
    paths.set(fd, file);
    return fd;
  };
  const ofNumber = (_, [fd]) => paths.get(fd);
  const halfOfNumber = (_, [fd, bytes, offset = 0, length = bytes.length, at = null]) =>
    void writeSync(fd, bytes, offset, length >> 1, at);
  fs.writeSync = around('write', ofNumber, fs.writeSync, halfOfNumber);
  fs.fsyncSync = around('sync', ofNumber, fs.fsyncSync, 'now');
  fs.fdatasyncSync = around('sync', ofNumber, fs.fdatasyncSync, 'now');
  syncBuiltinESMExports();
}
