/**
 * `npm run crash -- --minutes N`: the crash laboratory for as long as wanted. Each thing it does prints its seed, and can
 * be done again with `--only NAME --seed S`. Totals are appended to docs/tested.md.
 *
 *   --minutes N   how long (5)
 *   --seed S      first seed (from the clock)
 *   --only NAME   simulation, bugs, kills, power, points, syncs, damage or freeze
 *   --kills N, --cuts N   go on until so many kills and power cuts are done, however long it takes
 *   --no-totals   do not touch docs/tested.md
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DAMAGES, DamageLaboratory } from '../test/crash/lab/damage.ts';
import { freezeElsewhere, freezeHere, whyNoFreeze } from '../test/crash/lab/freeze.ts';
import { killCampaign } from '../test/crash/lab/kills.ts';
import { describePoint, PointLaboratory, type Point } from '../test/crash/lab/points.ts';
import { powerCampaign, whyNoPowerCuts } from '../test/crash/lab/power.ts';
import { Random } from '../test/crash/random.ts';
import { live } from '../test/crash/sim/life.ts';
import { PLANTED_BUGS } from '../test/crash/sim/planted-bugs.ts';
import { projectRoot } from '../platform/paths.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string' },
    only: { type: 'string' },
    kills: { type: 'string', default: '0' },
    cuts: { type: 'string', default: '0' },
    'no-totals': { type: 'boolean', default: false },
  },
});

const PAGE = path.join(projectRoot, 'docs', 'tested.md');
const LIVES = 30;
const ROUNDS = 25;
const CUTS = 10;
const POINTS = 8;
const BUG_SEEDS_MAX = 1000;

const startedMs = performance.now();
const endMs = startedMs + Number(values.minutes) * 60_000;
const firstSeed = Number(values.seed ?? Date.now() % 1_000_000_000);
const totals = { lives: 0, bugs: 0, kills: 0, cuts: 0, points: 0, syncs: 0, damages: 0, freezes: 0, records: 0 };
const wrong: string[] = [];

function say(what: string): void {
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(8)} s  ${what}`);
}

/** Notes what went wrong, with what does it again. */
function found(name: string, seed: number, problems: readonly string[]): void {
  for (const problem of problems) {
    wrong.push(problem);
    say(`WRONG: ${problem}\n           again: npm run crash -- --only ${name} --seed ${seed} --minutes 0`);
  }
}

const reported = new Set<string>();

/** True when it cannot be done here; says so once. */
function isMissing(name: string, reason: string | null): boolean {
  if (reason !== null && !reported.has(name)) say(`NOT DONE: ${name}: ${reason}`);
  if (reason !== null) reported.add(name);
  return reason !== null;
}

let points: { laboratory: PointLaboratory; all: Point[]; syncs: Point[] } | null = null;

async function pointsOf(seed: number): Promise<NonNullable<typeof points>> {
  if (points === null) {
    const laboratory = await PointLaboratory.open(seed);
    points = { laboratory, all: await laboratory.points(), syncs: await laboratory.failingSyncs() };
    say(`${points.all.length} points of death, ${points.syncs.length} syncs to fail`);
  }
  return points;
}

function closePoints(): void {
  points?.laboratory.close();
}

async function die(name: 'points' | 'syncs', seed: number): Promise<void> {
  const { laboratory, all, syncs } = await pointsOf(seed);
  const random = new Random(seed);
  const candidates = name === 'points' ? all : syncs;
  // Alone: every one of them. Among other things: some.
  const chosen = values.only === name ? candidates : Array.from({ length: POINTS }, () => random.pick(candidates));
  for (const point of chosen) {
    const { reached, wrong: problems } = await laboratory.die(point);
    if (reached) totals[name]++;
    found(name, seed, problems);
    say(`${describePoint(point)}${reached ? '' : ' (this life did not come to it)'}`);
  }
}

