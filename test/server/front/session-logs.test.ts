/** Session logs in every shipped layout, from files to charges: the example beside the documentation. */
import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../../cli/client.ts';
import { projectRoot } from '../../../platform/paths.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { Page } from '../../../schemas/api/common.ts';
import type { FileItem } from '../../../schemas/api/files.ts';
import { apiOf, killGroup, runTollgrid } from './command-line.ts';

/** In thousandths as the README tells them, computed by hand. */
const EXPECTED = [
  ['2026-10-15', '50.00'],
  ['2026-10-16', '0.02'],
  ['2026-10-17', '0.01'],
  ['2026-10-18', '10.25'],
  ['2026-10-19', '7.05'],
  ['2026-10-20', '1.80'],
];

let folder: string;
let child: ChildProcess;
let api: Api;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-sessions-'));
  fs.cpSync(path.join(projectRoot, 'examples', 'session-logs'), folder, { recursive: true });
  const config = path.join(folder, 'tollgrid.yaml');
  fs.appendFileSync(config, 'server: { port: 0 }\nlogging: { level: error }\n');
  child = runTollgrid('start', '--config', config);
  child.stdout!.resume();
  child.stderr!.resume();
  api = await apiOf(child, path.join(folder, 'data'));
});
afterAll(() => {
  killGroup(child);
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('session logs', () => {
  it('end in charges, one for each closed session', async () => {
    let charges: ChargeItem[] = [];
    while (charges.length < EXPECTED.length) {
      await api.get<AuditReport>('/v1/audit', { wait: true });
      charges = (await api.get<Page<ChargeItem>>('/v1/charges', { account: 'A-1', limit: 100 })).items;
    }
    const told = charges.map(({ startAt, amount }) => [startAt.slice(0, 10), Number(amount).toFixed(2)]).sort();
    expect(told).toEqual(EXPECTED);
    const report: AuditReport = await api.get('/v1/audit', { wait: true });
    expect([report.closes, report.total.rated, report.total.suspended]).toEqual([true, 6, 0]);
    const bySource = Object.fromEntries(
      report.records.map((row) => [row.source, [row.received, row.rated, row.filtered]]),
    );
    expect(bySource).toEqual({
      ...{
        postgresql: [2, 1, 1],
        mysql: [2, 1, 1],
        list: [2, 1, 1],
        dbf: [2, 1, 1],
        mikrotik: [3, 1, 2],
        cisco: [2, 1, 1],
      },
    });
  });

  it('in a dBase table with another layout, or a cut off one, are held', async () => {
    const table = fs.readFileSync(path.join(folder, 'inbox', 'dbf', 'OCTOBER.DBF'));
    fs.writeFileSync(path.join(folder, 'inbox', 'dbf', 'CUT.DBF'), table.subarray(0, -40));
    const other = Buffer.from(table);
    other.write('USER\0', 32 + 32, 'latin1');
    fs.writeFileSync(path.join(folder, 'inbox', 'dbf', 'OTHER.DBF'), other);
    let held: FileItem[] = [];
    while (held.length < 2) held = (await api.get<Page<FileItem>>('/v1/files', { state: 'held', limit: 10 })).items;
    expect(held.map(({ name, held: why }) => [name, why!.code, why!.detail]).sort()).toEqual([
      ['CUT.DBF', 'FILE_FRAMING_WRONG', 'its header says 2 records, and there are 1'],
      ['OTHER.DBF', 'FILE_FRAMING_WRONG', 'its column 2 is USER C 32, the format says LOGIN C 32'],
    ]);
  });
});
