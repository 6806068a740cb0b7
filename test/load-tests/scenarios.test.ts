/** The scenarios of k6 as files, and through k6 itself where it was built: `node --import tsx load-tests/k6.ts` does that. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { pushedCall, type CallsPlan } from '../../cli/generate/pushed-calls.ts';
import { projectRoot } from '../../platform/paths.ts';
import { importsOf } from '../house/support/sources.ts';

const FOLDER = path.join(projectRoot, 'load-tests', 'scenarios');
const names = readdirSync(FOLDER)
  .map((file) => /^(\w+)\.ts$/.exec(file)?.[1])
  .filter((name) => name !== undefined && name !== 'support');
const read = (name: string): { name: string; text: string } => ({
  name,
  text: readFileSync(path.join(projectRoot, name), 'utf8'),
});
const scenario = (name: string) => read(`load-tests/scenarios/${name}.ts`);

/** A scenario and all it imports, as names from the project's root. */
function loaded(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const other of importsOf(read(name))) loaded(other, seen);
  return seen;
}

describe('scenarios', () => {
  it('are those that the runner runs, each with a rate of arrivals and a limit', () => {
    const runner = read('load-tests/k6.ts').text;
    const [, run] = /SCENARIOS = \[([^\]]+)\]/.exec(runner)!;
    expect([...run.matchAll(/'(\w+)'/g)].map(([, name]) => name).sort()).toEqual([...names].sort());
    for (const name of names) {
      const { text } = scenario(name!);
      expect(text).toMatch(new RegExp(`arrivals\\('${name}', \\{ perSecond: \\d+, p95Ms: \\d+ \\}\\)`));
      expect(text).toMatch(new RegExp(`export function ${name}\\(`));
      expect(text).toContain(`export { handleSummary } from './support.ts'`);
    }
  });

  it('load nothing of Node, as k6 has none', () => {
    for (const name of names) {
      for (const file of loaded(`load-tests/scenarios/${name}.ts`)) {
        const { text } = read(file);
        expect(text, file).not.toMatch(/from '(node:|(?!k6['/]|\.)\w)/);
        expect(text, file).not.toMatch(/\b(Buffer|process)\b[.(]/);
      }
    }
  });

  it('ask routes that Tollgrid has', () => {
    const { paths } = JSON.parse(read('docs/openapi.json').text) as { paths: Record<string, object> };
    const known = Object.keys(paths).map((route) => new RegExp(`^${route.replace(/\{[^}]+\}/g, '[^/]+')}$`));
    const asked = names.flatMap((name) => [...scenario(name!).text.matchAll(/['`](\/(?:v1|metrics)[^'`?]*)/g)]);
    expect(asked.length).toBeGreaterThan(10);
    for (const [, route] of asked) {
      const sample = route.replace(/\$\{[^}]+\}/g, 'x');
      expect(
        known.some((one) => one.test(sample)),
        sample,
      ).toBe(true);
    }
  });

  it('push calls that are the same for the same number, and others for another', () => {
    const plan: CallsPlan = { run: 'r', callers: ['1', '2', '3'], called: ['8', '9'], startMs: Date.UTC(2026, 9, 15) };
    const calls = Array.from({ length: 1000 }, (_, no) => pushedCall(plan, no));
    expect(pushedCall(plan, 7)).toBe(calls[7]);
    expect(new Set(calls).size).toBe(1000);
    const data = calls.map((call) => (JSON.parse(call) as { data: { from: string; durationMs: number } }).data);
    for (const caller of plan.callers) {
      const share = data.filter(({ from }) => from === caller).length;
      expect(share).toBeGreaterThan(250);
    }
    expect(data.every(({ durationMs }) => durationMs >= 10_000 && durationMs < 310_000)).toBe(true);
    expect(pushedCall({ ...plan, run: 's' }, 7)).not.toBe(calls[7]);
  });

  it('have been run: their summaries are kept, with the command and all thresholds', () => {
    for (const name of names) {
      const kept = JSON.parse(read(`load-tests/k6/${name}.json`).text) as {
        machine: Record<string, unknown>;
        metrics: Record<string, { thresholds?: Record<string, { ok: boolean }> }>;
      };
      expect(kept.machine.command).toContain('load-tests/k6.ts');
      expect(Object.keys(kept.metrics.http_req_duration.thresholds!)).toHaveLength(1);
      expect(kept.metrics.checks.thresholds).toEqual({ 'rate>0.999': { ok: true } });
    }
  });
});

const built = builtProgram();
const program = process.env.K6 ?? (existsSync(built) ? built : 'k6');
const missing = spawnSync(program, ['version'], { stdio: 'ignore' }).status !== 0;
if (missing) process.stderr.write('SKIPPED: no k6 (load-tests/k6.ts builds it); scenarios are not read by it\n');

/** Where load-tests/k6.ts puts it. */
function builtProgram(): string {
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'tollgrid');
  const version = /K6_VERSION = '([^']+)'/.exec(read('load-tests/k6.ts').text)![1];
  return path.join(cache, `k6-${version}`, 'k6');
}

describe.skipIf(missing)('scenarios (needs k6)', () => {
  it.each(names)('%s is understood by k6, with its TypeScript as it is', (name) => {
    const file = path.join(FOLDER, `${name}.ts`);
    const result = spawnSync(program, ['inspect', file], { encoding: 'utf8', env: { ...process.env, RATE: '3' } });
    expect(result.status, result.stderr).toBe(0);
    const { scenarios, thresholds } = JSON.parse(result.stdout) as {
      scenarios: Record<string, { executor: string; rate: number; exec: string }>;
      thresholds: Record<string, string[]>;
    };
    expect(scenarios[name!]).toMatchObject({ executor: 'constant-arrival-rate', exec: name });
    expect(Object.keys(thresholds).sort()).toEqual([
      'checks',
      'dropped_iterations',
      'http_req_duration',
      'http_req_failed',
    ]);
  });
});
