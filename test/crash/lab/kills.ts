/**
 * Seeded random kill -9 of front, rater and engine, one or several at once, under mixed load. One installation goes on
 * through all of it: after a kill it is held against the naive model in place, and often the next kill comes while it
 * still recovers. Beside it stands one that nobody disturbs and that is given the same usage: now and then, and at the end,
 * the canonical exports have to be the same.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Random } from '../random.ts';
import { Calm } from './calm.ts';
import { dieAtChange, whyNoEngineDeath, type Tracer } from './engine-death.ts';
import { exported, Load } from './load.ts';
import { ALL, Installation, pause, type Role } from './installation.ts';

export interface Tally {
  /** What went wrong, each with what it was about; empty when all held. */
  wrong: string[];
  kills: number;
  /** By the processes that died together, as `engine+rater`. */
  by: Record<string, number>;
  records: number;
  comparisons: number;
}

/** Some kills of children before one of the front: a supervisor waits longer after each death, a new front does not. */
const CHILD_KILLS_MAX = 3;
const COMPARE_EVERY = 25;
/** Shares of a hundred. */
const CHOICES: readonly (readonly [number, readonly Role[]])[] = [
  [30, ['rater']],
  [25, ['engine']],
  [18, ['engine', 'rater']],
  [12, ['front']],
  [5, ['front', 'engine']],
  [10, ALL],
];
/** A thread of the engine changes files about so often while some writes go in. */
const ENGINE_CHANGES = 20;
const ENGINE_DEATH_MS = 1_500;
const FRONT_CHOICES = CHOICES.filter(([, roles]) => roles.includes('front'));

export async function killCampaign(
  seed: number,
  kills: number,
  note: (what: string) => void = () => undefined,
): Promise<Tally> {
  const random = new Random(seed);
  const tally: Tally = { wrong: [], kills: 0, by: {}, records: 0, comparisons: 0 };
  const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-kills-'));
  const installation = new Installation({ folder });
  const load = new Load(installation, random);
  const calm = new Calm(load);
  const canTrace = whyNoEngineDeath() === null;
  let childKills = 0;
  try {
    installation.prepare({ threads: 1 + random.below(2) });
    await Promise.all([installation.start(), calm.start()]);
    while (tally.kills < kills && tally.wrong.length === 0) {
      const roles = choose(random, childKills >= CHILD_KILLS_MAX ? FRONT_CHOICES : CHOICES);
      childKills = roles.includes('front') ? 0 : childKills + 1;
      const tracer = canTrace && isEngineAlone(roles) && random.chance(0.5) ? await trace(installation, random) : null;
      const working = Promise.all([load.burst(2 + random.below(4)), random.chance(0.15) ? load.recycle() : null]);
      working.catch(() => undefined);
      await pause(random.below(350));
      const traced = (await tracer?.died(ENGINE_DEATH_MS)) ?? false;
      tracer?.stop();
      // One that is just being started again is waited for.
      while (!traced && !(await installation.kill(roles))) await pause(20);
      const name = traced ? 'engine at a change' : roles.join('+');
      tally.by[name] = (tally.by[name] ?? 0) + 1;
      tally.kills++;
      note(`kill ${tally.kills} of ${name}`);
      await working;
      if (!installation.isRunning) await installation.start();
      // The next one comes while this one is not made good yet.
      if (random.chance(0.2)) continue;
      await load.askAgain();
      tally.wrong.push(...(await load.judge()));
      if (tally.wrong.length === 0 && tally.kills % COMPARE_EVERY === 0) {
        tally.wrong.push(...(await compare(installation, load, calm)));
        tally.comparisons++;
      }
    }
    if (tally.wrong.length === 0) tally.wrong.push(...(await finish(installation, load, calm)));
    tally.comparisons++;
  } catch (error) {
    tally.wrong.push((error as Error).stack ?? String(error));
  }
  tally.wrong = tally.wrong.map((what) => `seed ${seed}, kill ${tally.kills}: ${what}`);
  tally.records = load.model.recordCount;
  installation.killAll();
  await installation.gone();
  await calm.remove();
  if (tally.wrong.length === 0) fs.rmSync(folder, { recursive: true, force: true });
  else tally.wrong.push(`left for a look: ${folder}`);
  return tally;
}

function isEngineAlone(roles: readonly Role[]): boolean {
  return roles.length === 1 && roles[0] === 'engine';
}

/** Null while it is just being started again. */
async function trace(installation: Installation, random: Random): Promise<Tracer | null> {
  const at = 1 + random.below(ENGINE_CHANGES);
  const pid = (await installation.childPids()).get('engine');
  return pid === undefined ? null : dieAtChange(pid, at);
}

function choose(random: Random, choices: typeof CHOICES): readonly Role[] {
  let left = random.below(choices.reduce((sum, [share]) => sum + share, 0));
  return choices.find(([share]) => (left -= share) < 0)![1];
}

/** Nothing in suspense, the model, everything stored, and the export of the one that was not disturbed. */
export async function compare(installation: Installation, load: Load, calm: Calm): Promise<string[]> {
  await load.recycle();
  await load.askAgain();
  const wrong = await load.judge();
  const { checks } = await installation.api.post<Verified>('/v1/admin/verify', {});
  for (const { name, ok, detail } of checks) if (!ok) wrong.push(`${name}: ${detail}`);
  if ((await calm.export()) !== (await exported(installation))) {
    wrong.push('the export differs from that of an undisturbed run');
  }
  return wrong;
}

/** An orderly end and start, and a ledger computed again. */
async function finish(installation: Installation, load: Load, calm: Calm): Promise<string[]> {
  await load.askAgain();
  const wrong = await compare(installation, load, calm);
  const before = await exported(installation);
  if ((await installation.stop()) !== 0) wrong.push('an orderly stop did not end with 0');
  await installation.start();
  wrong.push(...(await load.judge()));
  if ((await exported(installation)) !== before) wrong.push('the export differs after an orderly restart');
  await installation.api.post('/v1/admin/rebuild', {});
  if ((await exported(installation)) !== before) wrong.push('the export differs after a rebuild');
  return wrong;
}

interface Verified {
  checks: { name: string; ok: boolean; detail: string }[];
}

/** In memory where there is such a folder: kills do not need a disk, and syncs cost nothing there. */
export function temporary(): string {
  return fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
}