const work: Record<string, (seed: number) => Promise<void>> = {
  simulation: async (seed) => {
    for (let i = 0; i < LIVES; i++) {
      const life = await live(seed + i);
      totals.lives++;
      found('simulation', seed + i, life.wrong);
    }
    say(`${LIVES} simulated lives from seed ${seed}`);
  },
  bugs: async (seed) => {
    for (const [name, plant] of Object.entries(PLANTED_BUGS)) {
      let tried = 0;
      while (tried < BUG_SEEDS_MAX && (await live(seed + tried, plant)).wrong.length === 0) tried++;
      if (tried === BUG_SEEDS_MAX) found('bugs', seed, [`a planted bug was not caught: ${name}`]);
      else totals.bugs++;
      say(`caught by seed ${seed + tried}: ${name}`);
    }
  },
  kills: async (seed) => {
    const { wrong: problems, kills, records, rounds } = await killCampaign(seed, ROUNDS);
    totals.kills += rounds;
    totals.records += records;
    found('kills', seed, problems);
    say(`${rounds} kills from seed ${seed}: ${JSON.stringify(kills)}, ${records} records`);
  },
  power: async (seed) => {
    if (isMissing('power', whyNoPowerCuts())) return;
    const { wrong: problems, cuts, records } = await powerCampaign(seed, CUTS);
    totals.cuts += cuts;
    totals.records += records;
    found('power', seed, problems);
    say(`${cuts} power cuts from seed ${seed}, ${records} records`);
  },
  points: (seed) => die('points', seed),
  syncs: (seed) => die('syncs', seed),
  damage: async (seed) => {
    const laboratory = await DamageLaboratory.open(seed);
    for (const damage of DAMAGES) {
      found('damage', seed, await laboratory.try(damage, seed));
      totals.damages++;
      say(`damaged: ${damage.name}`);
    }
    laboratory.close();
  },
  freeze: async (seed) => {
    if (isMissing('freeze', whyNoFreeze())) return;
    found('freeze', seed, [...(await freezeHere(seed)), ...(await freezeElsewhere(seed))]);
    totals.freezes += 2;
    say(`frozen and woken twice, seed ${seed}`);
  },
};

/** What comes how often: mostly kills and cuts, now and then the rest. */
const PLAN = 'simulation kills power kills points kills power syncs kills damage kills power freeze kills'.split(' ');

function isDone(): boolean {
  const reached = totals.kills >= Number(values.kills) && totals.cuts >= Number(values.cuts);
  return reached && performance.now() >= endMs;
}

function nextTask(turn: number): string {
  if (values.only !== undefined) return values.only;
  const late = performance.now() >= endMs;
  // Only what is still missing, once the time is over.
  if (late && turn > 0) return totals.kills < Number(values.kills) ? 'kills' : 'power';
  return PLAN[turn % PLAN.length];
}

function row(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: projectRoot, encoding: 'utf8' }).trim();
  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
  const date = new Date().toISOString().slice(0, 10);
  const { lives, bugs, kills, cuts, points: deaths, syncs, damages, freezes, records } = totals;
  const cells = [
    date,
    commit,
    `${os.cpus().length} cores`,
    firstSeed,
    minutes,
    lives,
    bugs,
    kills,
    cuts,
    deaths,
    syncs,
  ];
  return `| ${[...cells, damages, freezes, records, wrong.length].join(' | ')} |\n`;
}

for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => process.exit(130));
if (values.only !== undefined && work[values.only] === undefined)
  throw new Error(`--only ${Object.keys(work).join(', ')}`);
say(`first seed ${firstSeed}`);
for (let turn = 0; turn === 0 || !isDone(); turn++) {
  await work[nextTask(turn)](firstSeed + turn * 1000);
  if (wrong.length > 20) break;
}
closePoints();
if (!values['no-totals']) fs.appendFileSync(PAGE, row());
say(`${JSON.stringify(totals)}, wrong: ${wrong.length}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
