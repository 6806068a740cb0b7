/** Money under what is active and under the draft, by everything that a report tells it by. */
import { formatMicros } from '../../platform/money.ts';
import type { CanaryReport } from '../../schemas/api/canaries.ts';

export type Side = 'active' | 'draft';

/** A sum of micro-units that may be larger than a double holds exactly. */
class Amount {
  private low = 0;
  private high = 0n;

  add(micros: number): void {
    this.low += micros;
    if (Math.abs(this.low) < 2 ** 52) return;
    this.high += BigInt(this.low);
    this.low = 0;
  }

  get total(): bigint {
    return this.high + BigInt(this.low);
  }
}

class Pair {
  readonly active = new Amount();
  readonly draft = new Amount();
  usages = 0;

  get difference(): bigint {
    return this.draft.total - this.active.total;
  }
}

export interface Charged {
  side: Side;
  account: number;
  /** Value of the attribute; '' = none. */
  segment: string;
  view: string;
  service: string;
  kind: 'record' | 'settlement';
  component: string;
  zone: string;
  band: string;
  currency: string;
  amountMicros: number;
}

type Compared = { currency: string; active: string; draft: string; difference: string };

/** Parts of a key: no name holds it. */
const BETWEEN = '\u0000';

export class CanarySums {
  private readonly totals = new Map<string, Pair>();
  private readonly services = new Map<string, Pair>();
  private readonly places = new Map<string, Pair>();
  private readonly segments = new Map<string, Pair>();
  private readonly segmentAccounts = new Map<string, Set<number>>();
  private readonly accounts = new Map<string, Pair>();
  usages = 0;

  add(charged: Charged): void {
    const { side, account, segment, view, service, kind, component, zone, band, currency, amountMicros } = charged;
    const put = (sums: Map<string, Pair>, key: readonly (string | number)[]): void =>
      pairOf(sums, [...key, currency])[side].add(amountMicros);
    put(this.totals, []);
    put(this.services, [view, service]);
    put(this.places, [view, service, kind, component, zone, band]);
    put(this.segments, [segment]);
    // What somebody else pays makes no winner and no loser.
    if (!view.includes(':')) put(this.accounts, [account]);
    const holders = this.segmentAccounts.get(segment);
    if (holders === undefined) this.segmentAccounts.set(segment, new Set([account]));
    else holders.add(account);
  }

  /** A usage of the tariff, priced or not. */
  count(view: string, service: string, currency: string): void {
    this.usages++;
    pairOf(this.services, [view, service, currency]).usages++;
  }

  report(
    shown: number,
    accountId: (no: number) => string,
  ): Pick<
    CanaryReport,
    'usages' | 'totals' | 'services' | 'places' | 'placesTotal' | 'segments' | 'accounts' | 'winners' | 'losers'
  > {
    const accounts = [...this.accounts].map(([key, pair]) => ({ parts: key.split(BETWEEN), pair }));
    const line = ({ parts: [no, currency], pair }: (typeof accounts)[number]) => ({
      account: accountId(Number(no)),
      ...compared(currency, pair),
    });
    const ordered = accounts
      .filter(({ pair }) => pair.difference !== 0n)
      .sort((a, b) => bySize(a.pair.difference, b.pair.difference) || (a.parts[0] < b.parts[0] ? -1 : 1));
    const dearer = ordered.filter(({ pair }) => pair.difference > 0n);
    const cheaper = ordered.filter(({ pair }) => pair.difference < 0n);
    const places = [...this.places].sort((a, b) => bySize(a[1].difference, b[1].difference) || (a[0] < b[0] ? -1 : 1));
    const told = [...this.segments.keys()].some((key) => !key.startsWith(BETWEEN));
    return {
      usages: this.usages,
      totals: sorted(this.totals).map(([key, pair]) => compared(key, pair)),
      services: sorted(this.services).map(([key, pair]) => {
        const [view, service, currency] = key.split(BETWEEN);
        return { view, service, usages: pair.usages, ...compared(currency, pair) };
      }),
      places: places.slice(0, shown).map(([key, pair]) => {
        const [view, service, kind, component, zone, band, currency] = key.split(BETWEEN);
        return {
          ...{ view, service, kind: kind as 'record' | 'settlement', component, zone, band },
          ...compared(currency, pair),
        };
      }),
      placesTotal: places.length,
      segments: !told
        ? []
        : sorted(this.segments).map(([key, pair]) => {
            const [value, currency] = key.split(BETWEEN);
            return { value, accounts: this.segmentAccounts.get(value)?.size ?? 0, ...compared(currency, pair) };
          }),
      accounts: { cheaper: cheaper.length, dearer: dearer.length, same: accounts.length - ordered.length },
      winners: cheaper.slice(0, shown).map(line),
      losers: dearer.slice(0, shown).map(line),
    };
  }
}

function pairOf(sums: Map<string, Pair>, key: readonly (string | number)[]): Pair {
  const text = key.join(BETWEEN);
  let pair = sums.get(text);
  if (pair === undefined) {
    pair = new Pair();
    sums.set(text, pair);
  }
  return pair;
}

function compared(currency: string, pair: Pair): Compared {
  const money = (micros: bigint): string => formatMicros(micros, 6);
  return {
    currency,
    active: money(pair.active.total),
    draft: money(pair.draft.total),
    difference: money(pair.difference),
  };
}

function sorted(sums: Map<string, Pair>): [string, Pair][] {
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The largest first, whatever its sign. */
function bySize(a: bigint, b: bigint): number {
  const [one, other] = [a < 0n ? -a : a, b < 0n ? -b : b];
  return one > other ? -1 : one < other ? 1 : 0;
}

/** What went wrong, by code, with the first few places. */
export class Faults {
  private readonly found = new Map<string, { count: number; examples: string[] }>();

  add(code: string, example: string): void {
    const fault = this.found.get(code) ?? { count: 0, examples: [] };
    fault.count++;
    if (fault.examples.length < EXAMPLES_MAX) fault.examples.push(example);
    this.found.set(code, fault);
  }

  get list(): { code: string; count: number; examples: string[] }[] {
    return [...this.found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, fault]) => ({ code, ...fault }));
  }
}

const EXAMPLES_MAX = 5;
