/** A million calls with wrong prices, re-rated: the same net amounts as rated from scratch, in bounded memory. */
import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  approve,
  correctTariffs,
  load,
  makeMarket,
  owed,
  rowsOf,
  type Market,
} from '../../test/server/front/rerate-scale.ts';
import type { System } from '../../test/server/front/system.ts';

const CALLS = Number(process.env['TOLLGRID_RERATE_RECORDS'] ?? 1_000_000);
const WAIT_MS = 2 * 3_600_000;
const SECOND_TICKS = 100;

let market: Market;
let system: System | undefined;

beforeAll(async () => {
  market = await makeMarket(CALLS, Math.ceil(CALLS / 50), { sliceBytesMax: 16 * 1024 * 1024, writeRowsMax: 300_000 });
}, WAIT_MS);
afterAll(async () => {
  await system?.remove();
  fs.rmSync(market.folder, { recursive: true, force: true });
});

it(
  `${CALLS.toLocaleString('en')} re-rated records cost what they cost when they are rated from scratch`,
  async () => {
    system = await load(market.right, market.calls, WAIT_MS);
    const right = await owed(system);
    await system.remove();
    system = await load(market.wrong, market.calls, WAIT_MS);
    const wrong = await owed(system);
    expect(wrong.usage).not.toBe(right.usage);
    await correctTariffs(system, market);
    await system.processed();

    const before = seconds(system);
    const startedMs = performance.now();
    const done = await approve(system, WAIT_MS);
    const wallSeconds = (performance.now() - startedMs) / 1000;
    const after = seconds(system);
    const { figures } = done;
    const used = Object.fromEntries(
      Object.keys(after).map((role) => [role, (after[role]! - before[role]!).toFixed(1)]),
    );
    process.stdout.write(
      `re-rated ${figures!.priced}, changed ${figures!.changed}, rows ${figures!.rows}, settlement lines ${figures!.settlementLines}: ` +
        `${wallSeconds.toFixed(1)} s of wall time, processor seconds ${JSON.stringify(used)}, ` +
        `peak memory MiB ${JSON.stringify(peaks(system))}\n`,
    );
    expect(done.state).toBe('posted');
    expect(await owed(system)).toEqual(right);
    expect((await system.audit()).closes).toBe(true);
    const rows = await rowsOf(system);
    expect(await approve(system, WAIT_MS)).toMatchObject({ state: 'nothing', posted: 0 });
    expect(await rowsOf(system)).toEqual(rows);
  },
  2 * WAIT_MS,
);

/** Processor time of each child so far. */
function seconds(of: System): Record<string, number> {
  return Object.fromEntries(
    of.services.status().children.map(({ role, pid }) => {
      const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return [role, (Number(fields[11]) + Number(fields[12])) / SECOND_TICKS];
    }),
  );
}

function peaks(of: System): Record<string, number> {
  return Object.fromEntries(
    of.services.status().children.map(({ role, pid }) => {
      const found = /VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
      return [role, Math.round(Number(found?.[1] ?? 0) / 1024)];
    }),
  );
}
