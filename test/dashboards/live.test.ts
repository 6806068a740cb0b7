/** Every query of the board and every alert, asked of a real Prometheus that scrapes a real Tollgrid with the sample town. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROWS } from '../../dashboards/board.ts';
import { withChoice } from '../../dashboards/grafana.ts';
import { loadConfig } from '../../platform/config.ts';
import { projectRoot } from '../../platform/paths.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';
import { startFront, type Front } from '../../server/index.ts';
import { freePort } from '../server/front/tollgrid-process.ts';
import { TOWN } from '../server/front/system.ts';
import { until } from '../support/until.ts';
import { isPrometheusMissing, Prometheus, WAIT_MS, type Rule } from './prometheus.ts';

const missing = isPrometheusMissing();
const RULES = path.join(projectRoot, 'dashboards', 'alerts.yaml');
const panels = ROWS.flatMap((row) => row.panels);

/** As Grafana asks, with everything chosen; over a time in which a slow machine has done all of it. */
function asked(expr: string): string {
  return withChoice(expr)
    .replaceAll('$__rate_interval', '30m')
    .replaceAll('$__range', '30m')
    .replace(/\$(job|instance)/g, '.+');
}

describe.skipIf(missing)('board and alerts (needs prometheus)', () => {
  let folder: string;
  let front: Front;
  let prometheus: Prometheus;
  let audit: AuditReport;

  beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-board-'));
    const port = await freePort();
    // The first scrapes find nobody: so counters are seen from their beginning.
    prometheus = await Prometheus.start(folder, `127.0.0.1:${port}`, RULES);
    front = await startFront({ config: loadConfig({ path: townConfig(folder, port), env: {} }), temporary: false });
    const inbox = fs.readdirSync(path.join(TOWN, 'inbox'), { recursive: true, withFileTypes: true });
    const names = inbox.filter((entry) => entry.isFile()).map(({ name }) => name);
    let missing = names;
    await until(
      () => `all files of the town are taken; missing: ${missing.join()}`,
      async () => {
        const taken = new Set((await front.services.files({ limit: 1000 })).items.map(({ name }) => name));
        return (missing = names.filter((name) => !taken.has(name))).length === 0;
      },
      WAIT_MS,
    );
    // The second push is seen as growth of what the first one began.
    for (const run of ['first', 'second']) {
      await push(Array.from({ length: 10 }, (_, number) => call(run, number)));
      audit = await front.services.audit({ wait: true });
      let seen = Number.NaN;
      await until(
        () =>
          `Prometheus sees ${audit.total.received} records after the ${run} push; it saw ${seen}; ${childrenOf(front)}`,
        async () => (seen = await prometheus.value('sum(tollgrid_records_total)')) === audit.total.received,
        WAIT_MS,
      );
    }
    await front.services.verify();
    await until(
      () => `Prometheus sees a round over what is stored; ${childrenOf(front)}`,
      async () => (await prometheus.query('tollgrid_stored_round_timestamp_seconds > 0')).length > 0,
      WAIT_MS,
    );
  }, 6 * WAIT_MS);

  afterAll(async () => {
    await front?.stop();
    await prometheus?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  async function push(events: readonly object[]): Promise<void> {
    const answer = await fetch(`${front.url}/v1/usage?source=pbx`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(events),
    });
    expect(answer.status).toBe(202);
  }

  it.each(panels)('$title: every query has a result', async ({ queries, emptyWhile }) => {
    for (const { expr } of queries) {
      const series = await prometheus.query(asked(expr));
      if (emptyWhile === undefined) expect(series, expr).not.toEqual([]);
      if (series.length > 0 && emptyWhile === undefined) {
        expect(
          series.some(({ value }) => Number.isFinite(Number(value[1]))),
          `${expr} is no number`,
        ).toBe(true);
      }
    }
  });

  it('the board’s figures are those of the audit', async () => {
    const { total } = audit;
    expect(total.received).toBe(2043 + 20);
    expect(await prometheus.value('sum(tollgrid_records_total{disposition="suspended"})')).toBe(total.suspended);
    expect(await prometheus.value('sum(tollgrid_suspense_records)')).toBe(total.suspended);
    expect(await prometheus.value('sum(tollgrid_received_bytes_total)')).toBeGreaterThan(100_000);
    expect(await prometheus.query('tollgrid_conservation_difference != 0')).toEqual([]);
    expect(await prometheus.query('tollgrid_conservation_difference')).not.toEqual([]);
    expect(await prometheus.value('tollgrid_verify_failed_checks')).toBe(0);
  });

  it('every alert can be asked, and none of danger is up', async () => {
    let rules: Rule[] = [];
    await until(
      () => `all rules were tried; not yet: ${JSON.stringify(rules.filter(({ health }) => health === 'unknown'))}`,
      async () => !(rules = await prometheus.rules()).some(({ health }) => health === 'unknown'),
      WAIT_MS,
    );
    const told = parse(fs.readFileSync(RULES, 'utf8')) as { groups: { rules: { alert: string }[] }[] };
    const names = told.groups.flatMap((group) => group.rules.map(({ alert }) => alert));
    expect(rules.map(({ name }) => name).sort()).toEqual(names.sort());
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(rules.filter(({ state }) => state === 'firing').map(({ name }) => name)).toEqual([]);
  });

  it('each alert comes when it should, in made-up series', () => {
    const result = spawnSync('promtool', ['test', 'rules', 'alerts.test.yaml'], {
      cwd: path.dirname(RULES),
      encoding: 'utf8',
    });
    expect(result.status, result.stdout + result.stderr).toBe(0);
  });

  it('metrics have names and types as Prometheus wants them', async () => {
    const input = await (await fetch(`${front.url}/metrics`)).text();
    const own = input.split('\n').filter((line) => /^(# (HELP|TYPE) )?tollgrid_/.test(line));
    const result = spawnSync('promtool', ['check', 'metrics'], { input: `${own.join('\n')}\n`, encoding: 'utf8' });
    const said = `${result.stdout}${result.stderr}`.split('\n').filter((line) => line !== '');
    // The filter's size is compared with a number of bits for each identity.
    expect(said.filter((line) => !line.startsWith('tollgrid_identity_filter_bits '))).toEqual([]);
  });
});

/** Whether any of them had to be started again. */
function childrenOf(front: Front): string {
  const { children, processedEntry, logHead } = front.services.status();
  return `${JSON.stringify(children)}, entry ${processedEntry} of ${logHead}`;
}

function townConfig(folder: string, port: number): string {
  const town = parse(fs.readFileSync(path.join(TOWN, 'tollgrid.yaml'), 'utf8')) as {
    sources: { directory?: string }[];
  };
  const values = {
    dataDir: path.join(folder, 'data'),
    server: { port },
    watch: { everySeconds: 1, roundMinutes: 0, dutyPercentMax: 100, pauseMinutesMax: 0 },
    duplicates: { windowMonths: 120 },
    logging: { level: 'silent' },
    definitions: {
      tariffs: [path.join(TOWN, 'tariffs')],
      guiding: path.join(TOWN, 'guiding.yaml'),
      registry: [path.join(TOWN, 'registry.yaml')],
    },
    sources: town.sources.map((source) =>
      source.directory === undefined ? source : { ...source, directory: path.join(TOWN, source.directory) },
    ),
  };
  const file = path.join(folder, 'tollgrid.yaml');
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(values));
  return file;
}

/** Of an hour ago, so that the delay since the event is measured. */
const call = (run: string, number: number): object => ({
  specversion: '1.0',
  id: `${run}-${number}`,
  source: '/board',
  type: 'tollgrid.usage.voice',
  time: new Date(Date.now() - 3_600_000 + number * 1000).toISOString(),
  data: { account: 'hotel-rooms', to: '380671234567', durationMs: 60_000 },
});
