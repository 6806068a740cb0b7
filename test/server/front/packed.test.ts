/** Packed files on their way into the log, and files of folders that are put away: a whole Tollgrid, killed in between. */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../../cli/client.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { FileItem } from '../../../schemas/api/files.ts';
import type { SourceItem } from '../../../schemas/api/sources.ts';
import { tollgrid, writeSmallTown } from '../../cli/support/small-town.ts';
import { zip } from '../../support/zip.ts';
import { apiOf, killGroup, runTollgrid } from './command-line.ts';

let folder: string;
let config: string;
let child: ChildProcess;
let api: Api;

const call = (second: number): string =>
  `380441234567;380671112233;${new Date(Date.UTC(2026, 9, 20) + second * 1000).toISOString().slice(0, 19).replace('T', ' ')};30\n`;
const calls = (from: number, count: number): string => Array.from({ length: count }, (_, i) => call(from + i)).join('');
const inside = (...parts: string[]): string => path.join(folder, ...parts);

async function started(): Promise<void> {
  child = runTollgrid('start', '--config', config);
  child.stdout!.resume();
  child.stderr!.resume();
  api = await apiOf(child, inside('data'));
}

async function killed(): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  killGroup(child);
  await gone;
}

async function files(source: string): Promise<FileItem[]> {
  const { items }: Page<FileItem> = await api.get('/v1/files', { source, limit: 100 });
  return items.reverse();
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 30));
}

