/** The way into the log without the rest: a real log and spool in a folder, no rater. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogReader, LogWriter, Spool } from '../../../platform/log/index.ts';
import { EntryType, type BatchHead, type FileHead, type SliceHead } from '../../../schemas/log-entries.ts';
import { TollgridError } from '../../../platform/errors.ts';
import { DiskReserve } from '../../../server/front/disk-reserve.ts';
import { Intake } from '../../../server/front/intake.ts';
import { LogState, type EntryFacts } from '../../../server/front/log-state.ts';
import { exchangeFile, shippedFormat } from './exchange-files.ts';

const formats = new Map(['exchange', 'freeswitch-csv'].map((name) => [name, shippedFormat(name)]));

let folder: string;
let log: LogWriter;
let spool: Spool;
let state: LogState;
let intake: Intake;
let disk: DiskReserve;
let freeBytes: number;
/** Retention has removed the entries up to this one. */
let retiredNo: number;

async function open(): Promise<void> {
  log = await LogWriter.open(path.join(folder, 'log'), { segmentBytesMax: 2 ** 20, groupWaitMs: 0 });
  spool = await Spool.open(path.join(folder, 'spool'));
  state = new LogState();
  for (const entry of await entries()) state.apply(entry);
  disk = new DiskReserve(() => Promise.resolve({ freeBytes, totalBytes: 1e12 }), {
    diskReserveBytes: 1000,
    diskReservePercent: 2,
  });
  await disk.look();
  intake = new Intake({
    log,
    spool,
    state,
    disk,
    clock: { now: () => 1_760_000_000_000 },
    format: (name) => formats.get(name)!,
    body: async (entryNo) => {
      if (entryNo <= retiredNo) throw new TollgridError('LOG_ENTRY_RETIRED', `entry ${entryNo}`);
      const reader = new LogReader(path.join(folder, 'log'));
      const body = await (await reader.entry(entryNo)).body();
      await reader.close();
      return body;
    },
    waitForRoom: () => Promise.resolve(),
    onAppended: () => undefined,
    sliceBytesMax: 64 * 1024,
    pushedEntriesMax: 100,
    inFlightEntries: () => 0,
    waitForPushed: () => Promise.resolve(),
  });
}

async function close(): Promise<void> {
  await log.close();
  await spool.close();
}

