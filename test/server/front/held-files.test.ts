/** Files of an exchange that are not what their trailers say, in real processes: held, decided on, counted. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileItem } from '../../../schemas/api/files.ts';
import type { FileAnswer } from '../../../schemas/api/operation.ts';
import { ended, runTollgrid } from './command-line.ts';
import { exchangeFile, type Calls, type Ends } from './exchange-files.ts';
import { System, writeConfig } from './system.ts';

const START_MS = 180_000;
const WAIT_MS = 120_000;

let folder: string;
let inbox: string;
let system: System;

const options = () => ({
  folder,
  sources: [{ name: 'exchange', format: 'exchange', directory: inbox, pollMs: 50 }],
});

const wrongTrailer = 'T;TOWN-1;99;990';
const file = (calls: Omit<Calls, 'exchange'>, ends: Ends = {}): string =>
  exchangeFile({ exchange: 'TOWN-1', ...calls }, ends);

async function upload(name: string, text: string, source = 'exchange'): Promise<FileAnswer> {
  const stream = Readable.from([Buffer.from(text)], { objectMode: false });
  const answer = await system.services.ingestFile({ source, name, format: 'exchange', stream });
  await system.processed(answer.lastEntry);
  return answer;
}

const stateOf = async (entry: number): Promise<string> => (await system.services.file(entry))!.state;

/** Of the line that the audit has for a file; undefined when there is none. */
async function counted(entry: number): Promise<Record<string, number> | undefined> {
  const { records } = await system.audit();
  const line = records.find((record) => record.file?.entry === entry);
  if (line === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(line).filter(([, value]) => typeof value === 'number' && value !== 0),
  ) as never;
}

async function metric(name: string): Promise<string[]> {
  return (await system.services.metricsText()).split('\n').filter((line) => line.startsWith(`${name}{`));
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-held-'));
  inbox = path.join(folder, 'inbox');
  fs.mkdirSync(inbox);
  system = await System.start(options());
}, START_MS);
afterAll(() => system.remove());

describe('a file whose trailer says something else', () => {
  it('is held: nothing of it is received, and the audit, the list and the metrics say so', async () => {
    const before = await system.totals();
    const { fileEntry, slices, held } = await upload('a.txt', file({ from: 1, to: 4 }, { trailer: wrongTrailer }));
    expect([slices, held!.code]).toEqual([0, 'FILE_TOTALS_DIFFER']);
    expect(await system.totals()).toEqual(before);
    const audit = await system.audit();
    expect(audit.closes).toBe(true);
    expect(audit.held).toEqual([
      { entry: fileEntry, source: 'exchange', name: 'a.txt', code: 'FILE_TOTALS_DIFFER', records: 6 },
    ]);
    const { items } = await system.services.files({ state: 'held', limit: 10 });
    expect(items).toMatchObject([
      { entry: fileEntry, name: 'a.txt', check: { records: 4, declared: { records: 99 } } },
    ]);
    expect(await metric('tollgrid_held_files')).toEqual([
      'tollgrid_held_files{source="exchange",code="FILE_TOTALS_DIFFER"} 1',
    ]);
  });

  it('is admitted whole by a release', async () => {
    const [{ entry }] = (await system.services.files({ state: 'held', limit: 1 })).items as [FileItem];
    await system.services.releaseFile({ file: entry, by: 'test', reason: 'agreed by telephone' });
    await expect.poll(() => stateOf(entry), { timeout: WAIT_MS }).toBe('taken');
    expect(await counted(entry)).toMatchObject({ received: 6, absorbed: 2 });
    expect(await system.audit()).toMatchObject({ closes: true, held: [] });
    expect((await system.services.file(entry))!.decision).toMatchObject({ by: 'test', reason: 'agreed by telephone' });
  });

  it('counts as rejected when it is given up, and as a duplicate when the same bytes come again', async () => {
    const text = file({ from: 5, to: 8 }, { trailer: null });
    const { fileEntry, held } = await upload('b.txt', text);
    expect(held!.code).toBe('FILE_FRAMING_WRONG');
    const { entry } = await system.services.rejectFile({ file: fileEntry, by: 'test', reason: 'broken' });
    await system.processed(entry);
    expect(await counted(fileEntry)).toEqual({ received: 5, rejected: 5 });
    const again = await upload('b-again.txt', text);
    expect(again.duplicateOf).toBe(fileEntry);
    expect(await counted(again.fileEntry)).toEqual({ received: 5, duplicate: 5 });
    expect((await system.audit()).closes).toBe(true);
  });

  it('gives way to a right copy, from a folder too', async () => {
    fs.writeFileSync(path.join(inbox, 'c.txt'), file({ from: 5, to: 9 }, { trailer: 'T;TOWN-1;5;51' }));
    const held = async () => (await system.services.files({ state: 'held', limit: 10 })).items;
    await expect.poll(held, { timeout: WAIT_MS }).toMatchObject([{ name: 'c.txt' }]);
    const [{ entry }] = (await held()) as [FileItem];
    fs.writeFileSync(path.join(inbox, 'c.txt'), file({ from: 5, to: 9, seconds: 11 }));
    await expect.poll(() => stateOf(entry), { timeout: WAIT_MS }).toBe('superseded');
    await expect
      .poll(async () => (await system.services.files({ state: 'taken', limit: 1 })).items[0]!.name, {
        timeout: WAIT_MS,
      })
      .toBe('c.txt');
    await system.processed();
    expect(await counted(entry)).toEqual({ received: 7, superseded: 7 });
    expect((await system.audit()).closes).toBe(true);
  });
});

