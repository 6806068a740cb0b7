/** What the crash laboratory can try, by name, and what came of it. */
import { DAMAGES, DamageLaboratory } from '../../test/crash/lab/damage.ts';
import { freezeElsewhere, freezeHere, whyNoFreeze } from '../../test/crash/lab/freeze.ts';
import { fullCampaign } from '../../test/crash/lab/full.ts';
import { killCampaign } from '../../test/crash/lab/kills.ts';
import { describePoint, OWN, PointLaboratory, REGISTRY, type Point } from '../../test/crash/lab/points.ts';
import { powerCampaign, whyNoPowerCuts } from '../../test/crash/lab/power.ts';
import { Random } from '../../test/crash/random.ts';
import { live } from '../../test/crash/sim/life.ts';
import { PLANTED_BUGS } from '../../test/crash/sim/planted-bugs.ts';
import { noTotals } from './crash-totals.ts';

export const TRIALS = [
  ...(['simulation', 'bugs', 'kills', 'power', 'points', 'registry', 'syncs'] as const),
  ...(['damage', 'freeze', 'full'] as const),
] as const;
export type TrialName = (typeof TRIALS)[number];

export interface TrialOptions {
  /** How many kills, cuts or points; 0: as many as usual. */
  size: number;
  /** Nothing else is done: points are all tried. */
  isAlone: boolean;
}

const LIVES = 30;
const KILLS = 25;
const CUTS = 10;
const POINTS = 8;
const FULL_TIMES = 3;
const BUG_SEEDS_MAX = 1000;

type PointKind = 'points' | 'registry' | 'syncs';

export class Trials {
  readonly totals = noTotals();
  readonly say: (text: string) => void;
  private laboratory: PointLaboratory | null = null;
  private readonly known = new Map<PointKind, Promise<Point[]>>();
  /** Points that are not tried yet, when every one shall be. */
  private readonly left = new Map<PointKind, Point[]>();
  private readonly missing = new Set<string>();
  private skipped = 0;

  constructor(say: (text: string) => void) {
    this.say = say;
  }

  /** Each point once, so many at a time; counted when first asked for. The first `skipped` were tried by another run. */
  *every(skipped: number): Generator<[TrialName, number]> {
    this.skipped = skipped;
    for (const kind of ['points', 'syncs', 'registry'] as const) {
      do yield [kind, -POINTS];
      while (this.left.get(kind)?.length !== 0);
    }
  }

  async run(name: TrialName, seed: number, options: TrialOptions): Promise<void> {
    const wrong = await this.trial(name, seed, options).catch((error: Error) => [error.stack ?? String(error)]);
    for (const problem of wrong) {
      this.totals.wrong++;
      this.say(`WRONG: ${problem}\n           again: npm run crash -- --only ${name} --seed ${seed} --minutes 0`);
    }
  }

  close(): void {
    this.laboratory?.close();
  }

  private async trial(name: TrialName, seed: number, { size, isAlone }: TrialOptions): Promise<string[]> {
    switch (name) {
      case 'simulation':
        return this.simulation(seed);
      case 'bugs':
        return this.bugs(seed);
      case 'kills':
        return this.kills(seed, size || KILLS);
      case 'power':
        return this.isMissing('power', await whyNoPowerCuts()) ? [] : this.power(seed, size || CUTS);
      case 'points':
      case 'registry':
      case 'syncs':
        return this.points(name, seed, isAlone ? Infinity : size || POINTS);
      case 'damage':
        return this.damage(seed);
      case 'freeze':
        return this.isMissing('freeze', whyNoFreeze()) ? [] : this.freeze(seed);
      case 'full':
        return this.isMissing('full', await whyNoPowerCuts()) ? [] : this.full(seed);
    }
  }

  private async simulation(seed: number): Promise<string[]> {
    const wrong: string[] = [];
    for (let i = 0; i < LIVES; i++)
      wrong.push(...(await live(seed + i)).wrong.map((what) => `life ${seed + i}: ${what}`));
    this.totals.lives += LIVES;
    this.say(`${LIVES} simulated lives from seed ${seed}`);
    return wrong;
  }

