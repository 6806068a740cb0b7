/** Archived segments and spool files are read like plain ones, and the original goes last. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArchiveReader, MEMBER_BYTES, readArchiveSync, writeArchive } from '../../../platform/log/archive-file.ts';
import {
  archiveBlob,
  archiveSegment,
  listSegments,
  LogReader,
  LogWriter,
  readStoredSync,
  removeBlob,
  Spool,
  writeRetained,
} from '../../../platform/log/index.ts';
import { collect, pins, temporaryDir } from './helpers.ts';

const sure = async (): Promise<void> => undefined;

/** Bytes that compress, and never repeat a MiB. */
function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + (i >>> 11)) & 0x7f;
  return bytes;
}

async function archived(content: Buffer): Promise<string> {
  const dir = temporaryDir();
  fs.writeFileSync(path.join(dir, 'plain'), content);
  await writeArchive(path.join(dir, 'plain'), path.join(dir, 'plain.gz'));
  return path.join(dir, 'plain.gz');
}

describe('an archived file', () => {
  it('is one that gunzip gives back, whatever its length', async () => {
    for (const length of [0, 1, MEMBER_BYTES - 1, MEMBER_BYTES, MEMBER_BYTES + 1, 3 * MEMBER_BYTES]) {
      const content = bytesOf(length);
      const file = await archived(content);
      expect(gunzipSync(fs.readFileSync(file)).equals(content)).toBe(true);
      const reader = await ArchiveReader.open(file);
      expect([(await reader.stat()).size, reader.sha256]).toEqual([
        length,
        createHash('sha256').update(content).digest('hex'),
      ]);
      await reader.close();
    }
  });

  it('gives the same bytes as the plain one at any place, also to threads', async () => {
    const content = bytesOf(3 * MEMBER_BYTES + 4711);
    const file = await archived(content);
    const reader = await ArchiveReader.open(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(content.length + 10), fc.nat(2 * MEMBER_BYTES), async (at, length) => {
        const wanted = content.subarray(at, at + length);
        const target = new Uint8Array(length);
        let filled = 0;
        for (let read = 1; read > 0 && filled < length; filled += read) {
          ({ bytesRead: read } = await reader.read(target, filled, length - filled, at + filled));
        }
        expect(filled).toBe(wanted.length);
        expect(wanted.equals(target.subarray(0, filled))).toBe(true);
        const sync = new Uint8Array(length);
        expect(readArchiveSync(file, sync, at)).toBe(wanted.length);
        expect(wanted.equals(sync.subarray(0, wanted.length))).toBe(true);
      }),
      { numRuns: 25 },
    );
    await reader.close();
  });

  it('is refused when a byte changed or its end is missing', async () => {
    const content = bytesOf(MEMBER_BYTES + 100);
    const file = await archived(content);
    const sound = fs.readFileSync(file);
    const read = async (): Promise<Buffer> => {
      const reader = await ArchiveReader.open(file);
      try {
        const target = Buffer.alloc(content.length);
        let filled = 0;
        while (filled < target.length) {
          const { bytesRead } = await reader.read(target, filled, target.length - filled, filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return target.subarray(0, filled);
      } finally {
        await reader.close();
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(sound.length - 1), fc.nat(7), async (at, bit) => {
        const bytes = Buffer.from(sound);
        bytes[at]! ^= 1 << bit;
        fs.writeFileSync(file, bytes);
        // Where nothing of the content stands a flip may pass; the content never differs.
        const result = await read().catch((error: { code: string }) => error.code);
        if (typeof result === 'string') expect(result).toBe('ARCHIVE_DAMAGED');
        else expect(result.equals(content)).toBe(true);
      }),
      { numRuns: 150 },
    );
    for (const length of [sound.length - 1, sound.length - 66, 30, 0]) {
      fs.writeFileSync(file, sound.subarray(0, length));
      await expect(read()).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
    }
  });
});

async function logOf(entries: number): Promise<string> {
  const dir = temporaryDir();
  const log = await LogWriter.open(dir, { groupWaitMs: 0, segmentBytesMax: 500 });
  for (let n = 1; n <= entries; n++) await log.append(1, { n }, Buffer.from(`body ${n}`), pins);
  await log.close();
  return dir;
}

async function archiveFirst(dir: string, count: number): Promise<void> {
  const reader = new LogReader(dir);
  for (let i = 0; i < count; i++) {
    const segments = await listSegments(dir);
    const [segment, next] = [segments[i]!, segments[i + 1]!];
    const { chain } = segment.firstNo === 1 ? await reader.start() : await reader.entry(segment.firstNo - 1);
    await archiveSegment(dir, segment, next, chain, sure);
  }
  await reader.close();
}

describe('a log with archived segments', () => {
  it('reads, verifies and goes on like before', async () => {
    const dir = await logOf(20);
    const before = new LogReader(dir);
    const [all, verified] = [await collect(before.readFrom(1)), await before.verify()];
    await before.close();
    const plain = fs.readdirSync(dir).length;
    await archiveFirst(dir, 3);
    expect(fs.readdirSync(dir).filter((name) => name.endsWith('.log'))).toHaveLength(plain - 3);
    expect(fs.readdirSync(path.join(dir, 'archive'))).toHaveLength(3);

    const reader = new LogReader(dir);
    expect(await collect(reader.readFrom(1))).toEqual(all);
    expect(await collect(reader.readHeads(3, 7))).toEqual(all.slice(2, 7));
    expect((await reader.entry(2)).head).toEqual({ n: 2 });
    expect(await reader.verify()).toEqual(verified);
    await reader.close();
    const log = await LogWriter.open(dir);
    expect((await log.append(1, { n: 21 }, undefined, pins)).entryNo).toBe(21);
    await log.close();
  });

  it('is read by who had listed the plain segments before, and by who holds a head of one', async () => {
    const dir = await logOf(20);
    const reader = new LogReader(dir);
    const [head] = [(await reader.readHeads(1, 1).next()).value!];
    await reader.entry(20);
    const other = new LogReader(dir);
    await other.firstNo();
    await archiveFirst(dir, 3);
    expect(await collect(other.readFrom(1, 20))).toHaveLength(20);
    expect(Buffer.from(await head.body()).toString()).toBe('body 1');
    await reader.close();
    await other.close();
  });

  it('keeps the original of a segment whose entries do not follow from each other', async () => {
    const dir = await logOf(20);
    const [first, second] = await listSegments(dir);
    const bytes = fs.readFileSync(first!.path);
    bytes[100]! ^= 1;
    fs.writeFileSync(first!.path, bytes);
    const reader = new LogReader(dir);
    const { chain } = await reader.start();
    await reader.close();
    await expect(archiveSegment(dir, first!, second!, chain, sure)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    expect(fs.existsSync(first!.path)).toBe(true);
    expect(fs.readdirSync(path.join(dir, 'archive'))).toEqual([]);
  });

  it('is written no more by an owner that was replaced: the original stays', async () => {
    const dir = await logOf(20);
    const [first, second] = await listSegments(dir);
    const reader = new LogReader(dir);
    const { chain } = await reader.start();
    await reader.close();
    const replaced = () => Promise.reject(new Error('another owner'));
    await expect(archiveSegment(dir, first!, second!, chain, replaced)).rejects.toThrow('another owner');
    expect(fs.existsSync(first!.path)).toBe(true);
  });
});

describe('a first segment that is not there', () => {
  it('is damage when no retention took it, for the writer and for the reader', async () => {
    const dir = await logOf(20);
    const [first] = await listSegments(dir);
    fs.rmSync(first!.path);
    await expect(LogWriter.open(dir)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    const reader = new LogReader(dir);
    await expect(reader.verify()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    await reader.close();
  });

  it('is no damage behind the mark of retention, and its entries say when they went', async () => {
    const dir = await logOf(20);
    const [first, second] = await listSegments(dir);
    const reader = new LogReader(dir);
    const chain = Buffer.from((await reader.entry(second!.firstNo - 1)).chain).toString('hex');
    const firstNo = second!.firstNo;
    await writeRetained(dir, {
      firstNo,
      chain,
      sealedNo: firstNo,
      base: 'x',
      removedAtMs: Date.UTC(2026, 0, 2),
      sealedAcceptedMs: 0,
    });
    // The mark counts at once, though the file is still there.
    expect((await listSegments(dir))[0]!.firstNo).toBe(firstNo);
    fs.rmSync(first!.path);
    expect(await reader.verify()).toMatchObject({ firstNo, headNo: 20 });
    await expect(reader.entry(1)).rejects.toMatchObject({
      code: 'LOG_ENTRY_RETIRED',
      message: expect.stringContaining('2026-01-02'),
    });
    await reader.close();
    await (await LogWriter.open(dir)).close();
    fs.rmSync(second!.path);
    await expect(LogWriter.open(dir)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    const mark = path.join(dir, 'retained.json');
    fs.writeFileSync(mark, fs.readFileSync(mark, 'utf8').replace('firstNo', 'fristNo'));
    await expect(LogWriter.open(dir)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  });
});

describe('an archived spool file', () => {
  it('is found, read and checked like a plain one; the same bytes again are a fresh file', async () => {
    const spool = await Spool.open(path.join(temporaryDir(), 'spool'));
    const content = bytesOf(MEMBER_BYTES + 77);
    const source = () => Readable.from([content], { objectMode: false });
    const { sha256 } = await spool.add(source());
    const plain = spool.path(sha256);
    expect(spool.locate(sha256)).toBe(plain);
    expect(await archiveBlob(spool, sha256, sure)).toMatchObject({ sizeBytes: content.length });
    expect(await archiveBlob(spool, sha256, sure)).toBeNull();
    expect(fs.existsSync(plain)).toBe(false);
    const fresh = await Spool.open(spool.dir, { owner: false });
    expect(content.subarray(9, 109).equals(await fresh.read(sha256, 9, 100))).toBe(true);
    expect([fresh.has(sha256), await fresh.isSound(sha256), await fresh.blobs()]).toEqual([true, true, [sha256]]);
    const target = new Uint8Array(100);
    // A thread that was told the plain place, and one that was told the archive.
    for (const place of [plain, fresh.locate(sha256)]) {
      expect(readStoredSync(place, target, MEMBER_BYTES - 50)).toBe(100);
      expect(content.subarray(MEMBER_BYTES - 50, MEMBER_BYTES + 50).equals(target)).toBe(true);
    }
    await spool.add(source());
    expect(fs.existsSync(plain)).toBe(true);
    await removeBlob(spool, sha256, Date.now() - 60_000);
    expect([spool.has(sha256), spool.locate(sha256)]).toEqual([true, plain]);
    await removeBlob(spool, sha256, Date.now() + 60_000);
    expect(await spool.blobs()).toEqual([]);
    await fresh.close();
    await spool.close();
  });

  it('is not made of a file whose content is not that of its name', async () => {
    const spool = await Spool.open(path.join(temporaryDir(), 'spool'));
    const { sha256 } = await spool.add(Readable.from([bytesOf(1000)], { objectMode: false }));
    fs.appendFileSync(spool.path(sha256), 'more');
    await expect(archiveBlob(spool, sha256, sure)).rejects.toMatchObject({ code: 'SPOOL_DAMAGED' });
    expect(fs.existsSync(spool.path(sha256))).toBe(true);
    await spool.close();
  });
});
