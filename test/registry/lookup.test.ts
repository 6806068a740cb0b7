import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  IDENTIFIER_KINDS,
  Lookup,
  type Identifier,
  type IdentifierKind,
  type Subscription,
} from '../../registry/index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Asks for one, and for many that are all the same: whichever way, the answer must be one. */
const find = (lookup: Lookup, kind: IdentifierKind, value: string, atMs: number): number => {
  const kindNo = IDENTIFIER_KINDS.indexOf(kind);
  const text = bytes(`x${value}y`);
  const length = bytes(value).length;
  const found = new Int32Array(3);
  const [offsets, lengths, times] = [new Uint32Array(3).fill(1), new Uint16Array(3).fill(length), [atMs, atMs, atMs]];
  lookup.findMany(kindNo, text, offsets, lengths, Float64Array.from(times), 3, found);
  const answer = lookup.find(kindNo, text, 1, length, atMs);
  expect([...found]).toEqual([answer, answer, answer]);
  return answer;
};

const subscriptionOf = (no: number, identifiers: Identifier[], more: Partial<Subscription> = {}): Subscription => ({
  kind: 'subscription',
  id: `S-${no}`,
  no,
  accountNo: no + 1000,
  usagePoint: false,
  division: 'root',
  identifiers,
  tariffs: [],
  ...more,
});
const open = { fromMs: null, toMs: null };

