/**
 * A short, seeded slice of the crash laboratory, with real processes; `npm run crash` is the long one. Another one with
 * `CRASH_SEED=4711 npx vitest run test/crash/laboratory.test.ts`.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { DAMAGES, DamageLaboratory } from './lab/damage.ts';
import { freezeHere, whyNoFreeze } from './lab/freeze.ts';
import { killCampaign } from './lab/kills.ts';
import { describePoint, PointLaboratory, type Where } from './lab/points.ts';
import { powerCampaign, whyNoPowerCuts } from './lab/power.ts';
import { Random } from './random.ts';

const SEED = Number(process.env['CRASH_SEED'] ?? 1);
const KILLS = 4;
const CUTS = 1;
/** For a machine that does a dozen other things. */
const LAB_MS = 600_000;

/** Told loudly: a laboratory that was left out proves nothing. */
function skipUnless(context: { skip: (note?: string) => void }, reason: string | null): void {
  if (reason === null) return;
  process.stderr.write(`NOT TESTED HERE: ${reason}\n`);
  context.skip(reason);
}

describe(`the crash laboratory, seed ${SEED}`, () => {
  const points = new PointLaboratory(SEED);
  afterAll(() => points.close());

  it(
    'kills processes under mixed load: nothing is lost, nothing doubled, the export is that of a calm run',
    async () => {
      const { wrong, kills, records } = await killCampaign(SEED, KILLS);
      expect(wrong).toEqual([]);
      expect(kills).toBe(KILLS);
      expect(records).toBeGreaterThan(20);
    },
    LAB_MS,
  );

  it(
    'cuts the power under log, spool, registry and ledger: what was acknowledged is there once',
    async (context) => {
      skipUnless(context, await whyNoPowerCuts());
      const { wrong, cuts } = await powerCampaign(SEED, CUTS);
      expect(wrong).toEqual([]);
      expect(cuts).toBe(CUTS);
    },
    LAB_MS,
  );

  it(
    'ends a process at single operations on its files, and fails a sync: the next start makes it good',
    async () => {
      const random = new Random(SEED);
      const front: Where = ['an end', 'front', 'own'];
      const rater: Where = ['an end', 'rater', 'own'];
      const deaths = await points.points([front, rater]);
      expect(deaths.length).toBeGreaterThan(80);
      const fronts = deaths.filter(({ role }) => role === 'front');
      const raters = deaths.filter(({ role }) => role === 'rater');
      const syncs = await points.failingSyncs([front]);
      for (const point of [random.pick(fronts), random.pick(raters), random.pick(syncs)]) {
        process.stderr.write(`seed ${SEED}: ${describePoint(point)}\n`);
        expect((await points.die(point)).wrong).toEqual([]);
      }
    },
    LAB_MS,
  );

  it(
    'damages a file: it is computed again or told, never passed over',
    async () => {
      const laboratory = await DamageLaboratory.open(SEED);
      expect(await laboratory.try(new Random(SEED).pick(DAMAGES), SEED)).toEqual([]);
      laboratory.close();
    },
    LAB_MS,
  );

  it(
    // One that is replaced after half a minute of silence: npm run crash -- --only freeze, and test/platform/log/fencing.test.ts.
    'freezes an owner: beside it nobody starts, and it goes on when it wakes',
    async (context) => {
      skipUnless(context, whyNoFreeze());
      expect(await freezeHere(SEED)).toEqual([]);
    },
    LAB_MS,
  );
});
