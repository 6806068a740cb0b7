/** 6,000 calls; a million of them in test-long/rerate. */
import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  approve,
  correctTariffs,
  load,
  makeMarket,
  MONTHS,
  owed,
  reached,
  rowsOf,
  type Market,
} from './rerate-scale.ts';
import type { System } from './system.ts';

const CALLS = 6_000;
const WAIT_MS = 240_000;

let market: Market;
let system: System | undefined;

beforeAll(async () => {
  market = await makeMarket(CALLS, 200, { sliceBytesMax: 160 * 1024, writeRowsMax: 3_000 });
});
afterAll(async () => {
  await system?.remove();
  fs.rmSync(market.folder, { recursive: true, force: true });
});

it(
  're-rated usage costs what it costs when it is rated from scratch, whatever is killed meanwhile',
  async () => {
    system = await load(market.right, market.calls, WAIT_MS);
    const right = await owed(system);
    expect(right.rows).toBeGreaterThan(CALLS * 0.9);
    expect(right.lines.size).toBeGreaterThan(150);
    await system.remove();

    system = await load(market.wrong, market.calls, WAIT_MS);
    const before = await rowsOf(system);
    const wrong = await owed(system);
    expect(wrong).not.toEqual(right);
    await correctTariffs(system, market);

    const { entry } = await system.services.rerate({ ...MONTHS, by: 'test' });
    const phase = async (): Promise<string> => {
      const { progress, state } = (await system!.services.rerateOf(entry))!;
      return state === 'posted' ? 'done' : (progress?.phase ?? '');
    };
    for (const [phases, ...roles] of [
      [['pricing', 'done'], 'rater'],
      [['settling', 'done'], 'engine'],
      [['posting', 'done'], 'rater', 'engine'],
    ] as const) {
      while (!(phases as readonly string[]).includes(await phase().catch(() => '')))
        await new Promise((resolve) => setTimeout(resolve, 1));
      const before = restarts(system);
      system.kill(...roles);
      await until(() => restarts(system!) > before && system!.services.status().children.every(({ up }) => up));
    }
    await reached(system, entry, WAIT_MS);
    expect(await owed(system)).toEqual(right);
    expect((await system.audit()).closes).toBe(true);
    expect((await system.services.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);

    // History is kept: what was there is there, and each correction beside it.
    const after = await rowsOf(system);
    expect(Number(after[0]!.split(' ')[1])).toBeGreaterThan(Number(before[0]!.split(' ')[1]) + CALLS * 0.5);
    expect(await approve(system, WAIT_MS)).toMatchObject({ state: 'nothing', reversed: 0, posted: 0 });
    expect(await rowsOf(system)).toEqual(after);

    await system.services.rebuild({ threads: 2 });
    expect(await rowsOf(system)).toEqual(after);
    await reached(system, (await system.services.undoRerate({ rerate: entry, by: 'test' })).entry, WAIT_MS);
    expect(await owed(system)).toEqual(wrong);
    expect((await system.audit()).closes).toBe(true);
  },
  3 * WAIT_MS,
);

/** A dead child is noticed a little after it was killed. */
const restarts = ({ services }: System): number =>
  services.status().children.reduce((sum, one) => sum + one.restarts, 0);

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 20));
}
