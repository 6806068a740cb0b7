/** A short, seeded slice of the crash laboratory; `npm run crash -- --minutes N` is the long one. */
import { describe, expect, it } from 'vitest';
import { DAMAGES, DamageLaboratory } from '../../test/crash/lab/damage.ts';
import { freezeHere, whyNoFreeze } from '../../test/crash/lab/freeze.ts';
import { killCampaign } from '../../test/crash/lab/kills.ts';
import { PointLaboratory, WHERE } from '../../test/crash/lab/points.ts';
import { powerCampaign, whyNoPowerCuts } from '../../test/crash/lab/power.ts';
import { Random } from '../../test/crash/random.ts';

/** Another one with `CRASH_SEED=4711 npx vitest run test/crash/laboratory.test.ts`. */
const SEED = Number(process.env['CRASH_SEED'] ?? 1);
const KILLS = 5;
const CUTS = 2;
const LAB_MS = 240_000;

/** Told loudly: a laboratory that was left out proves nothing. */
function skipUnless(context: { skip: (note?: string) => void }, reason: string | null): void {
  if (reason === null) return;
  process.stderr.write(`NOT TESTED HERE: ${reason}\n`);
  context.skip(reason);
}

describe(`the crash laboratory, seed ${SEED}`, () => {
  it(
    'kills processes under mixed load: nothing is lost, nothing doubled, the export is that of a calm run',
    async () => {
      const { wrong, records } = await killCampaign(SEED, KILLS);
      expect(wrong).toEqual([]);
      expect(records).toBeGreaterThan(50);
    },
    LAB_MS,
  );

  it(
    'cuts the power under log, spool, registry and ledger: what was acknowledged is there once',
    async (context) => {
      skipUnless(context, whyNoPowerCuts());
      expect((await powerCampaign(SEED, CUTS)).wrong).toEqual([]);
    },
    LAB_MS,
  );

  it(
    'ends a process at single operations on its files, and fails a sync: the next start makes it good',
    async () => {
      const random = new Random(SEED);
      const laboratory = await PointLaboratory.open(SEED);
      const where = [random.pick(WHERE)];
      const points = await laboratory.points(where);
      const syncs = await laboratory.failingSyncs([['front', 'own']]);
      expect(points.length).toBeGreaterThan(15);
      const chosen = [random.pick(points), random.pick(points), random.pick(syncs)];
      for (const point of chosen) expect((await laboratory.die(point)).wrong).toEqual([]);
      laboratory.close();
    },
    LAB_MS,
  );

  it(
    'damages a file: it is computed again or told, never passed over',
    async () => {
      const laboratory = await DamageLaboratory.open(SEED);
      const random = new Random(SEED);
      for (let i = 0; i < 2; i++) expect(await laboratory.try(random.pick(DAMAGES), SEED + i)).toEqual([]);
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
