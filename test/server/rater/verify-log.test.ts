import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHAIN_START, LogReader, LogWriter, Spool } from '../../../platform/log/index.ts';
import { EntryType, type BatchHead, type FileHead, type SliceHead } from '../../../schemas/log-entries.ts';
import { FilePlaces, walkEntries } from '../../../server/rater/verify-log.ts';
import { LogWatch } from '../../../server/rater/watch-log.ts';

const PINS = { acceptedAtMs: 1_790_000_000_123, registryNo: 0, semanticsNo: 1 };
let folder: string;
let logDir: string;
let spool: Spool;
let writer: LogWriter;

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tollgrid-test-'));
  logDir = path.join(folder, 'log');
  spool = await Spool.open(path.join(folder, 'spool'));
  // A segment holds a few entries.
  writer = await LogWriter.open(logDir, { segmentBytesMax: 1000, groupWaitMs: 0 });
});
afterEach(async () => {
  await writer.close();
  await spool.close();
  rmSync(folder, { recursive: true, force: true });
});

async function push(text: string, sha256 = createHash('sha256').update(text).digest('hex')): Promise<void> {
  const head: BatchHead = { source: 'http', format: 'cloudevents', sha256, records: 1 };
  await writer.append(EntryType.batch, head, Buffer.from(text), PINS);
}

async function file(bytes: Buffer, cuts: readonly [from: number, to: number, last: boolean][]): Promise<string> {
  const { sha256, sizeBytes } = await spool.add(
    (async function* () {
      yield bytes;
    })(),
  );
  const head: FileHead = { source: 's', name: 'n', format: 'f', mode: 'closed', sha256, sizeBytes };
  const { entryNo: fileEntry } = await writer.append(EntryType.file, head, undefined, PINS);
  for (const [from, to, last] of cuts) {
    const slice: SliceHead = {
      ...{ source: 's', format: 'f', fileEntry, blob: sha256, blobOffset: from, sourceOffset: from },
      ...{ lengthBytes: to - from, recordsMax: 1, first: from === 0, last },
    };
    await writer.append(EntryType.slice, slice, undefined, PINS);
  }
  return sha256;
}

async function walk() {
  const reader = new LogReader(logDir);
  try {
    return await walkEntries({ reader, spool, places: new FilePlaces() }, 1, writer.headNo, CHAIN_START);
  } finally {
    await reader.close();
  }
}

const segments = (): string[] =>
  readdirSync(logDir)
    .sort()
    .map((name) => path.join(logDir, name));
const flip = (name: string, at: number): void => {
  const bytes = readFileSync(name);
  bytes[at] ^= 1;
  writeFileSync(name, bytes);
};

describe('reading the log again', () => {
  it('finds nothing in a sound log', async () => {
    await push('{"a":1}\n');
    await file(Buffer.alloc(100), [
      [0, 60, false],
      [60, 100, true],
    ]);
    const { last, ...found } = await walk();
    expect(last!.entryNo).toBe(4);
    expect(found).toEqual({ damage: [], content: [], spool: [] });
  });

  it('finds usage that does not have its hash, although the frame is whole', async () => {
    await push('{"a":1}\n', 'ab'.repeat(32));
    expect((await walk()).content).toEqual(['log: the usage in entry 1 is not what its hash says']);
  });

  it('finds a gap, an overlap and a wrong end between slices of a file', async () => {
    await file(Buffer.alloc(100), [
      [0, 50, false],
      [60, 100, true],
    ]);
    await file(Buffer.alloc(100, 1), [
      [0, 50, false],
      [40, 100, true],
    ]);
    await file(Buffer.alloc(100, 2), [[0, 90, true]]);
    expect((await walk()).content).toEqual([
      'log: the slice in entry 3 starts at byte 60 of file 1, and the one before ends at 50',
      'log: the slice in entry 6 starts at byte 40 of file 4, and the one before ends at 50',
      'log: the slice in entry 8 ends file 7 at byte 90, and the file has 100',
    ]);
  });

  it('finds bytes that the spool does not have', async () => {
    const gone = await file(Buffer.alloc(100), [[0, 100, true]]);
    const cut = await file(Buffer.alloc(100, 1), [[0, 100, true]]);
    rmSync(spool.path(gone));
    writeFileSync(spool.path(cut), Buffer.alloc(99, 1));
    expect((await walk()).spool).toEqual([
      `spool: ${gone} is missing, entry 2 needs it`,
      `spool: ${cut} has 99 bytes, entry 4 needs more`,
    ]);
  });
});

describe('the watch over the log', () => {
  const watching = async (use: (watch: LogWatch) => Promise<void>): Promise<void> => {
    for (let i = 0; i < 40; i++) await push(`{"event":${i}}\n`);
    expect(segments().length).toBeGreaterThan(4);
    const watch = new LogWatch(logDir, spool, () => writer.headNo);
    try {
      expect(await watch.quick()).toEqual([]);
      await use(watch);
    } finally {
      await watch.close();
    }
  };
  const round = async (watch: LogWatch): Promise<string[]> => {
    const found: string[] = [];
    for (const step of await watch.steps()) found.push(...(await step.run()));
    return found;
  };

  it('follows new entries and new segments, and reads all again in a round', async () => {
    await watching(async (watch) => {
      expect(await round(watch)).toEqual([]);
      for (let i = 0; i < 20; i++) await push(`{"later":${i}}\n`);
      expect(await watch.quick()).toEqual([]);
      expect(await round(watch)).toEqual([]);
    });
  });

  it('sees at the next look that a closed segment was changed or is missing', async () => {
    await watching(async (watch) => {
      flip(segments()[1], 200);
      expect((await watch.quick()).join()).toContain('LOG_DAMAGED');
      flip(segments()[1], 200);
      expect(await watch.quick()).toEqual([]);
      const taken = segments()[2];
      renameSync(taken, `${taken}.away`);
      expect((await watch.quick()).join()).toMatch(/the segment that starts with entry \d+ is missing/);
      renameSync(`${taken}.away`, taken);
      expect(await watch.quick()).toEqual([]);
    });
  });

  it('sees in its round what leaves no trace in the file system', async () => {
    await watching(async (watch) => {
      const name = segments()[1];
      flip(name, 200);
      await watch.quick();
      // As rot would: the file looks as it did when it was first seen.
      const fresh = new LogWatch(logDir, spool, () => writer.headNo);
      expect(await fresh.quick()).toEqual([]);
      expect((await round(fresh)).join()).toContain('LOG_DAMAGED');
      await fresh.close();
    });
  });

  it('sees entries that were written anew, sound in themselves', async () => {
    await watching(async (watch) => {
      await round(watch);
      // Another log of the same length, with one other event, cut the same way.
      const other = path.join(folder, 'other');
      const forger = await LogWriter.open(other, { segmentBytesMax: 1000, groupWaitMs: 0 });
      for (let i = 0; i < 40; i++) {
        const text = `{"event":${i === 8 ? 9 : i}}\n`;
        const sha256 = createHash('sha256').update(text).digest('hex');
        const head: BatchHead = { source: 'http', format: 'cloudevents', sha256, records: 1 };
        await forger.append(EntryType.batch, head, Buffer.from(text), PINS);
      }
      await forger.close();
      for (const name of readdirSync(other)) {
        const target = path.join(logDir, name);
        copyFileSync(path.join(other, name), target);
        utimesSync(target, 1, 1);
      }
      expect((await watch.quick()).join()).toMatch(/holds other entries than before|does not follow/);
    });
  });
});