  private async bugs(seed: number): Promise<string[]> {
    const wrong: string[] = [];
    for (const [name, plant] of Object.entries(PLANTED_BUGS)) {
      let tried = 0;
      while (tried < BUG_SEEDS_MAX && (await live(seed + tried, plant)).wrong.length === 0) tried++;
      if (tried === BUG_SEEDS_MAX) wrong.push(`a planted bug was not caught: ${name}`);
      else this.totals.bugs++;
      this.say(`caught by seed ${seed + tried}: ${name}`);
    }
    return wrong;
  }

  private async kills(seed: number, count: number): Promise<string[]> {
    const { wrong, kills, by, records, comparisons } = await killCampaign(seed, count);
    this.totals.kills += kills;
    this.totals.changes += by['engine at a change'] ?? 0;
    this.totals.records += records;
    this.say(`${kills} kills from seed ${seed}: ${JSON.stringify(by)}, ${records} records, ${comparisons} comparisons`);
    return wrong;
  }

  private async power(seed: number, count: number): Promise<string[]> {
    const { wrong, cuts, pending, lost, records, comparisons } = await powerCampaign(seed, count);
    this.totals.cuts += cuts;
    this.totals.writesLost += lost;
    this.totals.records += records;
    this.say(
      `${cuts} power cuts from seed ${seed}: ${lost} of ${pending} cached writes lost, ${records} records, ${comparisons} comparisons`,
    );
    return wrong;
  }

  /** So many at random; a negative number: so many of those not tried yet. */
  private async points(kind: PointKind, seed: number, count: number): Promise<string[]> {
    const all = await this.pointsOf(kind, seed);
    let chosen = count < all.length ? [] : all;
    if (count < 0) {
      const left = this.left.get(kind) ?? all.slice(this.skip(all.length));
      chosen = left.splice(0, -count);
      this.left.set(kind, left);
    } else if (chosen.length === 0) {
      const random = new Random(seed);
      chosen = Array.from({ length: count }, () => random.pick(all));
    }
    const wrong: string[] = [];
    for (const point of chosen) {
      const result = await this.laboratory!.die(point);
      if (result.reached) this.totals[kind === 'syncs' ? 'syncs' : 'points']++;
      wrong.push(...result.wrong);
      this.say(`${describePoint(point)}${result.reached ? '' : ' (this life did not come to it)'}`);
    }
    return wrong;
  }

  /** Counted once; what is not a first trial takes the points of the first one's life. */
  private pointsOf(kind: PointKind, seed: number): Promise<Point[]> {
    const laboratory = (this.laboratory ??= new PointLaboratory(seed));
    let points = this.known.get(kind);
    if (points === undefined) {
      if (kind === 'syncs') points = laboratory.failingSyncs();
      else points = laboratory.points(kind === 'points' ? OWN : REGISTRY);
      this.known.set(kind, points);
      void points
        .then((all) => this.say(`${kind}: ${all.length} in all, in lives of seed ${seed}`))
        .catch(() => undefined);
    }
    return points;
  }

  private skip(countMax: number): number {
    const count = Math.min(this.skipped, countMax);
    this.skipped -= count;
    if (count > 0) this.say(`the first ${count} of ${countMax} are left out`);
    return count;
  }

  private async damage(seed: number): Promise<string[]> {
    const laboratory = await DamageLaboratory.open(seed);
    const wrong: string[] = [];
    for (const damage of DAMAGES) {
      wrong.push(...(await laboratory.try(damage, seed)));
      this.totals.damages++;
      this.say(`damaged: ${damage.name}`);
    }
    laboratory.close();
    return wrong;
  }

  private async freeze(seed: number): Promise<string[]> {
    const wrong = [...(await freezeHere(seed)), ...(await freezeElsewhere(seed))];
    this.totals.freezes += 2;
    this.say(`frozen and woken twice, seed ${seed}`);
    return wrong;
  }

  private async full(seed: number): Promise<string[]> {
    const wrong = await fullCampaign(seed, FULL_TIMES);
    this.totals.full += FULL_TIMES;
    this.say(`${FULL_TIMES} times without room, seed ${seed}`);
    return wrong;
  }

  /** True when it cannot be done here; says so once. */
  private isMissing(name: string, reason: string | null): boolean {
    if (reason === null) return false;
    if (!this.missing.has(name)) this.say(`NOT DONE: ${name}: ${reason}`);
    this.missing.add(name);
    return true;
  }
}
