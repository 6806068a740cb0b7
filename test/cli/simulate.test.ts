/** `tollgrid simulate` against a Tollgrid that runs: what it says was acknowledged is in the ledger, whatever happens meanwhile. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../schemas/api/audit.ts';
import { ended, MAIN, runTollgrid, type Ended } from '../server/front/command-line.ts';
import { freePort, TollgridProcess } from '../server/front/tollgrid-process.ts';

interface Result {
  kinds: Record<string, { events: number; sent: number; acknowledged: number; open: number; retries: number }>;
  ledger: Record<'voice' | 'data' | 'electricity', { usages: number; quantity: number }>;
  compared: { service: string; expected: number; found: number }[];
  closes: boolean;
  delaysMs: number[];
}

let town: TollgridProcess;

const simulated = (...args: string[]): Promise<Ended> =>
  ended(runTollgrid('simulate', '--config', town.config, ...args), 150_000);

beforeAll(async () => {
  town = new TollgridProcess('simulate');
  fs.mkdirSync(town.inside('inbox'));
  const clients = [{ address: '127.0.0.1' }];
  const inbox = { directory: town.inside('inbox'), pattern: '*.txt', pollMs: 100 };
  // Ports that stay over a restart: real devices do not look them up.
  town.writeTown(
    [
      { name: 'bras', kind: 'radius', format: 'radius', radius: { port: await freePort('udp'), clients } },
      { name: 'pbx-line', kind: 'tcp', format: 'freeswitch-csv', tcp: { port: await freePort() } },
      { name: 'exchange', format: 'exchange', ...inbox },
    ],
    { port: await freePort() },
  );
  await town.startTaking();
});
afterAll(() => town.remove());

describe('tollgrid simulate', () => {
  it('finds what listens, sends events of all kinds with faults, and finds them in the ledger as sent', async () => {
    const faults = 'loss=5,repeats=5,disorder=10,drift=20,storms=1,stops=40,burst=3';
    const done = await simulated('--json', '--minutes', '0.08', '--rate', '80', '--faults', faults);
    expect([done.err, done.code]).toEqual(['', 0]);
    const result = JSON.parse(done.out) as Result;
    for (const { events, sent, acknowledged, open } of Object.values(result.kinds)) {
      expect(events).toBeGreaterThan(30);
      expect(sent).toBeGreaterThan(events);
      expect([acknowledged, open]).toEqual([events, 0]);
    }
    expect(result.kinds['session']!.retries).toBeGreaterThan(0);
    expect(result.kinds['reading']!.retries).toBeGreaterThan(0);
    expect(result.closes).toBe(true);
    expect(result.compared.map(({ expected, found }) => found - expected)).toEqual([0, 0, 0]);
    const { ledger } = result;
    expect(result.compared.map(({ expected }) => expected)).toEqual(
      [ledger.voice, ledger.data, ledger.electricity].map(({ quantity }) => quantity),
    );
    const audit: AuditReport = await town.api.get('/v1/audit', { wait: true, by: 'source' });
    const of = (source: string) => audit.records.find((row) => row.source === source)!;
    const { call, reading } = result.kinds;
    // The second one of a pair is known again; HTTP with the same key is not even received again.
    expect([of('pbx-line').rated, of('pbx-line').duplicate]).toEqual([call!.events, call!.sent - call!.events]);
    expect([of('simulated-meters').rated, of('simulated-meters').duplicate]).toEqual([
      ...[reading!.events, reading!.sent - reading!.events],
    ]);
    expect(audit.total.suspended).toBe(0);
  });

  it('shows single charges, each soon after its event', async () => {
    const done = await simulated('--town', '--minutes', '0.07', '--rate', '10', '--seed', '5');
    expect([done.out, done.code]).toEqual([expect.stringContaining('The audit closes.'), 0]);
    const lines = done.out.split('\n').filter((line) => /: [\d.]+ UAH, (charged|valued) after [\d.]+ s$/.test(line));
    expect(lines.length).toBeGreaterThan(5);
    for (const kind of ['call', 'session', 'reading']) expect(lines.join('\n')).toMatch(new RegExp(`  ${kind} `));
    expect(done.out).toMatch(/From an event to its charge: median [\d.]+ s/);
    const metrics = await fetch(`${town.api.url}/metrics`).then((answer) => answer.text());
    for (const source of ['pbx-line', 'bras', 'simulated-meters']) {
      expect(metrics).toMatch(new RegExp(`^tollgrid_event_delay_seconds_count{source="${source}"} [1-9]`, 'm'));
    }
  });

  it('leaves files of an exchange, some of them twice', async () => {
    const inbox = town.inside('inbox');
    const given = ['--folder', inbox, '--minutes', '0.1', '--rate', '30', '--seed', '6', '--faults', 'repeats=10'];
    const done = await simulated('--json', ...given);
    expect([done.err, done.code]).toEqual(['', expect.anything()]);
    const result = JSON.parse(done.out) as Result;
    expect(fs.readdirSync(inbox).length).toBeGreaterThan(1);
    expect(fs.readdirSync(inbox).filter((name) => !name.endsWith('.txt'))).toEqual([]);
    // The last file may be taken a little after the comparison.
    const of = ({ records }: AuditReport) => records.find(({ source }) => source === 'exchange');
    const audit = await town.audited((report) => (of(report)?.rated ?? 0) >= result.kinds['call']!.events, 'source');
    expect(of(audit)).toMatchObject({ rated: result.kinds['call']!.events, suspended: 0 });
    expect(of(audit)!.duplicate).toBeGreaterThan(0);
    expect(audit.closes).toBe(true);
  });

  it('goes on while Tollgrid is killed and started again, and everything acknowledged is there once', async () => {
    const faults = 'loss=3,repeats=3';
    const { total } = await town.audited(() => true);
    const sending = simulated('--json', '--minutes', '0.2', '--rate', '60', '--seed', '9', '--faults', faults);
    await town.audited((report) => report.total.received > total.received + 100);
    await town.kill();
    await town.start();
    const done = await sending;
    const result = JSON.parse(done.out) as Result;
    expect(result.closes).toBe(true);
    const { session, reading } = result.kinds;
    expect([session!.acknowledged, reading!.acknowledged]).toEqual([session!.events, reading!.events]);
    const found = Object.fromEntries(result.compared.map((line) => [line.service, line.found - line.expected]));
    expect([found['data'], found['electricity']]).toEqual([0, 0]);
    // TCP lines have no answer: what the system had taken when Tollgrid died is lost, and cannot be more.
    expect(found['voice']).toBeLessThanOrEqual(0);
    expect(result.compared.find(({ service }) => service === 'voice')!.found).toBeGreaterThan(0);
  });

  it('says plainly when nothing runs, or an option is wrong', () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [MAIN, 'simulate', ...args], {
        encoding: 'utf8',
        env: { ...process.env, TOLLGRID_DATA_DIR: town.inside('nowhere') },
      });
    expect(run('--town')).toMatchObject({ status: 3, stderr: expect.stringContaining('No Tollgrid runs on') });
    expect(run('--faults', 'rain=1')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('"rain" is no fault'),
    });
    expect(run('--radius', 'here')).toMatchObject({ status: 2, stderr: expect.stringContaining('is no address') });
  });
});
