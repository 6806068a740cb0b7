/**
 * Seeded random kill -9 of front, rater and engine, one or several at once, under mixed load. After each new start of the
 * front everything is compared with the naive model; at the end with an installation that nobody disturbed.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Random } from '../random.ts';
import { exported, Load } from './load.ts';
import { Installation, pause, type Role } from './installation.ts';

export interface Tally {
  /** What went wrong, each with what it was about; empty when all held. */
  wrong: string[];
  rounds: number;
  kills: Record<Role | 'all', number>;
  records: number;
}

/** Some kills of children before one of the front: a supervisor waits longer after each death, a new front does not. */
const CHILD_KILLS_MAX = 3;

export async function killCampaign(
  seed: number,
  rounds: number,
  note: (what: string) => void = () => undefined,
): Promise<Tally> {
  const random = new Random(seed);
  const tally: Tally = { wrong: [], rounds: 0, kills: { front: 0, rater: 0, engine: 0, all: 0 }, records: 0 };
  const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-kills-'));
  const installation = new Installation({ folder });
  const load = new Load(installation, random);
  try {
    installation.prepare({ threads: 1 + random.below(2) });
    await installation.start();
    let childKills = 0;
    while (tally.rounds < rounds && tally.wrong.length === 0) {
      tally.rounds++;
      const roles = chooseRoles(random, childKills);
      note(`round ${tally.rounds}: kill -9 of ${roles.join(' and ')}`);
      const working = load.burst(2 + random.below(5));
      working.catch(() => undefined);
      if (random.chance(0.15)) void load.recycle().catch(() => undefined);
      await pause(random.below(350));
      // One that is just being started again is waited for.
      while (!(await installation.kill(roles))) await pause(20);
      tally.kills[roles.length === 3 ? 'all' : roles[0]!]++;
      await working;
      childKills = roles.includes('front') ? 0 : childKills + 1;
      if (installation.isRunning) continue;
      await installation.start();
      await load.askAgain();
      tally.wrong.push(...(await load.judge()));
    }
    if (tally.wrong.length === 0) tally.wrong.push(...(await finish(installation, load)));
  } catch (error) {
    tally.wrong.push(`seed ${seed}, round ${tally.rounds}: ${(error as Error).stack}`);
  }
  tally.records = load.model.recordCount;
  installation.killAll();
  await installation.gone();
  if (tally.wrong.length === 0) fs.rmSync(folder, { recursive: true, force: true });
  return tally;
}

function chooseRoles(random: Random, childKills: number): Role[] {
  if (childKills >= CHILD_KILLS_MAX || random.chance(0.2)) {
    return random.chance(0.5) ? ['front'] : ['front', 'rater', 'engine'];
  }
  return random.pick<Role[]>([['rater'], ['engine'], ['engine', 'rater']]);
}

/** An orderly end and start, a ledger computed again, and the same usage on an installation that nobody disturbed. */
async function finish(installation: Installation, load: Load): Promise<string[]> {
  const wrong: string[] = [];
  await load.askAgain();
  await load.recycle();
  await load.askAgain();
  wrong.push(...(await load.judge()));
  const checks = await installation.api.post<{ checks: { name: string; ok: boolean; detail: string }[] }>(
    '/v1/admin/verify',
    {},
  );
  for (const { name, ok, detail } of checks.checks) if (!ok) wrong.push(`${name}: ${detail}`);
  const before = await exported(installation);
  if ((await installation.stop()) !== 0) wrong.push('an orderly stop did not end with 0');
  await installation.start();
  wrong.push(...(await load.judge()));
  if ((await exported(installation)) !== before) wrong.push('the export differs after an orderly restart');
  await installation.api.post('/v1/admin/rebuild', {});
  if ((await exported(installation)) !== before) wrong.push('the export differs after a rebuild');
  await installation.stop();
  if ((await undisturbed(load)) !== before) wrong.push('the export differs from that of an undisturbed run');
  return wrong;
}

/** Export of an installation that was given each record once, in one push, its customers first. */
async function undisturbed(load: Load): Promise<string> {
  const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-calm-'));
  const calm = new Installation({ folder });
  try {
    calm.prepare();
    await calm.start();
    await load.registerAt(calm);
    await load.sendAllAgain(calm);
    return await exported(calm);
  } finally {
    await calm.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** In memory where there is such a folder: kills do not need a disk, and syncs cost nothing there. */
export function temporary(): string {
  return fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
}
