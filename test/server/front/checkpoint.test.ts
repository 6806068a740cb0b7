/** The front's state from a checkpoint and what was appended since is the state from the whole log; the log always wins. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { LogReader, LogWriter } from '../../../platform/log/index.ts';
import {
  EntryType,
  SEMANTICS_NO,
  type CommandHead,
  type FileHead,
  type SliceHead,
} from '../../../schemas/log-entries.ts';
import { advanceCheckpoint, checkpointFolder, foldLog, forgetCheckpoint } from '../../../server/front/checkpoint.ts';
import type { LogState } from '../../../server/front/log-state.ts';

let folders: string[] = [];
afterEach(() => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
  folders = [];
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const pins = (n: number) => ({
  acceptedAtMs: Date.UTC(2026, 0, 1) + n * 1000,
  registryNo: 0,
  semanticsNo: SEMANTICS_NO,
});

/** A log of `entries` entries of all kinds; every fifth one begins a file of two slices, some are held and decided. */
async function plant(entries: number, referenceEvery = 97): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-checkpoint-'));
  folders.push(folder);
  const log = await LogWriter.open(path.join(folder, 'log'), { groupWaitMs: 0, segmentBytesMax: 64 * 1024 });
  const appended: Promise<unknown>[] = [];
  const append = (type: number, head: object, body?: string): number => {
    const entryNo = log.nextNo;
    appended.push(log.append(type, head, body === undefined ? undefined : Buffer.from(body), pins(entryNo)));
    return entryNo;
  };
  while (log.nextNo <= entries) {
    const n = log.nextNo;
    if (n % referenceEvery === 1) {
      const body = JSON.stringify([{ kind: 'party', id: `p-${n % 3}`, name: `name ${n}`, division: 'root' }]);
      append(EntryType.registry, { by: 'test', count: 1 }, body);
    } else if (n % 89 === 1) {
      append(EntryType.publication, { kind: 'format', name: `f-${n % 2}`, sha256: sha256(`${n}`), by: 'test' }, '{}');
    } else if (n % 5 === 0) {
      plantFile(n, append);
    } else {
      const key = `key-${n}`;
      const head = { source: 'push', format: 'cloudevents', sha256: '', records: n % 7, caller: 'c' };
      append(EntryType.batch, { ...head, idempotencyKey: key, requestSha256: sha256(key) }, `body ${n}`);
    }
  }
  await Promise.all(appended);
  await log.close();
  return folder;
}

function plantFile(n: number, append: (type: number, head: object) => number): void {
  const source = `s-${n % 3}`;
  const growing = n % 35 === 0;
  const held = !growing && n % 45 === 0;
  const base = { source, name: `file-${n}`, format: 'f', mode: growing ? 'growing' : 'closed' } as const;
  const head: FileHead = growing
    ? { ...base, inode: `i-${n}`, fingerprint: { lengthBytes: 1, sha256: sha256(`f${n}`) } }
    : {
        ...base,
        sha256: sha256(`${n}`),
        sizeBytes: 20,
        modifiedMs: n,
        // The first of two: whether the second is entered is left open.
        ...(n % 55 === 0 && { packed: { name: `p-${n}.zip`, sha256: sha256(`p${n}`), sizeBytes: 9, no: 1, of: 2 } }),
        ...(n % 10 === 0 && {
          numbers: [
            { of: 'records' as const, count: '', runs: [[n, n + 8 + (n % 3)] as [number, number]], unreadable: 0 },
          ],
        }),
        ...(held && {
          held: { code: 'FILE_TOTALS_DIFFER' as const, detail: '' },
          check: { rows: 3, records: 3, unreadable: 0, quantity: 1 },
        }),
      };
  const fileEntry = append(EntryType.file, head);
  if (held) {
    if (n % 2 === 0)
      append(EntryType.command, { command: 'rejectFile', by: 'me', input: { file: fileEntry, reason: '' } });
    return;
  }
  for (const part of [0, 1]) {
    const slice: SliceHead = {
      source,
      format: 'f',
      fileEntry,
      blob: sha256(`${n}`),
      blobOffset: part * 10,
      sourceOffset: part * 10,
      lengthBytes: 10,
      recordsMax: 3,
      first: part === 0,
      last: part === 1 && !growing,
    };
    append(EntryType.slice, slice);
  }
}