describe('the same file at the same moment', () => {
  it('is one file and one duplicate, counted once each', async () => {
    const before = await system.totals();
    const text = file({ from: 10, to: 2000 });
    const answers = await Promise.all([upload('d.txt', text), upload('d.txt', text)]);
    expect(answers.filter(({ duplicateOf }) => duplicateOf !== undefined)).toHaveLength(1);
    const after = await system.totals();
    expect(after['received']! - before['received']!).toBe(2 * 1993);
    expect(after['duplicate']! - before['duplicate']!).toBe(1993);
  });
});

describe('numbers of calls', () => {
  it('that are missing open an incident, which closes when they arrive', async () => {
    const open = async () => (await system.services.incidents({ all: false, limit: 10 })).items;
    expect(await open()).toEqual([]);
    await upload('f.txt', file({ from: 2101, to: 2110 }));
    expect(await open()).toMatchObject([
      { kind: 'gap', source: 'exchange', numbers: 100, ranges: [{ from: 2001, to: 2100 }], file: { name: 'f.txt' } },
    ]);
    expect(await metric('tollgrid_open_incidents')).toEqual([
      'tollgrid_open_incidents{source="exchange",kind="gap"} 1',
    ]);
    await upload('e.txt', file({ from: 2001, to: 2100 }));
    expect(await open()).toEqual([]);
    expect((await system.services.incidents({ all: true, limit: 10 })).items).toMatchObject([
      { closed: { by: 'arrival' } },
    ]);
  });
});

