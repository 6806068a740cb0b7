import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from 'node:zlib';
import { LogReader, LogWriter } from '../../../platform/log/index.ts';
import { CHAIN_START, encodeFrame, HEADER_BYTES } from '../../../platform/log/frame.ts';
import { collect, pins, temporaryDir } from './helpers.ts';

const text = (value: string) => new TextEncoder().encode(value);

/** A log of entries `{ n: 1 }` with body `body 1`, and so on, each synced alone. */
async function writeLog(dir: string, count: number, options = {}): Promise<void> {
  const log = await LogWriter.open(dir, { groupWaitMs: 0, ...options });
  for (let n = 0; n < count; n++) await log.append(1, { n: log.nextNo }, text(`body ${log.nextNo}`), pins);
  await log.close();
}

const expected = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ no: from + i, head: { n: from + i }, body: `body ${from + i}` }));

const only = (dir: string) => path.join(dir, readdirSync(dir)[0]);

describe('the log', () => {
  it('numbers entries from 1 in the order of the calls and gives them back with their pins', async () => {
    const dir = temporaryDir();
    const log = await LogWriter.open(dir);
    const appended = await Promise.all(
      [1, 2, 3].map((n) => log.append(n, { n }, text(`b${n}`), { ...pins, registryNo: n })),
    );
    expect(appended.map(({ entryNo }) => entryNo)).toEqual([1, 2, 3]);
    expect(log.headNo).toBe(3);
    await log.close();
    const reader = new LogReader(dir);
    const second = await reader.entry(2);
    expect(second).toMatchObject({
      entryNo: 2,
      type: 2,
      version: 1,
      ...pins,
      registryNo: 2,
      bodyLength: 2,
      head: { n: 2 },
    });
    expect(second.position).toEqual(appended[1].position);
    await reader.close();
  });

  it('goes on where it stopped, over segments, with the chain unbroken', async () => {
    const dir = temporaryDir();
    for (let round = 0; round < 3; round++) await writeLog(dir, 20, { segmentBytesMax: 1000 });
    expect(readdirSync(dir).length).toBeGreaterThan(5);
    const reader = new LogReader(dir);
    expect(await collect(reader.readFrom(1))).toEqual(expected(1, 60));
    expect(await collect(reader.readFrom(17, 43))).toEqual(expected(17, 43));
    expect(await collect(reader.readHeads(59))).toEqual(expected(59, 60));
    expect((await reader.entry(33)).head).toEqual({ n: 33 });
    expect(await reader.verify()).toMatchObject({ firstNo: 1, headNo: 60 });
    await reader.close();
  });

  it('shares one sync among those who wait, and reports what is durable', async () => {
    const dir = temporaryDir();
    const durable: number[] = [];
    const log = await LogWriter.open(dir, { groupWaitMs: 5, onDurable: (no) => durable.push(no) });
    await Promise.all(Array.from({ length: 500 }, (_, n) => log.append(1, { n }, undefined, pins)));
    expect(durable.at(-1)).toBe(500);
    expect(durable.length).toBeLessThan(5);
    await log.close();
  });

  it('reads bodies of any size, as copies that own their memory', async () => {
    const dir = temporaryDir();
    const sizes = [0, 1, 70_000, 1_500_000, 5, 3_000_000, 12];
    const log = await LogWriter.open(dir);
    for (const size of sizes) await log.append(1, {}, new Uint8Array(size).fill(size % 251), pins);
    await log.close();
    const reader = new LogReader(dir);
    for (const read of [reader.readFrom(1), reader.readHeads()]) {
      const seen = [];
      for await (const entry of read) {
        const body = await entry.body();
        expect(body.buffer.byteLength).toBe(body.length);
        expect(body.every((byte) => byte === body.length % 251)).toBe(true);
        seen.push(body.length);
      }
      expect(seen).toEqual(sizes);
    }
    await reader.close();
  });

  it('is read up to a told number while it is written, also into segments made later', async () => {
    const dir = temporaryDir();
    const log = await LogWriter.open(dir, { groupWaitMs: 0, segmentBytesMax: 600 });
    const reader = new LogReader(dir);
    let read = 0;
    for (let n = 1; n <= 30; n++) {
      const { entryNo } = await log.append(1, { n }, text(`body ${n}`), pins);
      if (n % 3 !== 0) continue;
      expect(await collect(reader.readFrom(read + 1, entryNo))).toEqual(expected(read + 1, entryNo));
      read = entryNo;
    }
    await log.close();
    await reader.close();
  });

  it('says when an entry is not there', async () => {
    const dir = temporaryDir();
    await writeLog(dir, 3);
    const reader = new LogReader(dir);
    await expect(reader.entry(4)).rejects.toMatchObject({ code: 'LOG_ENTRY_MISSING' });
    await expect(reader.entry(0)).rejects.toMatchObject({ code: 'LOG_ENTRY_MISSING' });
    await expect(collect(reader.readFrom(1, 4))).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    expect(await collect(reader.readFrom(4))).toEqual([]);
    await reader.close();
  });

  it('gives the same bytes for any grouping of the same entries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), async (waits) => {
        const [one, other] = [temporaryDir(), temporaryDir()];
        await writeLog(one, waits.length);
        const log = await LogWriter.open(other, { groupWaitMs: 0 });
        const all = [];
        for (const wait of waits) {
          const n = log.nextNo;
          const appended = log.append(1, { n }, text(`body ${n}`), pins);
          all.push(appended);
          if (wait) await appended;
        }
        await Promise.all(all);
        await log.close();
        expect(readFileSync(only(other)).equals(readFileSync(only(one)))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe('opening the log', () => {
  it('cuts a tail torn at any byte of the last entry, and goes on from there', async () => {
    const dir = temporaryDir();
    await writeLog(dir, 4);
    const bytes = readFileSync(only(dir));
    const lastAt = bytes.lastIndexOf('TGL1');
    for (let size = lastAt; size < bytes.length; size++) {
      for (const fill of [0, 8]) {
        writeFileSync(only(dir), Buffer.concat([bytes.subarray(0, size), Buffer.alloc(fill)]));
        const log = await LogWriter.open(dir, { groupWaitMs: 0 });
        expect([log.headNo, log.cutBytes]).toEqual([3, size - lastAt + fill]);
        expect((await log.append(1, { n: 4 }, text('body 4'), pins)).entryNo).toBe(4);
        await log.close();
        expect(readFileSync(only(dir)).equals(bytes)).toBe(true);
      }
    }
  });

  it('cuts a last entry whose bytes did not all get to the disk', async () => {
    const dir = temporaryDir();
    await writeLog(dir, 4);
    const bytes = readFileSync(only(dir));
    for (let at = bytes.lastIndexOf('TGL1'); at < bytes.length; at++) {
      const torn = Uint8Array.from(bytes);
      torn[at] ^= 0x20;
      writeFileSync(only(dir), torn);
      const log = await LogWriter.open(dir);
      expect(log.headNo).toBe(3);
      await log.close();
      expect(statSync(only(dir)).size).toBe(bytes.lastIndexOf('TGL1'));
    }
  });

  it('halts when any byte before the last entry changed, and cuts nothing', async () => {
    const dir = temporaryDir();
    await writeLog(dir, 4);
    const bytes = readFileSync(only(dir));
    for (let at = 0; at < bytes.lastIndexOf('TGL1'); at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 0x01;
      writeFileSync(only(dir), damaged);
      await expect(LogWriter.open(dir)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
      expect(readFileSync(only(dir)).equals(damaged)).toBe(true);
    }
  });

  it('is not misled by a body that holds frames of another log', async () => {
    const dir = temporaryDir();
    const log = await LogWriter.open(dir, { groupWaitMs: 0 });
    await log.append(1, { n: 1 }, text('body 1'), pins);
    // Entry 5000 cannot follow entry 1 within so few bytes.
    const fields = { type: 1, entryNo: 5000, ...pins };
    const { prefix } = encodeFrame(fields, text('{}'), text(''), CHAIN_START);
    await log.append(1, { n: 2 }, Buffer.concat([prefix, Buffer.alloc(50)]), pins);
    await log.close();
    truncateSync(only(dir), statSync(only(dir)).size - 1);
    const again = await LogWriter.open(dir);
    expect(again.headNo).toBe(1);
    await again.close();
  });

  it('goes on with the chain of the segment before when the last one is empty', async () => {
    const dir = temporaryDir();
    await writeLog(dir, 6, { segmentBytesMax: 300 });
    writeFileSync(path.join(dir, '0000000000000007.log'), '');
    await writeLog(dir, 2, { segmentBytesMax: 300 });
    const reader = new LogReader(dir);
    expect(await collect(reader.readFrom(1))).toEqual(expected(1, 8));
    expect((await reader.verify()).headNo).toBe(8);
    await reader.close();
  });

  it('refuses an empty segment that does not follow the one before it', async () => {
    const dir = temporaryDir();
    await writeLog(dir, 6);
    writeFileSync(path.join(dir, '0000000000000009.log'), '');
    await expect(LogWriter.open(dir)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  });

  it('refuses entries of a newer version, as does the reader', async () => {
    const dir = temporaryDir();
    await writeLog(dir, 3);
    const bytes = readFileSync(only(dir));
    const last = bytes.subarray(bytes.lastIndexOf('TGL1'));
    last.writeUInt16LE(2, 18);
    last.writeUInt32LE(crc32(last.subarray(12)), 8);
    writeFileSync(only(dir), bytes);
    await expect(LogWriter.open(dir)).rejects.toMatchObject({ code: 'LOG_VERSION_UNKNOWN' });
    const reader = new LogReader(dir);
    await expect(collect(reader.readFrom(1))).rejects.toMatchObject({ code: 'LOG_VERSION_UNKNOWN' });
    await reader.close();
  });
});

describe('reading a damaged log', () => {
  it('never gives an entry other than the one written, whatever byte changed', async () => {
    const dir = temporaryDir();
    await writeLog(dir, 12, { segmentBytesMax: 500 });
    const names = readdirSync(dir);
    const pristine = temporaryDir();
    for (const name of names) copyFileSync(path.join(dir, name), path.join(pristine, name));
    await fc.assert(
      fc.asyncProperty(fc.nat(names.length - 1), fc.nat(), fc.nat(7), async (file, where, bit) => {
        const target = path.join(dir, names[file]);
        const bytes = readFileSync(path.join(pristine, names[file]));
        bytes[where % bytes.length] ^= 1 << bit;
        writeFileSync(target, bytes);
        const reader = new LogReader(dir);
        const seen: unknown[] = [];
        const reading = (async () => {
          for await (const entry of reader.readFrom(1, 12)) {
            seen.push({ no: entry.entryNo, head: entry.head, body: Buffer.from(await entry.body()).toString() });
          }
        })();
        await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/LOG_DAMAGED/) });
        expect(seen).toEqual(expected(1, seen.length));
        await reader.close();
        writeFileSync(target, readFileSync(path.join(pristine, names[file])));
      }),
      { numRuns: 100 },
    );
  });

  it('finds a missing segment, and an entry put in the place of another by its chain', async () => {
    const dir = temporaryDir();
    await writeLog(dir, 12, { segmentBytesMax: 500 });
    const other = temporaryDir();
    const log = await LogWriter.open(other, { groupWaitMs: 0, segmentBytesMax: 500 });
    for (let n = 1; n <= 12; n++) await log.append(1, { n }, text(`BODY ${n}`), pins);
    await log.close();
    const names = readdirSync(dir);
    expect(readdirSync(other)).toEqual(names);
    copyFileSync(path.join(other, names[1]), path.join(dir, names[1]));
    const reader = new LogReader(dir);
    await expect(reader.verify()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    await reader.close();

    const gap = temporaryDir();
    mkdirSync(gap, { recursive: true });
    for (const name of [names[0], names[2]]) copyFileSync(path.join(other, name), path.join(gap, name));
    const gapReader = new LogReader(gap);
    await expect(collect(gapReader.readFrom(1))).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    await gapReader.close();
  });
});

describe('a log that cannot be written', () => {
  it('refuses everything after a failed write and loses nothing acknowledged', async () => {
    const dir = temporaryDir();
    const log = await LogWriter.open(dir, { groupWaitMs: 0, segmentBytesMax: HEADER_BYTES });
    await log.append(1, { n: 1 }, text('body 1'), pins);
    // The next entry needs a new segment, whose name is taken by a folder.
    mkdirSync(path.join(dir, '0000000000000002.log'));
    const both = [log.append(1, { n: 2 }, undefined, pins), log.append(1, { n: 3 }, undefined, pins)];
    for (const refused of both) await expect(refused).rejects.toMatchObject({ code: 'LOG_BROKEN' });
    await expect(log.append(1, { n: 4 }, undefined, pins)).rejects.toMatchObject({ code: 'LOG_BROKEN' });
    expect(log.headNo).toBe(1);
    await log.close();
  });

  it('refuses more than may wait, what is too large, and everything after closing', async () => {
    const log = await LogWriter.open(temporaryDir(), { waitingBytesMax: 1000 });
    const first = log.append(1, {}, new Uint8Array(2000), pins);
    await expect(log.append(1, {}, undefined, pins)).rejects.toMatchObject({ code: 'LOG_BUSY' });
    expect((await first).entryNo).toBe(1);
    expect((await log.append(1, {}, undefined, pins)).entryNo).toBe(2);
    await expect(log.append(1, { long: 'x'.repeat(17 << 20) }, undefined, pins)).rejects.toMatchObject({
      code: 'LOG_ENTRY_TOO_LARGE',
    });
    expect(log.waitingBytes).toBe(0);
    await log.close();
    await expect(log.append(1, {}, undefined, pins)).rejects.toMatchObject({ code: 'LOG_CLOSED' });
  });
});
