/** A start goes on where the last one ended; whatever is made from the log may be missing. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System, townFiles } from './system.ts';

const START_MS = 180_000;
const TOWN_RECORDS = 2043;
const METER = 'E100022,1.8.1,';

let folder: string;
let inbox: string;
let system: System;
/** Rows after everything was fed; each later start has to come to them. */
let rows: string;

async function start(threads = 1): Promise<void> {
  const source = { name: 'pbx', format: 'asterisk-csv', directory: inbox, mode: 'growing', pollMs: 50 };
  system = await System.start({ folder, threads, sources: [source] });
}

async function restart(threads?: number): Promise<void> {
  await system.stop();
  await start(threads);
  await system.processed();
}

/** Records that the rater has read since it was started. */
async function recordsRead(): Promise<number> {
  const lines = (await system.services.metricsText()).split('\n');
  const counts = lines.filter((line) => line.startsWith('tollgrid_records_total{'));
  return counts.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** Calls of the clinic's wards, eight of them, all different. */
const wardCalls = (): string =>
  Array.from({ length: 8 }, (_, i) => 10 + i)
    .map(
      (minute) =>
        `"","0442209024","0508790401","wards","","SIP/9024-1","SIP/trunk-2","Dial","","2026-10-15 10:${minute}:00",` +
        `"2026-10-15 10:${minute}:10","2026-10-15 10:${minute}:20",20,10,"ANSWERED","DOCUMENTATION"\n`,
    )
    .join('');

/** The source cannot tell such calls apart: each line is another one. */
async function appendWardCalls(): Promise<void> {
  const before = (await system.totals())['received']!;
  fs.appendFileSync(path.join(inbox, 'Master.csv'), wardCalls());
  while (((await system.totals())['received'] ?? 0) < before + 8)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

const reading = (day: string, value: string): string =>
  `meter,register,readAt,value,unit,quality\n${METER}2026-10-${day} 00:00,${value},kWh,actual\n`;

const event = (id: string): Uint8Array[] => [
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id,
      source: '/test',
      type: 'tollgrid.usage.voice',
      time: '2026-10-15T10:00:00Z',
      data: { account: 'hotel-rooms', to: '380441234567', durationMs: 61_000 },
    }),
  ),
];

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-restart-'));
  inbox = path.join(folder, 'inbox');
  fs.mkdirSync(inbox);
  await start();
  for (const { source, name, format, bytes } of townFiles()) await system.feed(source, name, format, bytes);
  await system.services.pushUsage({ source: 'http', events: event('e-1'), requestSha256: 'a', idempotencyKey: 'k-1' });
  await system.processed();
  await appendWardCalls();
}, START_MS);
afterAll(() => system.remove());

describe('a restart', () => {
  it(
    'takes the checkpoint: nothing is read a second time and the ledger is as it was',
    async () => {
      const before = await system.export();
      expect(await recordsRead()).toBe(TOWN_RECORDS + 1 + 8);
      await restart(2);
      expect(await recordsRead()).toBe(0);
      expect(await system.export()).toBe(before);
      expect((await system.audit()).closes).toBe(true);
      expect((await system.services.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
    },
    START_MS,
  );

  it('remembers records, files, keys, register chains and how often a line came', async () => {
    const before = await system.totals();
    const { format, bytes } = townFiles().find(({ source }) => source === 'hotel-pbx')!;
    const lines = bytes.toString().trimEnd().split('\n');
    await system.feed('hotel-pbx', 'same-bytes.csv', format, bytes);
    await system.feed('hotel-pbx', 'reversed.csv', format, lines.reverse().join('\n'));
    const after = await system.totals();
    // Calls that nobody answered are filtered, however often they come.
    const unanswered = after['filtered']! - before['filtered']!;
    expect(after).toEqual({
      ...before,
      received: before['received']! + 2 * lines.length,
      duplicate: before['duplicate']! + 2 * lines.length - unanswered,
      filtered: after['filtered'],
    });
    expect(unanswered).toBe(lines.filter((line) => line.includes('"NO_ANSWER"')).length);

    const push = (requestSha256: string): Promise<unknown> =>
      system.services.pushUsage({ source: 'http', events: event('e-1'), requestSha256, idempotencyKey: 'k-1' });
    expect(await push('a')).toMatchObject({ replayed: true, records: 1 });
    await expect(push('b')).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });

    // The meter showed 2903.170 on the 16th.
    await system.feed('meters', 'later.csv', 'meter-register-csv', reading('17', '2913.170'));
    const energy = (await system.charges()).find(({ startAt }) => startAt === '2026-10-15T21:00:00.000Z')!;
    expect(energy).toMatchObject({ service: 'electricity', quantity: 10_000, endAt: '2026-10-16T21:00:00.000Z' });

    const rated = (await system.totals())['rated']!;
    await appendWardCalls();
    expect((await system.totals())['rated']).toBe(rated + 8);
  });

  it(
    'remembers it also when the next start has another number of threads',
    async () => {
      await restart(1);
      const rated = (await system.totals())['rated']!;
      await appendWardCalls();
      expect((await system.totals())['rated']).toBe(rated + 8);
      rows = await system.export();
    },
    START_MS,
  );
});

describe('a start without', () => {
  const missing: [string, string[]][] = [
    ['the engine and the registry', ['engine', 'registry', 'registry.clean']],
    ["the rater's state", ['rater']],
    ["the rater's state and the journal of writes", ['rater', 'ledger']],
    ['everything but log and spool', []],
  ];
  for (const [what, names] of missing) {
    it(
      `${what} makes it anew from the log`,
      async () => {
        const before = await system.charges();
        await system.stop();
        const data = path.join(folder, 'data');
        const gone = names.length > 0 ? names : fs.readdirSync(data).filter((name) => !['log', 'spool'].includes(name));
        for (const name of gone) fs.rmSync(path.join(data, name), { recursive: true, force: false });
        await start();
        await system.processed();
        expect(await recordsRead()).toBeGreaterThan(TOWN_RECORDS);
        expect(await system.export()).toBe(rows);
        expect(await system.charges()).toEqual(before);
        expect((await system.audit()).closes).toBe(true);
        expect((await system.services.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
        expect(await system.services.account('A-1002')).not.toBeNull();
      },
      START_MS,
    );
  }

  it(
    'a whole checkpoint reads the log from its start',
    async () => {
      await system.stop();
      const rater = path.join(folder, 'data', 'rater');
      const [state] = fs.readdirSync(rater).filter((name) => name.startsWith('state-'));
      const [file] = fs.readdirSync(path.join(rater, state!)).filter((name) => name.startsWith('duplicates-'));
      fs.truncateSync(path.join(rater, state!, file!), 1000);
      await start();
      await system.processed();
      expect(await recordsRead()).toBeGreaterThan(TOWN_RECORDS);
      expect(await system.export()).toBe(rows);
      expect((await system.audit()).closes).toBe(true);
    },
    START_MS,
  );
});