describe('the look-up', () => {
  it('holds an identifier from its first millisecond to the one before its end', () => {
    const lookup = new Lookup();
    lookup.apply([subscriptionOf(1, [{ kind: 'login', value: 'ann', fromMs: 10, toMs: 20 }])]);
    expect([9, 10, 19, 20].map((at) => find(lookup, 'login', 'ann', at))).toEqual([-2, 0, 0, -2]);
    expect(find(lookup, 'login', 'an', 10)).toBe(-1);
    expect(find(lookup, 'accountCode', 'ann', 10)).toBe(-1);
  });

  it('prefers a number to the range around it, and falls back to the range outside its dates', () => {
    const lookup = new Lookup();
    lookup.apply([
      subscriptionOf(1, [{ kind: 'numberRange', value: '0500-0599', ...open }]),
      subscriptionOf(2, [{ kind: 'number', value: '0555', fromMs: 10, toMs: 20 }]),
    ]);
    const owner = (value: string, at: number): number => {
      const found = find(lookup, 'number', value, at);
      return found < 0 ? found : lookup.subscriptionNo(found);
    };
    expect([owner('0555', 15), owner('0555', 20), owner('0500', 0), owner('0599', 0)]).toEqual([2, 1, 1, 1]);
    expect([owner('0600', 0), owner('0499', 0), owner('00555', 0), owner('055a', 0)]).toEqual([-1, -1, -1, -1]);
  });

  it('finds ranges that held at different times and lie over each other', () => {
    const lookup = new Lookup();
    lookup.apply([
      subscriptionOf(1, [{ kind: 'numberRange', value: '100-199', fromMs: null, toMs: 10 }]),
      subscriptionOf(2, [{ kind: 'numberRange', value: '150-160', fromMs: 10, toMs: 20 }]),
      subscriptionOf(3, [{ kind: 'numberRange', value: '120-159', fromMs: 20, toMs: null }]),
    ]);
    const owners = [5, 15, 25].map((at) => lookup.subscriptionNo(find(lookup, 'number', '155', at)));
    expect(owners).toEqual([1, 2, 3]);
    expect(find(lookup, 'number', '161', 25)).toBe(-2);
  });

  it('keeps the number of an identifier that stays, and lets go of one that is taken away', () => {
    const lookup = new Lookup();
    const meter: Identifier = { kind: 'meter', value: '00042', ...open, multiplier: 40, digits: 6 };
    const login: Identifier = { kind: 'login', value: 'ann', ...open };
    lookup.apply([subscriptionOf(1, [meter, login])]);
    const [meterNo, loginNo] = [find(lookup, 'meter', '00042', 0), find(lookup, 'login', 'ann', 0)];
    expect([lookup.multiplier(meterNo), lookup.digits(meterNo), lookup.accountNo(meterNo)]).toEqual([40, 6, 1001]);
    expect([lookup.multiplier(loginNo), lookup.digits(loginNo)]).toEqual([1, 0]);

    lookup.apply([subscriptionOf(1, [meter])]);
    expect(find(lookup, 'meter', '00042', 0)).toBe(meterNo);
    expect(find(lookup, 'login', 'ann', 0)).toBe(-1);
    // Rows guided before the change can still read what hangs on it.
    expect(lookup.subscriptionNo(loginNo)).toBe(1);

    lookup.apply([subscriptionOf(2, [login])]);
    expect(lookup.subscriptionNo(find(lookup, 'login', 'ann', 0))).toBe(2);
    expect(find(lookup, 'login', 'ann', 0)).not.toBe(loginNo);
  });

  it('tells the tariff of a view and service at a time, and forgets replaced ones', () => {
    const lookup = new Lookup();
    const tariff = (name: string, fromMs: number | null, toMs: number | null) =>
      ({ view: 'retail', service: 'voice', tariff: name, fromMs, toMs }) as const;
    lookup.apply([subscriptionOf(7, [], { tariffs: [tariff('old', null, 10), tariff('new', 10, null)] })]);
    const names = (...times: number[]) =>
      times.map((at) => lookup.tariffNames[lookup.tariffNo(7, 'retail', 'voice', at)] ?? null);
    expect(names(9, 10)).toEqual(['old', 'new']);
    expect(lookup.tariffNo(7, 'retail', 'data', 10)).toBe(-1);
    expect(lookup.tariffNo(7, 'partner', 'voice', 10)).toBe(-1);
    expect(lookup.tariffNo(8, 'retail', 'voice', 10)).toBe(-1);
    expect(lookup.tariffNo(900, 'retail', 'voice', 10)).toBe(-1);
    lookup.apply([subscriptionOf(7, [], { tariffs: [tariff('new', 20, 30)] })]);
    expect(names(9, 10, 20, 30)).toEqual([null, null, 'new', null]);
  });

  it('agrees with a plain search through all subscriptions, after any changes', () => {
    const times = fc.integer({ min: 0, max: 6 });
    const text = fc.constantFrom('1', '01', '12', '15', '19', '123', '155', '199', 'a', 'я');
    const range = fc.constantFrom('10-15', '12-12', '16-19', '100-155', '150-199', '156-160');
    // Whole objects that arrive one after the other; what would overlap in time with another subscription is left out.
    const objects = fc.array(
      fc.record({
        no: fc.integer({ min: 1, max: 6 }),
        identifiers: fc.array(
          fc.record({
            kind: fc.constantFrom(...IDENTIFIER_KINDS),
            text,
            range,
            fromMs: fc.option(times),
            lasts: fc.option(fc.integer({ min: 1, max: 4 })),
            multiplier: fc.constantFrom(1, 40),
          }),
          { maxLength: 4 },
        ),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(objects, (given) => {
        const lookup = new Lookup();
        const standing = new Map<number, Identifier[]>();
        for (const { no, identifiers } of given) {
          const taken = [...standing].filter(([other]) => other !== no).flatMap(([, list]) => list);
          const image: Identifier[] = [];
          for (const one of identifiers) {
            const toMs = one.lasts === null ? null : (one.fromMs ?? 0) + one.lasts;
            const value = one.kind === 'numberRange' ? one.range : one.text;
            const identifier: Identifier = {
              kind: one.kind,
              value,
              fromMs: one.fromMs,
              toMs,
              multiplier: one.multiplier,
            };
            if (![...taken, ...image].some((other) => collide(other, identifier))) image.push(identifier);
          }
          standing.set(no, image);
          lookup.apply([subscriptionOf(no, image)]);
        }
        for (const kind of ['number', 'trunk', 'accountCode', 'login', 'meter'] as const) {
          for (const value of ['1', '01', '12', '15', '17', '19', '20', '123', '152', '157', '200', 'a', 'я', '']) {
            for (let at = -1; at <= 11; at++) {
              const found = find(lookup, kind, value, at);
              const expected = naive(standing, kind, value, at);
              const got = found < 0 ? found : `${lookup.subscriptionNo(found)}×${lookup.multiplier(found)}`;
              expect(got, `${kind} ${value} at ${at}`).toBe(expected);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

function collide(a: Identifier, b: Identifier): boolean {
  if (a.kind !== b.kind) return false;
  const inTime = (a.fromMs ?? -1e9) < (b.toMs ?? 1e9) && (b.fromMs ?? -1e9) < (a.toMs ?? 1e9);
  if (a.kind !== 'numberRange') return inTime && a.value === b.value;
  const [[aLow, aHigh], [bLow, bHigh]] = [a.value.split('-'), b.value.split('-')];
  return inTime && aLow.length === bLow.length && aLow <= bHigh && bLow <= aHigh;
}

function naive(standing: Map<number, Identifier[]>, kind: IdentifierKind, value: string, at: number): string | number {
  const all = [...standing].flatMap(([no, list]) => list.map((identifier) => ({ no, ...identifier })));
  const candidates = all.filter((one) => one.kind === kind && one.value === value);
  if (kind === 'number' && /^\d+$/.test(value)) {
    candidates.push(
      ...all.filter((one) => {
        const [low, high] = one.value.split('-');
        return one.kind === 'numberRange' && low.length === value.length && low <= value && value <= high;
      }),
    );
  }
  const valid = candidates.find(({ fromMs, toMs }) => at >= (fromMs ?? -Infinity) && at < (toMs ?? Infinity));
  if (valid !== undefined) return `${valid.no}×${valid.multiplier}`;
  return candidates.length > 0 ? -2 : -1;
}
