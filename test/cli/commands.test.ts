import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, it, expect } from 'vitest';
import type { AuditReport } from '../../schemas/api/audit.ts';
import type { ChargeItem, Explanation } from '../../schemas/api/charges.ts';
import { CALLS, ended, tollgrid, tollgridUntil, writeSmallTown } from './support/small-town.ts';

interface StartAnswer {
  outcome: { service: string; records: number; quantity: number; amount: string; tax: string }[];
  audit: AuditReport;
}

let folder: string;
let config: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-commands-'));
  config = writeSmallTown(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function answer<T>(...args: string[]): T {
  const { status, out, err } = tollgrid(config, ...args, '--json');
  expect(status, err).toBe(0);
  return JSON.parse(out) as T;
}

describe('Tollgrid on one data directory', { timeout: 240_000 }, () => {
  it('start --once publishes, takes the files, shows the outcome and closes the audit', () => {
    const { status, out, err } = tollgrid(config, 'start', '--once');
    expect(status, err).toBe(0);
    expect(out).toContain('test-calls');
    expect(out).toContain('Published tariff: plain@2026-01-01');
    expect(out).toMatch(/retail +voice +record +3 +3\.18 min +3\.00 UAH +0\.50/);
    expect(out).toContain('The audit closes at zero difference');
    expect(out).toMatch(/npx tollgrid explain \d+\.\d+\.\d+/);
    expect(existsSync(path.join(folder, 'data', 'run', 'front.json'))).toBe(false);
  });

  it('a second start changes nothing', () => {
    const { outcome, audit } = answer<StartAnswer>('start', '--once');
    expect(outcome).toMatchObject([{ service: 'voice', records: 3, quantity: 191_000 }]);
    expect(audit.total).toMatchObject({ received: CALLS.length, rated: 3, suspended: 2, duplicate: 0, difference: 0 });
  });

  it('a command starts what it needs when nothing runs, and ends it', () => {
    expect(tollgrid(config, 'status').status).toBe(3);
    expect(answer<ChargeItem[]>('charges', '--account', 'A-1')).toHaveLength(3);
    expect(tollgrid(config, 'status').status).toBe(3);
  });
});

describe('a running Tollgrid', { timeout: 240_000 }, () => {
  let child: ChildProcess;

  beforeAll(async () => {
    child = await tollgridUntil(config, 'Serving', 'start');
  }, 60_000);

  afterAll(() => {
    child.kill('SIGKILL');
  });

  it('tells its status, and keeps others off its data', () => {
    expect(answer('status')).toMatchObject({ running: true, ready: true, pid: child.pid });
    const second = tollgrid(config, 'start', '--once');
    expect(second.status).toBe(3);
    expect(second.err).toContain('DATA_DIR_LOCKED: ');
    expect(second.err).toContain(String(child.pid));
  });

  it('charges and explain lead from the account to the bytes', () => {
    const charges = answer<ChargeItem[]>('charges', '--account', 'A-1');
    expect(charges.map((charge) => Number(charge.amount))).toEqual([1.2, 0.6, 1.2]);
    const explanation = answer<Explanation>('explain', charges[2]!.id);
    expect(explanation.record).toMatchObject({ file: 'calls.csv', source: 'exchange' });
    expect(explanation.record!.text.trim()).toBe(CALLS[4]);
    const bytesBefore = CALLS.slice(0, 4).reduce((sum, line) => sum + line.length + 1, 0);
    expect(explanation.record!.byteOffset).toBe(bytesBefore);
    expect(explanation.steps.length).toBeGreaterThan(3);
    expect(tollgrid(config, 'explain', charges[2]!.id).out).toContain('1.20 UAH, of which 0.20 is tax');
  });

  it('takes the same file again as duplicates only', () => {
    const { records } = answer<{ records: AuditReport['records'] }>(
      ...['ingest', path.join(folder, 'inbox', 'calls.csv'), '--source', 'exchange'],
    );
    expect(records).toMatchObject([{ received: CALLS.length, duplicate: CALLS.length, rated: 0, difference: 0 }]);
    // The total is of the files just taken.
    const { out } = tollgrid(config, 'ingest', path.join(folder, 'inbox', 'calls.csv'), '--source', 'exchange');
    expect(out).toMatch(new RegExp(`total +${CALLS.length} +0 +${CALLS.length} +0\\b`));
  });

  it('lists what waits, shows it, recycles what the registry knows by now, and writes off the rest', () => {
    const waiting = answer<{ address: string; code: string }[]>('suspense', 'list');
    expect(waiting).toHaveLength(2);
    const garbage = waiting.find((item) => item.code.startsWith('DECODE'))!;
    const unknown = waiting.find((item) => item !== garbage)!;
    expect(answer<{ text: string }>('suspense', 'show', garbage.address).text.trim()).toBe('garbage');

    const more = path.join(folder, 'more.yaml');
    const subscription = [
      "identifiers: [{ kind: number, value: '380449999999' }]",
      'tariffs: [{ view: retail, service: voice, tariff: plain }]',
    ];
    writeFileSync(more, `subscriptions:\n  - id: S-2\n    accountId: A-1\n    ${subscription.join('\n    ')}\n`);
    expect(answer('registry', 'import', more)).toMatchObject({ created: 1, changed: 0 });
    expect(answer('suspense', 'recycle', '--code', unknown.code)).toMatchObject({ stillWaiting: '0' });
    expect(answer<ChargeItem[]>('charges', '--account', 'A-1')).toHaveLength(4);

    answer('suspense', 'write-off', '--address', garbage.address, '--reason', 'a torn line');
    expect(answer<unknown[]>('suspense', 'list')).toEqual([]);
    expect(answer<AuditReport>('audit').total).toMatchObject({ rated: 4, suspended: 0, writtenOff: 1, difference: 0 });
  });

  it('publishes documents, and leaves unchanged ones alone', () => {
    const signed = ['--by', 'O. Petrenko', '--note', 'the same'];
    const [same] = answer<{ unchanged: boolean }[]>('tariff', 'publish', path.join(folder, 'tariffs'), ...signed);
    expect(same!.unchanged).toBe(true);
    const [format] = answer<{ unchanged: boolean }[]>('format', 'publish', path.join(folder, 'formats'));
    expect(format!.unchanged).toBe(true);
  });

  it('leads a tariff from the draft over difference and canary to the correction', () => {
    const file = path.join(folder, 'plain-draft.yaml');
    const published = path.join(folder, 'tariffs', 'plain.yaml');
    writeFileSync(file, readFileSync(published, 'utf8').replace('price: 0.60', 'price: 0.90'));
    expect(answer<object[]>('tariff', 'draft', file, '--by', 'O. Petrenko')).toMatchObject([
      { version: 'plain@2026-01-01', unchanged: false },
    ]);
    const states = answer<{ version: string; state: string }[]>('tariff', 'list');
    expect(states.map(({ version, state }) => [version, state])).toEqual([
      ['plain@2026-01-01#draft', 'draft'],
      ['plain@2026-01-01', 'published'],
    ]);
    const difference = tollgrid(config, 'tariff', 'diff', 'plain@2026-01-01', 'plain@2026-01-01#draft');
    expect(difference.status, difference.err).toBe(0);
    expect(difference.out).toContain('to ukraine: price changed: 0.60 per 1min → 0.90 per 1min');
    expect(tollgrid(config, 'tariff', 'diff', published, 'plain@2026-01-01').out).toContain('say the same');
    expect(answer('tariff', 'diff', published, file)).toMatchObject({
      same: false,
      parts: [{ part: 'rules', changed: 1 }],
    });

    const days = ['--from', '2026-10', '--to', '2026-11'];
    const canary = tollgrid(config, 'tariff', 'canary', 'plain@2026-01-01', ...days);
    expect(canary.status, canary.err).toBe(0);
    // 2, 1, 1 and 2 begun minutes.
    expect(canary.out).toMatch(/3\.60 +5\.40 +\+1\.80 UAH/);
    expect(canary.out).toContain('0 accounts pay less, 1 more, 0 the same.');
    expect(answer<{ totals: object[] }>('tariff', 'canary', file, ...days).totals).toMatchObject([
      { active: '3.600000', draft: '5.400000', difference: '1.800000' },
    ]);

    const unsigned = tollgrid(config, 'tariff', 'publish', file);
    expect([unsigned.status, unsigned.err]).toEqual([2, expect.stringContaining('--by <person>')]);
    const signed = ['--by', 'O. Petrenko', '--note', 'price of the new year'];
    const refused = tollgrid(config, 'tariff', 'publish', file, ...signed);
    expect([refused.status, refused.err]).toEqual([1, expect.stringContaining('TARIFF_PUBLISHED: ')]);
    expect(answer('tariff', 'publish', 'plain@2026-01-01', '--correct', ...signed)).toMatchObject([
      { version: 'plain@2026-01-01#2', unchanged: false },
    ]);
    const history = tollgrid(config, 'tariff', 'history', 'plain').out;
    expect(history).toMatch(/plain@2026-01-01 +corrected by entry \d+ .* start /);
    expect(history).toMatch(/plain@2026-01-01#2 +published .* O\. Petrenko .* price of the new year/);
    expect(tollgrid(config, 'tariff', 'withdraw', 'plain@2026-01-01').err).toContain('TARIFF_UNKNOWN');
  });

  it('computes the same again from the log, with any threads', () => {
    const before = answer<{ sha256: string; lines: number }>('export');
    expect(before.lines).toBeGreaterThanOrEqual(4);
    expect(answer<{ rows: number }>('rebuild', '--threads', '2').rows).toBeGreaterThanOrEqual(4);
    expect(answer('export')).toEqual(before);
    const verified = tollgrid(config, 'verify');
    expect(verified.status, verified.out).toBe(0);
  });

  it('drains at Ctrl-C and leaves nothing behind', async () => {
    child.kill('SIGINT');
    expect(await ended(child)).toBe(0);
    expect(existsSync(path.join(folder, 'data', 'run', 'front.json'))).toBe(false);
    expect(tollgrid(config, 'status').status).toBe(3);
  });
});

describe('a start that cannot be', { timeout: 240_000 }, () => {
  it('says plainly that its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const other = mkdtempSync(path.join(tmpdir(), 'tollgrid-port-'));
    const { port } = server.address() as AddressInfo;
    const { status, err } = tollgrid(writeSmallTown(other, port), 'start', '--once');
    server.close();
    rmSync(other, { recursive: true });
    expect(status).toBe(3);
    expect(err).toContain(`PORT_TAKEN: cannot listen on 127.0.0.1:${port}`);
  });
});