describe('the commands', () => {
  const run = (...args: string[]) => ended(runTollgrid(...args, '--config', writeConfig(folder, options())));

  it(
    'tell what is held and why, end with 1 for it, and decide',
    async () => {
      const wrong = path.join(folder, 'wrong.txt');
      fs.writeFileSync(wrong, file({ from: 1, to: 3 }, { trailer: 'T;TOWN-1;4;30' }));
      const ingested = await run('ingest', wrong, '--source', 'exchange');
      expect([ingested.code, ingested.err]).toEqual([1, '']);
      expect(ingested.out).toMatch(/HELD: wrong\.txt: its trailer says 4 records, and there are 3/);
      const folderGiven = await run('ingest', inbox, '--source', 'exchange');
      expect([folderGiven.code, folderGiven.err]).toEqual([2, expect.stringMatching(/FILE_UNREADABLE.* is a folder/)]);
      const [held] = JSON.parse((await run('files', 'list', '--held', '--json')).out) as {
        entry: number;
        name: string;
      }[];
      expect(held!.name).toBe('wrong.txt');
      const entry = String(held!.entry);
      expect((await run('files', 'show', entry)).out).toMatch(/records: 3, of them 0 unreadable; the trailer says 4/);
      expect((await run('audit')).out).toMatch(/Held files, not received\n.*\n +exchange +wrong\.txt/);
      expect((await run('files', 'reject', entry, '--reason', 'a test')).out).toMatch(/^Rejected by entry/);
      const again = await run('files', 'release', entry);
      expect([again.code, again.err]).toEqual([1, expect.stringContaining('FILE_NOT_HELD')]);

      fs.writeFileSync(wrong, file({ from: 2111, to: 2112 }, { trailer: 'T;TOWN-1;4;30' }));
      const { files } = JSON.parse((await run('ingest', wrong, '--source', 'exchange', '--json')).out) as {
        files: FileAnswer[];
      };
      const released = await run('files', 'release', String(files[0]!.fileEntry), '--reason', 'agreed');
      expect([released.code, released.err]).toEqual([0, '']);
      expect(await stateOf(files[0]!.fileEntry)).toBe('taken');
      expect(await counted(files[0]!.fileEntry)).toMatchObject({ received: 4 });
    },
    3 * START_MS,
  );

  it(
    'list what is missing, and close it with a reason',
    async () => {
      await upload('i.txt', file({ from: 2131, to: 2140 }));
      const listed = await run('incidents', 'list');
      expect(listed.out).toMatch(/gap +exchange +TOWN-1 2026-10-15 +18 +2113-2130/);
      const id = /^(\d+\.\d+) /m.exec(listed.out)![1]!;
      expect((await run('incidents', 'close', id, '--reason', 'a restart')).out).toMatch(/^Closed by entry/);
      expect((await run('incidents', 'list')).out).toMatch(/^No incidents/);
      expect((await run('incidents', 'list', '--all')).out).toMatch(/operator a restart/);
      expect((await run('incidents', 'close', id, '--reason', 'x')).err).toContain('INCIDENT_CLOSED');
    },
    3 * START_MS,
  );
});

describe('after a stop', () => {
  it(
    'and a rebuild everything stands as it did, and what was held can still be released',
    async () => {
      const { fileEntry } = await upload('g.txt', file({ from: 2141, to: 2150 }, { trailer: wrongTrailer }));
      await upload('h.txt', file({ from: 2161, to: 2170 }));
      const told = async () => ({
        files: (await system.services.files({ limit: 100 })).items,
        incidents: (await system.services.incidents({ all: true, limit: 100 })).items,
        totals: await system.totals(),
        export: await system.export(),
      });
      const before = await told();
      expect(before.incidents.at(-1)).toMatchObject({ ranges: [{ from: 2141, to: 2160 }], closed: null });
      await system.stop();
      system = await System.start(options());
      await system.processed();
      expect(await told()).toEqual(before);
      await system.services.rebuild({ threads: 2 });
      expect(await told()).toEqual(before);
      await system.services.releaseFile({ file: fileEntry, by: 'test' });
      await expect.poll(() => stateOf(fileEntry), { timeout: WAIT_MS }).toBe('taken');
      await system.processed();
      expect((await system.services.incidents({ all: false, limit: 10 })).items).toMatchObject([
        { numbers: 10, ranges: [{ from: 2151, to: 2160 }] },
      ]);
      expect((await system.audit()).closes).toBe(true);
      expect((await system.services.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
    },
    3 * START_MS,
  );
});
