/**
 * `npm run crash`: the crash laboratory for as long as wanted. Each trial prints its seed, and can be done again with
 * `--only NAME --seed S`. A line of totals is added to docs/tested.md, also when it is interrupted.
 *
 *   --minutes N   how long (5, or 0 when something is to be reached)
 *   --kills N, --cuts N   until so many kills and power cuts are done, however long it takes
 *   --all         every point of death and every failing sync once, all damages, bugs, freezes and full disks
 *   --resume      what runs of this commit have done already counts
 *   --skip N      of the points (own files, then syncs, then registry) the first N were tried by a run before
 *   --seed S      first seed (from the clock)
 *   --only NAME   simulation, bugs, kills, power, points, registry, syncs, damage, freeze or full
 *   --jobs N      trials side by side (1)
 *   --no-totals   do not touch docs/tested.md
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { appendRun, doneBefore, noTotals } from './lib/crash-totals.ts';
import { Trials, TRIALS, type TrialName } from './lib/crash-trials.ts';
import { projectRoot } from '../platform/paths.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    kills: { type: 'string', default: '0' },
    cuts: { type: 'string', default: '0' },
    all: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    skip: { type: 'string', default: '0' },
    seed: { type: 'string' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    'no-totals': { type: 'boolean', default: false },
  },
});

const KILLS_PER_TRIAL = 100;
const CUTS_PER_TRIAL = 50;
const WRONG_MAX = 20;
/** What comes how often while there is time: mostly kills and cuts, now and then the rest. */
const ROUND: readonly TrialName[] =
  'simulation kills power kills points kills power syncs kills damage kills power freeze kills registry full'.split(
    ' ',
  ) as TrialName[];

const goals = { kills: Number(values.kills), cuts: Number(values.cuts) };
const hasGoal = goals.kills > 0 || goals.cuts > 0 || values.all;
const minutes = Number(values.minutes ?? (hasGoal ? 0 : 5));
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const startedMs = performance.now();
const endMs = startedMs + minutes * 60_000;
const only = values.only as TrialName | undefined;
if (only !== undefined && !TRIALS.includes(only)) throw new Error(`--only ${TRIALS.join(', ')}`);

const before = values.resume ? doneBefore() : noTotals();
const trials = new Trials((text) => {
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(8)} s  ${text}`);
});

/** What is to be reached comes first, then rounds until the time is over. */
function* plan(): Generator<[TrialName, number]> {
  if (only !== undefined) {
    do yield [only, 0];
    while (performance.now() < endMs);
    return;
  }
  let kills = Math.max(0, goals.kills - before.kills);
  let cuts = Math.max(0, goals.cuts - before.cuts);
  while (kills > 0 || cuts > 0) {
    const [killsNow, cutsNow] = [Math.min(kills, KILLS_PER_TRIAL), Math.min(cuts, CUTS_PER_TRIAL)];
    if (killsNow > 0) yield ['kills', killsNow];
    if (cutsNow > 0) yield ['power', cutsNow];
    kills -= killsNow;
    cuts -= cutsNow;
  }
  if (values.all) {
    yield* trials.every(Number(values.skip));
    for (const name of ['simulation', 'bugs', 'damage', 'freeze', 'full'] as const) yield [name, 0];
  }
  for (let turn = 0; performance.now() < endMs; turn++) yield [ROUND[turn % ROUND.length], 0];
}

function appendTotals(): void {
  if (values['no-totals']) return;
  const command = ['npm run crash', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
  appendRun({ seed, minutes: (performance.now() - startedMs) / 60_000, command, totals: trials.totals });
}

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    appendTotals();
    process.exit(130);
  });
}

// Installations start from what is built: in half the time.
const compiler = path.join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: projectRoot, stdio: 'inherit' });
trials.say(`first seed ${seed}`);
const planned = plan();
let turn = 0;
const worker = async (): Promise<void> => {
  for (let next = planned.next(); next.done !== true; next = planned.next()) {
    const [name, size] = next.value;
    // Its own seed, so that it can be done again alone; the first has the one that was given.
    await trials.run(name, seed + 1000 * turn++, { size, isAlone: only !== undefined });
    if (trials.totals.wrong > WRONG_MAX) return;
  }
};
await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, worker));
trials.close();
appendTotals();
trials.say(JSON.stringify(trials.totals));
process.exitCode = trials.totals.wrong === 0 ? 0 : 1;