const audit = (): Promise<AuditReport> => api.get('/v1/audit', { wait: true });

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-packed-'));
  config = writeSmallTown(folder);
  fs.mkdirSync(inside('box'));
  const text = fs.readFileSync(config, 'utf8').replace(/^sources:.*$/m, '');
  const box = `{ name: box, format: test-calls, directory: box, pollMs: 50, archive: taken, quarantine: refused, fileBytesMax: 100000 }`;
  fs.writeFileSync(
    config,
    `${text}intake: { packed: { ratioMax: 50 } }\nsources: [{ name: pushed, format: test-calls, directory: nothing }, ${box}]\n`,
  );
  fs.mkdirSync(inside('nothing'));
  await started();
});
afterAll(async () => {
  await killed();
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('packed files', () => {
  it('are taken by command, each file in them once whether it came packed or not', async () => {
    fs.writeFileSync(inside('x.csv'), calls(0, 3));
    fs.writeFileSync(inside('x.csv.gz'), gzipSync(calls(0, 3)));
    fs.writeFileSync(
      inside('two.zip'),
      zip([
        { name: 'a/x.csv', content: calls(0, 3) },
        { name: 'y.csv', content: calls(10, 2) },
      ]),
    );
    expect(tollgrid(config, 'ingest', inside('x.csv.gz'), '--source', 'pushed').status).toBe(0);
    const both = tollgrid(config, 'ingest', inside('two.zip'), inside('x.csv'), '--source', 'pushed');
    expect([both.status, both.out]).toEqual([0, expect.stringContaining('the same bytes as entry')]);
    const [gz, inZip, fresh, plain] = await files('pushed');
    expect(gz).toMatchObject({ name: 'x.csv', state: 'taken', packed: { name: 'x.csv.gz', no: 1, of: 1 } });
    expect(inZip).toMatchObject({ name: 'a/x.csv', state: 'duplicate', duplicateOf: gz.entry });
    expect(fresh).toMatchObject({ name: 'y.csv', state: 'taken', packed: { name: 'two.zip', no: 2, of: 2 } });
    expect(plain).toMatchObject({ name: 'x.csv', duplicateOf: gz.entry, packed: null });
    const shown = tollgrid(config, 'files', 'show', String(fresh.entry));
    expect(shown.out).toContain('file 2 of 2 in "two.zip"');
    const report = await audit();
    expect([report.closes, report.total.received, report.total.rated, report.total.duplicate]).toEqual([
      true,
      11,
      5,
      6,
    ]);
  }, 180_000);

  it('are held as they came when they unpack to too much, and a good one of the name takes their place', async () => {
    fs.writeFileSync(inside('z.csv.gz'), gzipSync(Buffer.alloc(3_000_000)));
    const bomb = tollgrid(config, 'ingest', inside('z.csv.gz'), '--source', 'pushed');
    expect([bomb.status, bomb.out]).toEqual([1, expect.stringContaining('PACKED_RATIO')]);
    const held = (await files('pushed')).at(-1)!;
    expect(held).toMatchObject({ name: 'z.csv.gz', state: 'held', sizeBytes: fs.statSync(inside('z.csv.gz')).size });
    expect(fs.readFileSync(inside('data', 'spool', held.sha256!.slice(0, 2), held.sha256!))).toEqual(
      fs.readFileSync(inside('z.csv.gz')),
    );
    expect(tollgrid(config, 'files', 'release', String(held.entry)).err).toContain('FILE_NOT_RELEASABLE');
    fs.writeFileSync(inside('z.csv.gz'), gzipSync(calls(20, 1)));
    expect(tollgrid(config, 'ingest', inside('z.csv.gz'), '--source', 'pushed').status).toBe(0);
    expect((await files('pushed')).slice(-2).map(({ state }) => state)).toEqual(['superseded', 'taken']);
    const report = await audit();
    expect([report.closes, report.total.received]).toEqual([true, 12]);
  }, 180_000);
});

describe('files of a folder', () => {
  const refused = async (): Promise<SourceItem['refusedFiles']> => {
    const { items }: Page<SourceItem> = await api.get('/v1/sources', { limit: 10 });
    return items.find(({ name }) => name === 'box')!.refusedFiles;
  };

  it('go to the archive when they are durable, and to quarantine with the reason when they are refused', async () => {
    fs.writeFileSync(inside('box', 'a.csv.gz'), gzipSync(calls(30, 2)));
    fs.writeFileSync(inside('box', 'large.csv'), calls(1000, 4000));
    fs.writeFileSync(inside('box', 'bomb.zip'), zip([{ name: 'b', content: Buffer.alloc(3_000_000) }]));
    await until(() => fs.readdirSync(inside('box')).length === 0);
    expect(fs.readdirSync(inside('taken'))).toEqual(['a.csv.gz']);
    const reasons = ['bomb.zip', 'bomb.zip.reason', 'large.csv', 'large.csv.reason'];
    await until(() => fs.readdirSync(inside('refused')).join() === reasons.join());
    expect(fs.readFileSync(inside('refused', 'large.csv.reason'), 'utf8')).toMatch(/^FILE_TOO_LARGE: it has \d+ bytes/);
    await until(async () => (await refused()).count === 2);
    expect((await refused()).first.map(({ name, code }) => [name, code])).toEqual([
      ['bomb.zip', 'PACKED_RATIO'],
      ['large.csv', 'FILE_TOO_LARGE'],
    ]);
    const listed = tollgrid(config, 'source', 'list').out;
    expect(listed).toMatch(/REFUSED: box: large\.csv: it has \d+ bytes, 100000 are allowed \(FILE_TOO_LARGE\)/);
    // Under the same name again: what lies in the archive is not overwritten.
    fs.writeFileSync(inside('box', 'a.csv.gz'), gzipSync(calls(40, 2)));
    await until(() => fs.readdirSync(inside('taken')).length === 2);
    expect(fs.readdirSync(inside('taken'))).toEqual(['a.csv.gz', 'a.csv.gz.1']);
    expect((await audit()).closes).toBe(true);
  }, 180_000);

  it('come in once and all of them over a kill between the files of a packed one', async () => {
    const before = (await audit()).total.received;
    const members = Array.from({ length: 60 }, (_, i) => ({ name: `${i}.csv`, content: calls(10_000 + i * 10, 10) }));
    fs.writeFileSync(inside('box', 'many.zip'), zip(members));
    const ofMany = async (): Promise<FileItem[]> =>
      (await files('box')).filter(({ packed }) => packed?.name === 'many.zip');
    await until(async () => (await ofMany()).length > 5);
    await killed();
    await started();
    await until(() => fs.readdirSync(inside('box')).length === 0);
    expect((await ofMany()).map(({ name, state }) => `${name} ${state}`)).toEqual(
      members.map(({ name }) => `${name} taken`),
    );
    const report = await audit();
    expect([report.closes, report.total.received]).toEqual([true, before + 600]);
  }, 180_000);
});