/** Everything that anybody asks of a state. */
function told(state: LogState, entries: number): unknown {
  const all = Array.from({ length: entries }, (_, i) => i + 1);
  return {
    files: [...state.files.newestFirst()],
    byNumber: all.map((n) => state.files.get(n) ?? null),
    growing: ['s-0', 's-1', 's-2'].map((source) => state.growing(source)),
    held: state.held(),
    incomplete: state.incomplete(),
    incidents: state.incidents.list(),
    same: all.map((n) => state.sameBytes(sha256(`${n}`), 'f') ?? null),
    closed: all.map((n) => state.closedEntry(`s-${n % 3}`, `file-${n}`, 20, n) ?? null),
    packed: state.begunPacked(),
    batches: [...state.lastBatches],
    pushes: all.map((n) => {
      const push = state.push('c', 'push', `key-${n}`);
      return push && [push.entryNo, push.records, push.isSame(sha256(`key-${n}`)), push.isSame('other')];
    }),
    accounted: all.filter((n) => state.accounted.has(n)),
    buckets: state.accounted.buckets,
    publications: [...state.publications],
    sources: [...state.lastAcceptedMs],
    references: state.referenceEntries,
    numbers: [state.registryNo, state.lastRegistryEntry, state.firstEntry, state.firstAcceptedMs],
  };
}

const read = async (folder: string, upTo: number, withCheckpoint = true) => {
  const reader = new LogReader(path.join(folder, 'log'));
  const dir = withCheckpoint ? checkpointFolder(folder) : path.join(folder, 'none', 'front');
  try {
    const folded = await foldLog(dir, reader, upTo);
    const references: unknown[] = [];
    for await (const { type, body } of folded.state.trail.entries(reader)) {
      references.push([type, Buffer.from(body).toString()]);
    }
    return { ...folded, references };
  } finally {
    await reader.close();
  }
};

const tariff = (revision?: number) => ({
  ...{ name: 'home', effective: '2026-01-01', by: 'me' },
  sha256: sha256(`tariff ${revision ?? 'draft'}`),
  ...(revision !== undefined && { kind: 'tariff', ...(revision > 1 && { revision }) }),
});

/** One entry of each type and one of each command; `at` is the number of the first. */
function everyType(at: number): [type: number, head: object, body?: string][] {
  const source = `s-${at}`;
  const command = (name: CommandHead['command'], input: object): [number, object] => [
    EntryType.command,
    { command: name, by: 'me', input },
  ];
  const closed = { ...{ source, format: 'f', mode: 'closed', sizeBytes: 10, modifiedMs: at }, sha256: sha256(`${at}`) };
  const numbers = [
    {
      of: 'records',
      count: '',
      runs: [
        [1, 4],
        [9, 9],
      ],
      unreadable: 0,
    },
  ];
  const held = {
    held: { code: 'FILE_TOTALS_DIFFER', detail: '' },
    check: { rows: 3, records: 3, unreadable: 0, quantity: 1 },
  };
  return [
    [EntryType.registry, { by: 'me', count: 0 }, '[]'],
    [EntryType.draft, tariff(), '{}'],
    [EntryType.publication, tariff(at === 1 ? 1 : 2), '{}'],
    [EntryType.draft, { ...tariff(), effective: `2027-01-${10 + (at % 10)}` }, '{}'],
    [EntryType.publication, { kind: 'policy', name: 'duplicates', sha256: sha256(`p${at}`), by: 'start' }, '{}'],
    [EntryType.file, { ...closed, name: `a-${at}`, numbers, from: { order: 'o', entry: at, acceptedAtMs: at } }],
    [
      EntryType.slice,
      {
        ...{ source, format: 'f', fileEntry: at + 5, blob: sha256(`${at}`), blobOffset: 0, sourceOffset: 0 },
        ...{ lengthBytes: 10, recordsMax: 3, first: true, last: at === 1 },
      },
    ],
    [EntryType.file, { ...closed, ...held, name: `b-${at}` }],
    [EntryType.file, { ...closed, ...held, name: `c-${at}` }],
    [EntryType.file, { ...closed, ...held, name: `d-${at}` }],
    [
      EntryType.file,
      {
        source,
        format: 'f',
        mode: 'growing',
        name: `g-${at}`,
        inode: 'i',
        fingerprint: { lengthBytes: 1, sha256: 'x' },
      },
    ],
    [
      EntryType.batch,
      {
        ...{ source: 'push', format: 'cloudevents', sha256: '', records: 2, caller: 'c' },
        ...{ idempotencyKey: `key-${at}`, requestSha256: sha256(`key-${at}`) },
      },
      'body',
    ],
    [EntryType.tick, {}],
    command('recycle', {}),
    command('writeOff', { reason: '' }),
    command('settle', { period: '2026-01' }),
    command('rerate', { from: '2026-01', to: '2026-02' }),
    command('undoRerate', { rerate: at + 16 }),
    command('releaseFile', { file: at + 7 }),
    command('rejectFile', { file: at + 8, reason: '' }),
    command('closeIncident', { incident: `${at + 5}.0`, reason: 'known' }),
    command('withdrawDraft', { draft: at === 1 ? 99 : 4 }),
    [EntryType.batch, { source: 'meters', format: 'f', sha256: '', records: 1 }, 'body'],
  ];
}