async function entries(): Promise<EntryFacts[]> {
  const reader = new LogReader(path.join(folder, 'log'));
  const all: EntryFacts[] = [];
  if (log.headNo > 0) {
    for await (const entry of reader.readHeads(1, log.headNo)) {
      all.push(entry);
    }
  }
  await reader.close();
  return all;
}

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-intake-'));
  freeBytes = 1e9;
  retiredNo = 0;
  await open();
});
afterEach(async () => {
  await close();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const feed = (text: string, name = 'calls.txt', source = 'exchange', format = 'exchange') =>
  intake.admitFile({ source, name, format }, once(text));

const right = exchangeFile({ from: 1, to: 9 });
const wrong = exchangeFile({ from: 1, to: 8 }, { trailer: 'T;T-1;9;90' });

/** What the log's state says, as far as a restart must give it again. */
const told = () => ({
  files: [...state.files.newestFirst()]
    .reverse()
    .map(({ fileEntry, state: is, complete, slices, offset, decided }) => ({
      ...{ fileEntry, is, complete, slices, offset, decided },
    })),
  incidents: state.incidents.list(),
  held: state.held().map(({ fileEntry }) => fileEntry),
});

describe('a closed file', () => {
  it('that is right is admitted with what its check read', async () => {
    const answer = await feed(right);
    expect(answer).toMatchObject({ fileEntry: 1, slices: 1, lastEntry: 2 });
    expect(answer).not.toHaveProperty('held');
    expect((await entries())[0]!.head).toMatchObject({ check: { rows: 11, records: 9, quantity: 90_000 } });
  });

  it('that is wrong is held: one entry, no slice, also after a restart', async () => {
    const answer = await feed(wrong);
    expect(answer).toMatchObject({ fileEntry: 1, slices: 0, lastEntry: 1, held: { code: 'FILE_TOTALS_DIFFER' } });
    expect(state.incidents.list()).toEqual([]);
    const before = told();
    await close();
    await open();
    expect(told()).toEqual(before);
    expect(state.incomplete()).toEqual([]);
    expect((await entries()).map(({ type }) => type)).toEqual([EntryType.file]);
  });

  it('that is held is admitted by a release, or never after a rejection, and decided once', async () => {
    const { fileEntry: first } = await feed(wrong);
    const { fileEntry: second } = await feed(wrong.replace('D;T-1;8', 'D;T-1;7'), 'other.txt');
    await intake.releaseFile(first, 'anna', 'the exchange counts a test call');
    expect(state.incomplete().map(({ fileEntry }) => fileEntry)).toEqual([first]);
    await intake.admitSlices(first);
    await intake.rejectFile(second, 'anna', 'sent again tomorrow');
    for (const file of [first, second]) {
      await expect(intake.releaseFile(file, 'x')).rejects.toMatchObject({ code: 'FILE_NOT_HELD' });
      await expect(intake.rejectFile(file, 'x', 'y')).rejects.toMatchObject({ code: 'FILE_NOT_HELD' });
    }
    await expect(intake.releaseFile(99, 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const before = told();
    expect(before.files).toMatchObject([
      { is: 'admitted', complete: true, slices: 1, decided: { by: 'anna', reason: 'the exchange counts a test call' } },
      { is: 'rejected', complete: false, slices: 0 },
    ]);
    await close();
    await open();
    expect(told()).toEqual(before);
    expect(state.incomplete()).toEqual([]);
  });

  it('that was released is admitted to its end after a stop in between', async () => {
    const { fileEntry } = await feed(wrong);
    await intake.releaseFile(fileEntry, 'anna');
    await close();
    await open();
    expect(state.incomplete().map((file) => file.fileEntry)).toEqual([fileEntry]);
    await intake.admitSlices(fileEntry);
    expect(state.files.get(fileEntry)).toMatchObject({ complete: true, slices: 1 });
  });

  it('that is held gives way to a right copy of the same name and source, and to no other', async () => {
    await feed(wrong);
    await feed(wrong.replace('D;T-1;8', 'D;T-1;7'));
    await feed(exchangeFile({ from: 10, to: 12 }), 'other.txt');
    await feed(exchangeFile({ from: 13, to: 14 }), 'calls.txt', 'second');
    expect(state.held().map(({ fileEntry }) => fileEntry)).toEqual([1, 2]);
    const answer = await feed(right);
    expect((await entries())[answer.fileEntry - 1]!.head).toMatchObject({
      supersedes: [
        { fileEntry: 1, rows: 10 },
        { fileEntry: 2, rows: 10 },
      ],
    });
    expect(state.held()).toEqual([]);
    await expect(intake.releaseFile(1, 'x')).rejects.toMatchObject({ code: 'FILE_NOT_HELD' });
    const before = told();
    await close();
    await open();
    expect(told()).toEqual(before);
  });

  it('that comes twice at the same moment is one file and its duplicates, behind its last slice', async () => {
    const text = exchangeFile({ from: 1, to: 9000 });
    const answers = await Promise.all([
      feed(text),
      feed(text, 'again.txt'),
      feed(text, 'elsewhere.txt', 'second'),
      feed(text),
    ]);
    const originals = answers.filter(({ duplicateOf }) => duplicateOf === undefined);
    expect(originals).toHaveLength(1);
    const [{ fileEntry }] = originals as [(typeof answers)[0]];
    const all = await entries();
    const files = all.filter(({ type }) => type === EntryType.file);
    expect(files).toHaveLength(4);
    expect(files.filter(({ head }) => (head as FileHead).duplicateOf === fileEntry)).toHaveLength(3);
    const slices = all.filter(({ type }) => type === EntryType.slice);
    expect(slices.every(({ head }) => (head as SliceHead).fileEntry === fileEntry)).toBe(true);
    const lastSlice = Math.max(...slices.map(({ entryNo }) => entryNo));
    for (const { entryNo, head } of files) {
      if ((head as FileHead).duplicateOf !== undefined) expect(entryNo).toBeGreaterThan(lastSlice);
    }
  });

  it('that was held is a duplicate when the same bytes come again, and knows its records', async () => {
    const { fileEntry } = await feed(wrong);
    const again = await feed(wrong);
    expect(again).toMatchObject({ duplicateOf: fileEntry, slices: 0 });
    expect((await entries())[again.fileEntry - 1]!.head).toMatchObject({ duplicateOf: fileEntry, check: { rows: 10 } });
    expect(state.held().map((file) => file.fileEntry)).toEqual([fileEntry]);
  });

  it('of a format without totals is not read before it is admitted', async () => {
    const reads = spool.read.bind(spool);
    let count = 0;
    spool.read = (...args: Parameters<typeof reads>) => {
      count++;
      return reads(...args);
    };
    await feed('a,b\n', 'x.csv', 'pbx', 'freeswitch-csv');
    // Once, to cut its slice.
    expect(count).toBe(1);
    expect((await entries())[0]!.head).not.toHaveProperty('check');
  });
});

describe('numbers of calls', () => {
  it('that are missing between files open an incident, and processing continues', async () => {
    await feed(exchangeFile({ from: 1, to: 9 }), 'a');
    expect(await feed(exchangeFile({ from: 21, to: 30 }), 'c')).toMatchObject({ slices: 1 });
    expect(state.incidents.list()).toMatchObject([
      { kind: 'gap', source: 'exchange', count: 'T-1 2026-10-15', ranges: [[10, 20]], closed: null },
    ]);
    await feed(exchangeFile({ from: 10, to: 20 }), 'b');
    expect(state.incidents.list()).toMatchObject([{ closed: { by: 'arrival' } }]);
  });

  it('of a held file count when it is released, and those of a rejected one never do', async () => {
    await feed(exchangeFile({ from: 1, to: 9 }, { trailer: 'T;T-1;1;1' }), 'a');
    await feed(exchangeFile({ from: 10, to: 20 }), 'b');
    expect(state.incidents.list()).toMatchObject([{ ranges: [[1, 9]], closed: null }]);
    await intake.releaseFile(1, 'anna');
    expect(state.incidents.list()).toMatchObject([{ closed: { by: 'arrival' } }]);
    await feed(exchangeFile({ from: 21, to: 29 }, { trailer: null }), 'c');
    await intake.rejectFile(state.held()[0]!.fileEntry, 'anna', 'lost');
    await feed(exchangeFile({ from: 30, to: 39 }), 'd');
    expect(state.incidents.list().filter(({ closed }) => closed === null)).toMatchObject([{ ranges: [[21, 29]] }]);
  });

  it('that come again with other content open an incident which names both files; equal calls do not', async () => {
    await feed(exchangeFile({ from: 1, to: 9 }), 'a');
    await feed(exchangeFile({ from: 1, to: 9 }) + '\n', 'the same calls');
    expect(state.incidents.list()).toEqual([]);
    const other = exchangeFile({ from: 8, to: 12, seconds: 11 });
    const { fileEntry } = await feed(other, 'b');
    expect(state.incidents.list()).toMatchObject([
      { kind: 'repeat', fileEntry, otherFileEntry: 1, numbers: 2, ranges: [[8, 9]] },
    ]);
    await intake.command({
      command: 'closeIncident',
      by: 'anna',
      input: { incident: `${fileEntry}.0`, reason: 'restarted exchange' },
    });
    expect(state.incidents.get(`${fileEntry}.0`)).toMatchObject({
      closed: { by: 'anna', reason: 'restarted exchange' },
    });
    const before = told();
    await close();
    await open();
    expect(told()).toEqual(before);
  });
});

describe('pushed usage', () => {
  const push = (caller: string | undefined, sha256 = 'a', source = 'pbx') =>
    intake.batches.push(source, [Buffer.from('{}')], sha256, 'key-1', caller);

  it('has keys of each caller and source', async () => {
    expect(await push('shop')).toMatchObject({ replayed: false });
    expect(await push('shop')).toMatchObject({ replayed: true, entryNo: 1 });
    expect(await push('office', 'b')).toMatchObject({ replayed: false });
    expect(await push(undefined, 'c')).toMatchObject({ replayed: false });
    expect(await push('shop', 'd', 'other')).toMatchObject({ replayed: false });
    await expect(push('shop', 'b')).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    await close();
    await open();
    expect(await push('shop')).toMatchObject({ replayed: true, entryNo: 1 });
    expect(await push('operator', 'c')).toMatchObject({ replayed: true });
  });

  it('knows keys of entries that do not say whose they are', async () => {
    const head: BatchHead = {
      ...{ source: 'pbx', format: 'cloudevents', sha256: '', records: 1 },
      ...{ idempotencyKey: 'key-1', requestSha256: 'a' },
    };
    await intake.append(EntryType.batch, head);
    expect(await push('shop')).toMatchObject({ replayed: true, entryNo: 1 });
  });
});

describe('the last batches of a source', () => {
  const line = (text: string) => Buffer.from(text);
  const recent = async (): Promise<string[]> => {
    const bodies: string[] = [];
    for await (const body of intake.batches.recent('meters')) bodies.push(Buffer.from(body).toString());
    return bodies;
  };

  it('are those that retention has left', async () => {
    const first = await intake.batches.take('meters', 'freeswitch-csv', [line('a')]);
    await intake.batches.take('others', 'freeswitch-csv', [line('b')]);
    await intake.batches.take('meters', 'freeswitch-csv', [line('c'), line('d')]);
    expect(await recent()).toEqual(['c\nd\n', 'a\n']);
    retiredNo = first;
    expect(await recent()).toEqual(['c\nd\n']);
    retiredNo = log.headNo;
    expect(await recent()).toEqual([]);
  });

  it('are known as far back as a broker may send again, one message in each', () => {
    const folded = new LogState();
    const head = { source: 'meters', format: 'f', sha256: '', records: 1 };
    for (let entryNo = 1; entryNo <= 200_000; entryNo++)
      folded.apply({ entryNo, type: EntryType.batch, acceptedAtMs: 0, head, position: { segment: 1, offset: 0 } });
    const known = folded.lastBatches.get('meters')!;
    expect(known.at(-1)).toBe(200_000);
    expect(known.length).toBeGreaterThanOrEqual(65_535);
    expect(known.length).toBeLessThanOrEqual(2 * 65_535);
    expect(known[0]).toBe(200_001 - known.length);
  });

  it('are not given when one of them cannot be read', async () => {
    await intake.batches.take('meters', 'freeswitch-csv', [line('a')]);
    for (const file of fs.readdirSync(path.join(folder, 'log'))) fs.rmSync(path.join(folder, 'log', file));
    await expect(recent()).rejects.toThrow(TollgridError);
  });
});

describe('a disk below its reserve', () => {
  const low = async (): Promise<void> => {
    freeBytes = 999;
    await disk.look();
  };

  it('refuses pushed usage and files, keeps nothing of them, and answers what it has already', async () => {
    await intake.batches.push('pbx', [Buffer.from('{}')], 'a', 'key-1');
    await low();
    expect(await intake.batches.push('pbx', [Buffer.from('{}')], 'a', 'key-1')).toMatchObject({ replayed: true });
    await expect(intake.batches.push('pbx', [Buffer.from('{}')], 'a')).rejects.toMatchObject({
      code: 'INTAKE_DISK_LOW',
    });
    await expect(feed(right)).rejects.toMatchObject({ code: 'INTAKE_DISK_LOW' });
    expect(fs.readdirSync(path.join(folder, 'spool'))).toEqual(['tmp']);
    expect(fs.readdirSync(path.join(folder, 'spool', 'tmp'))).toEqual([]);
    expect(log.headNo).toBe(1);
    freeBytes = 1000;
    expect(await feed(right)).toMatchObject({ slices: 1 });
  });

  it('lets growing files and the rest of admitted ones wait, and commands through', async () => {
    const source = { name: 'pbx', format: 'freeswitch-csv' };
    const fingerprint = { lengthBytes: 1, sha256: 'x' };
    const growing = await intake.startGrowing(source, { name: 'a', inode: '1', fingerprint });
    const { fileEntry } = await feed(wrong);
    await low();
    await expect(intake.admitGrowth(source, growing, Buffer.from('x\n'), false)).rejects.toMatchObject({
      code: 'INTAKE_DISK_LOW',
    });
    await intake.releaseFile(fileEntry, 'anna');
    const admitted = intake.admitSlices(fileEntry);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.files.get(fileEntry)!.slices).toBe(0);
    freeBytes = 1e9;
    await disk.look();
    await admitted;
    expect(state.files.get(fileEntry)!.complete).toBe(true);
  });
});

describe('an installation that was replaced', () => {
  it('appends nothing any more, and says why', async () => {
    await feed('x');
    const { headNo } = log;
    intake.halt(new TollgridError('COPY_FENCED', 'another one goes on'));
    await expect(intake.batches.push('http', [Buffer.from('{}')], 'ab')).rejects.toMatchObject({ code: 'COPY_FENCED' });
    await expect(feed('y', 'more.txt')).rejects.toMatchObject({ code: 'COPY_FENCED' });
    expect([log.headNo, intake.failure]).toEqual([headNo, 'COPY_FENCED: another one goes on']);
  });
});
