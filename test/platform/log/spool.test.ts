import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAhead, Spool } from '../../../platform/log/index.ts';
import { temporaryDir } from './helpers.ts';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 253));
const sha256 = createHash('sha256').update(content).digest('hex');

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('the spool', () => {
  it('keeps the same content once, under its hash, from a file or a stream', async () => {
    const dir = temporaryDir();
    const spool = await Spool.open(path.join(dir, 'spool'));
    writeFileSync(path.join(dir, 'original'), content);
    const blob = { sha256, sizeBytes: content.length };
    expect(await spool.add(path.join(dir, 'original'))).toEqual(blob);
    expect(await spool.add(inPieces(content, 7777))).toEqual(blob);
    expect(spool.path(sha256)).toBe(path.join(dir, 'spool', sha256.slice(0, 2), sha256));
    expect(readFileSync(spool.path(sha256)).equals(content)).toBe(true);
    expect(readdirSync(path.join(dir, 'spool')).sort()).toEqual([sha256.slice(0, 2), 'tmp'].sort());
    expect(readdirSync(path.join(dir, 'spool', 'tmp'))).toEqual([]);
    expect([spool.has(sha256), await spool.isSound(sha256)]).toEqual([true, true]);
    await spool.close();
  });

  it('keeps a file of many chunks byte for byte', async () => {
    const dir = temporaryDir();
    const large = randomBytes(9 * 2 ** 20 + 4321);
    writeFileSync(path.join(dir, 'original'), large);
    const spool = await Spool.open(path.join(dir, 'spool'));
    const blob = await spool.add(path.join(dir, 'original'));
    expect(readFileSync(spool.path(blob.sha256)).equals(large)).toBe(true);
    await spool.close();
  });

  it('reads ahead into memory that still holds the chunk before', async () => {
    const original = path.join(temporaryDir(), 'original');
    writeFileSync(original, randomBytes(5 * 2 ** 20));
    const chunks = readAhead(original);
    let before: { chunk: Uint8Array; copy: Buffer } | null = null;
    for await (const chunk of chunks) {
      // Long enough for the next one to be read.
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (before !== null) expect(before.copy.equals(before.chunk)).toBe(true);
      before = { chunk, copy: Buffer.from(chunk) };
    }
  });

  it('reads any part, also into shared memory, and from another process', async () => {
    const dir = temporaryDir();
    await (await Spool.open(dir)).add(inPieces(content, 65536));
    const reader = await Spool.open(dir, { owner: false });
    expect(Buffer.from(await reader.read(sha256, 1000, 50)).equals(content.subarray(1000, 1050))).toBe(true);
    const shared = new Uint8Array(new SharedArrayBuffer(100_000));
    const part = await reader.read(sha256, 99, 100_000, shared);
    expect(part.buffer).toBe(shared.buffer);
    expect(Buffer.from(shared).equals(content.subarray(99, 100_099))).toBe(true);
    await reader.close();
  });

  it('keeps nothing of a source that fails, and clears what an ended process left', async () => {
    const dir = temporaryDir();
    const spool = await Spool.open(dir);
    async function* failing() {
      yield content;
      throw new Error('the line went dead');
    }
    await expect(spool.add(failing())).rejects.toThrow('the line went dead');
    expect(readdirSync(path.join(dir, 'tmp'))).toEqual([]);
    writeFileSync(path.join(dir, 'tmp', 'left'), 'half');
    await Spool.open(dir, { owner: false });
    expect(readdirSync(path.join(dir, 'tmp'))).toEqual(['left']);
    await Spool.open(dir);
    expect(readdirSync(path.join(dir, 'tmp'))).toEqual([]);
  });

  it('says what is missing, shorter or changed, and mends a blob when the content comes again', async () => {
    const dir = temporaryDir();
    const spool = await Spool.open(dir);
    await expect(spool.read('0'.repeat(64), 0, 1)).rejects.toMatchObject({ code: 'SPOOL_BLOB_MISSING' });
    expect(() => spool.path('../../etc/passwd')).toThrow(expect.objectContaining({ code: 'SPOOL_BLOB_MISSING' }));
    await spool.add(inPieces(content, 65536));
    truncateSync(spool.path(sha256), 1000);
    await expect(spool.read(sha256, 990, 20)).rejects.toMatchObject({ code: 'SPOOL_DAMAGED' });
    expect(await spool.isSound(sha256)).toBe(false);
    await spool.add(inPieces(content, 65536));
    const again = await Spool.open(dir);
    expect(await again.isSound(sha256)).toBe(true);
    await Promise.all([spool.close(), again.close()]);
  });
});