/** Every field of a state, private ones too, and the bytes of what is kept in tables. */
function wholly(state: LogState): unknown {
  const bytes = Object.entries(state.dump()).map(([name, pieces]) => [name, Buffer.concat(pieces).toString('latin1')]);
  const { trail: _trail, ...fields } = { ...state };
  return { fields, bytes: Object.fromEntries(bytes) as unknown };
}

describe('a checkpoint of the front', () => {
  it('keeps every field of the state, whichever entries of all types come before it and behind it', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-checkpoint-'));
    folders.push(folder);
    const log = await LogWriter.open(path.join(folder, 'log'), { groupWaitMs: 0 });
    const once = everyType(1).length;
    for (const [type, head, body] of [...everyType(1), ...everyType(once + 1)]) {
      await log.append(type, head, body === undefined ? undefined : Buffer.from(body), pins(log.nextNo));
    }
    await log.close();
    const planted = everyType(1);
    expect([...new Set(planted.map(([type]) => type))].sort()).toEqual(Object.values(EntryType).sort());
    const { state: whole } = await read(folder, 2 * once, false);
    const kept = new Set(Object.keys(whole.dump()).map((section) => section.split('.')[0]));
    expect([...kept, 'last', 'trail'].sort()).toEqual(Object.keys(whole).sort());
    // Nothing is empty by the end: what were not kept would be missed.
    expect([whole.origins.lastOf('o'), whole.origins.fileOf('o', 1)]).toEqual([once + 1, 6]);
    expect([whole.rerates.size, whole.tariffs.of('home').length, whole.held().length]).toEqual([4, 6, 2]);
    // Released, and not admitted yet.
    expect(whole.waitingFrom()).toBe(8);
    for (let at = 1; at <= 2 * once; at++) {
      fs.rmSync(checkpointFolder(folder), { recursive: true, force: true });
      await advanceCheckpoint(folder, at);
      const { state, checkpointNo, references } = await read(folder, 2 * once);
      expect(checkpointNo).toBe(at);
      expect(wholly(state)).toEqual(wholly(whole));
      expect(references).toHaveLength(6);
    }
  });

  it('and the entries behind it give the state that the whole log gives, wherever it was taken', async () => {
    const entries = 3_000;
    const folder = await plant(entries);
    const whole = told((await read(folder, entries, false)).state, entries);
    for (const at of [1, 97, 98, 451, 2_999, entries]) {
      fs.rmSync(checkpointFolder(folder), { recursive: true, force: true });
      await advanceCheckpoint(folder, at);
      const { state, entriesRead, checkpointNo } = await read(folder, entries);
      expect([checkpointNo, entriesRead]).toEqual([at, entries - at]);
      expect(told(state, entries)).toEqual(whole);
    }
  });

  it('is moved on from the one before as from the first entry, also over packed files and a new extract', async () => {
    const entries = 16_000;
    const folder = await plant(entries);
    const whole = await read(folder, entries, false);
    for (let at = 1_000; at <= entries; at += 3_000) await advanceCheckpoint(folder, at);
    const { state, entriesRead } = await read(folder, entries);
    expect(entriesRead).toBe(0);
    expect(told(state, entries)).toEqual(told(whole.state, entries));
    expect(state.files.size).toBe(whole.state.files.size);
  });

  it('is read in bytes that do not depend on how long the log is', async () => {
    const bytesRead = (): number => Number(/rchar: (\d+)/.exec(fs.readFileSync('/proc/self/io', 'utf8'))![1]);
    const folder = await plant(12_000);
    let checkpointNo = 0;
    const reads = async (upTo: number): Promise<number> => {
      const reader = new LogReader(path.join(folder, 'log'));
      const before = bytesRead();
      const { entriesRead } = await foldLog(checkpointFolder(folder), reader, upTo);
      const bytes = bytesRead() - before;
      await reader.close();
      expect(entriesRead).toBe(upTo - checkpointNo);
      return bytes;
    };
    const size = fs
      .readdirSync(path.join(folder, 'log'))
      .reduce((sum, name) => sum + fs.statSync(path.join(folder, 'log', name)).size, 0);
    const wholly = await reads(12_000);
    expect(wholly).toBeGreaterThan(size * 0.9);
    checkpointNo = (await advanceCheckpoint(folder, 11_990))!.entryNo;
    const state = fs.statSync(path.join(checkpointFolder(folder), 'checkpoint')).size;
    // The state itself, ten entries, and a few windows.
    expect(await reads(12_000)).toBeLessThan(state + 256 * 1024);
    expect(size).toBeGreaterThan(2 * 1024 * 1024);
  });

  it('is ignored when it is torn or any bit of it changed, and everything is read again', async () => {
    const entries = 700;
    const folder = await plant(entries);
    const whole = told((await read(folder, entries, false)).state, entries);
    await advanceCheckpoint(folder, 600);
    const file = path.join(checkpointFolder(folder), 'checkpoint');
    const sound = fs.readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(sound.length - 1), fc.nat(7), fc.boolean(), async (at, bit, torn) => {
        const bytes = Buffer.from(sound);
        bytes[at]! ^= 1 << bit;
        fs.writeFileSync(file, torn ? sound.subarray(0, at) : bytes);
        const { state, entriesRead } = await read(folder, entries);
        expect(entriesRead).toBe(entries);
        expect(told(state, entries)).toEqual(whole);
      }),
      { numRuns: 15 },
    );
    fs.writeFileSync(file, sound);
    expect((await read(folder, entries)).entriesRead).toBe(100);
  });

  it('is ignored when it is ahead of the log, of another log, or of a program with other results', async () => {
    const folder = await plant(300);
    const other = await plant(310);
    await advanceCheckpoint(other, 305);
    const [mine, theirs] = [folder, other].map((one) => path.join(checkpointFolder(one), 'checkpoint'));
    fs.mkdirSync(checkpointFolder(folder), { recursive: true });
    fs.copyFileSync(theirs!, mine!);
    expect((await read(folder, 300)).entriesRead).toBe(300);

    // The same entries up to 200 and others behind them: what was folded of those is not of this log.
    const forked = await plant(310);
    const segments = fs.readdirSync(path.join(forked, 'log')).sort();
    for (const name of segments) fs.rmSync(path.join(forked, 'log', name));
    const log = await LogWriter.open(path.join(forked, 'log'), { groupWaitMs: 0 });
    for (let n = 1; n <= 310; n++) await log.append(EntryType.tick, { n }, undefined, pins(n));
    await log.close();
    fs.mkdirSync(checkpointFolder(forked), { recursive: true });
    fs.copyFileSync(theirs!, path.join(checkpointFolder(forked), 'checkpoint'));
    expect((await read(forked, 310)).entriesRead).toBe(310);
  });

  it('begins anew when its extract of registry and publications is lost', async () => {
    const entries = 12_000;
    const folder = await plant(entries, 4);
    await advanceCheckpoint(folder, entries);
    const [extract] = fs.readdirSync(checkpointFolder(folder)).filter((name) => name.startsWith('reference-'));
    expect(extract).toBeDefined();
    expect((await read(folder, entries)).entriesRead).toBe(0);
    fs.truncateSync(path.join(checkpointFolder(folder), extract!), 100);
    await expect(read(folder, entries)).rejects.toThrow('is not what was written');
    // What the front does then.
    await forgetCheckpoint(checkpointFolder(folder));
    expect((await read(folder, entries)).entriesRead).toBe(entries);
    await advanceCheckpoint(folder, entries);
    expect((await read(folder, entries)).entriesRead).toBe(0);
  });
});
