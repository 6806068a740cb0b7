/**
 * The counters of one session in the order of its own clock (Acct-Session-Time), from which its total is worked out. A
 * packet may come at any time and more than once: the total depends on which packets are known, not on when they came, and
 * knowing one more never lowers it.
 *
 *   exact     the packet had gigawords (RFC 2869 section 5.1): its counters are whole
 *   wrapping  32 bits of them: the value is the next one above its predecessor that ends in these bits
 *
 * An exact point says everything about what stands before it, so only wrapping points behind the last exact one are kept.
 */

/** What a packet says of its session so far. */
export interface Counters {
  /** How long the session has lasted. */
  durationMs: number;
  up: number;
  down: number;
  exact: boolean;
  /** Of a Stop: behind all others of the same moment. */
  last: boolean;
}

export interface Totals {
  up: number;
  down: number;
}

/** All that is remembered; plain data. */
export interface Chain {
  /** In front of the points: an exact one, or the last of those that are too many to keep; zero at the start. */
  base: Totals & { durationMs: number; exact: boolean };
  points: Counters[];
}

export type Added =
  /** The total as it is now; it may be what it was. */
  | { verdict: 'counted'; totals: Totals }
  /** The very same counters at the same moment are known. */
  | { verdict: 'repeated' }
  /** Less than a packet before it says, or more than one behind it: whose fault it is cannot be told. */
  | { verdict: 'backwards' }
  /** From before everything that is kept, and it could reveal a wrap there. */
  | { verdict: 'tooLate' };

const WRAP = 2 ** 32;
/** Wrapping points kept: a packet that comes later than so many behind it is too late. */
const POINTS_MAX = 64;

export function newChain(): Chain {
  return { base: { durationMs: -1, up: 0, down: 0, exact: true }, points: [] };
}

export function totalsOf(chain: Chain): Totals {
  return totalsAlong(chain.base, chain.points)!;
}

/** Whether counters are less than the total: of 32 bits, than what a counter shows of it. */
export function isBelow(chain: Chain, { up, down, exact }: Counters): boolean {
  const totals = totalsOf(chain);
  return exact ? up < totals.up || down < totals.down : up < totals.up % WRAP || down < totals.down % WRAP;
}

/** Takes a packet's counters into the chain, unless its verdict says that they were not. */
export function addCounters(chain: Chain, counters: Counters): Added {
  const { base, points } = chain;
  if (points.some((point) => isSame(point, counters))) return { verdict: 'repeated' };
  if (counters.durationMs <= base.durationMs) {
    const early = beforeBase(chain, counters);
    if (early !== null) return early;
  }
  const best = bestPlace(chain, counters);
  if (best === null) return { verdict: 'backwards' };
  points.splice(best.place, 0, { ...counters });
  forgetSettled(chain);
  return { verdict: 'counted', totals: best.totals };
}

/** What the packet is when it belongs before the points that are kept; null when it belongs among them. */
function beforeBase({ base, points }: Chain, { durationMs, up, down, exact }: Counters): Added | null {
  const isAtBase = durationMs === base.durationMs && base.exact && exact;
  if (isAtBase && up === base.up && down === base.down) return { verdict: 'repeated' };
  // In the same second an exact packet may stand on either side.
  if (isAtBase && up >= base.up && down >= base.down) return null;
  if (!base.exact) {
    if (durationMs === base.durationMs && !exact && up === base.up % WRAP && down === base.down % WRAP)
      return { verdict: 'repeated' };
    return { verdict: 'tooLate' };
  }
  if (durationMs === base.durationMs && !exact) {
    if (up === base.up % WRAP && down === base.down % WRAP) return { verdict: 'repeated' };
    if (up >= base.up % WRAP && down >= base.down % WRAP) return null;
  }
  if (exact && (up > base.up || down > base.down)) return { verdict: 'backwards' };
  return { verdict: 'counted', totals: totalsAlong(base, points)! };
}

/** Among points of the same moment the order is not known: the one that gives the smallest total is taken. */
function bestPlace({ base, points }: Chain, counters: Counters): { place: number; totals: Totals } | null {
  const first = points.findIndex((point) => !isBefore(point, counters));
  let best: { place: number; totals: Totals } | null = null;
  for (let place = first < 0 ? points.length : first; place <= points.length; place++) {
    const totals = totalsAlong(base, points.toSpliced(place, 0, counters));
    if (totals !== null && (best === null || totals.up + totals.down < best.totals.up + best.totals.down)) {
      best = { place, totals };
    }
    if (place === points.length || isBefore(counters, points[place])) break;
  }
  return best;
}

/** Null when an exact point is below one in front of it. */
function totalsAlong(base: Totals, points: readonly Counters[]): Totals | null {
  let { up, down } = base;
  for (const point of points) {
    const nextUp = valueOf(point, point.up, up);
    const nextDown = valueOf(point, point.down, down);
    if (nextUp < up || nextDown < down) return null;
    up = nextUp;
    down = nextDown;
  }
  return { up, down };
}

function valueOf({ exact }: Counters, counter: number, before: number): number {
  if (exact) return counter;
  const passed = counter - (before % WRAP);
  return before + (passed < 0 ? passed + WRAP : passed);
}

function isBefore(one: Counters, other: Counters): boolean {
  if (one.durationMs !== other.durationMs) return one.durationMs < other.durationMs;
  return !one.last && other.last;
}

function isSame(one: Counters, other: Counters): boolean {
  return (
    one.durationMs === other.durationMs && one.up === other.up && one.down === other.down && one.exact === other.exact
  );
}

function forgetSettled(chain: Chain): void {
  const { points } = chain;
  const exact = points.findLastIndex((point) => point.exact);
  const settled = Math.max(exact + 1, points.length - POINTS_MAX);
  if (settled === 0) return;
  const { up, down } = totalsAlong(chain.base, points.slice(0, settled))!;
  const { durationMs } = points[settled - 1];
  chain.base = { durationMs, up, down, exact: exact + 1 === settled };
  points.splice(0, settled);
}
