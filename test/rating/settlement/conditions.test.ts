/** Rules with `when`: settlement has no record to ask, so it takes what is charged, or what follows from the rule. */
import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import {
  checkTariff,
  formatMistake,
  settle,
  TariffBook,
  testTariff,
  type SettledUsage,
} from '../../../rating/index.ts';
import { compileText, noSideFile } from '../support/tariffs.ts';

interface Tariff {
  rules: string;
  period?: string;
  rest?: string;
  at?: string;
  included?: boolean;
}

const tariffOf = ({ rules, period = '{}', rest = '', at = 'record', included = true }: Tariff) => `name: calls
effective: 2020-01-01
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: ${included} }
rounding: { at: ${at}, mode: half-up, decimals: 2 }
${rest}
rules: ${rules}
period: ${period}
`;

function differences(tariff: Tariff, usage: readonly string[], expected: string): string[] {
  const test = `tests: [{ given: { period: 2026-10, usage: [${usage.join(', ')}] }, expect: ${expected}, source: computed }]`;
  return testTariff(`${tariffOf(tariff)}${test}\n`, noSideFile)[0]!.differences;
}

const call = (start: string, duration: string, more = '') =>
  `{ start: '2026-10-${start}', duration: ${duration}, to: 1${more} }`;
const forwarded = ', forwardedBy: 12';

describe('a percentage of record charges whose rules have conditions', () => {
  const rules = `
  - { component: forwarded, when: { forwarded: true }, price: { price: 0.40, per: 1min } }
  - { component: trunk, when: { trunkIn: X }, price: { price: 0.30, per: 1min } }`;
  const CENTS = { forwarded: 40n, trunk: 30n, usage: 50n };
  const MORE = { forwarded, trunk: ', trunkIn: X', usage: '' };
  const kind = fc.constantFrom('forwarded', 'trunk', 'usage');
  const halfUp = (num: bigint, den: bigint) => (2n * num + den) / (2n * den);
  const shown = (cents: bigint) => `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;

  it('is taken of what was charged, of all of it or of some components, with tax in the price or on top', () => {
    const drawn = fc.array(fc.tuple(kind, fc.integer({ min: 1, max: 600 })), { minLength: 1, maxLength: 6 });
    const of = fc.option(fc.uniqueArray(kind, { minLength: 1 }), { nil: null });
    fc.assert(
      fc.property(drawn, of, fc.boolean(), (calls, wanted, included) => {
        const net = calls.map(([one, seconds]) => halfUp(CENTS[one] * BigInt(seconds), 60n));
        const base = net.reduce(
          (sum, cents, no) => (wanted?.includes(calls[no]![0]) === false ? sum : sum + cents),
          0n,
        );
        const all = [...net, halfUp(base, 10n)].map((cents) => (included ? cents : cents + halfUp(cents, 5n)));
        const among = wanted === null ? '' : `, of: [${wanted.join(', ')}]`;
        const tariff = {
          rules: `${rules}\n  - { price: { price: 0.50, per: 1min } }`,
          period: `{ surcharges: [{ component: plus, percent: 10${among} }] }`,
          included,
        };
        // A component that nothing has is no mistake of the tariff: all three are those of rules.
        const usage = calls.map(([one, seconds], no) => call(`${10 + no}T10:00`, `${seconds}s`, MORE[one]));
        expect(differences(tariff, usage, `{ amount: ${shown(all.reduce((sum, one) => sum + one, 0n))} }`)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('needs no rule without conditions, and no components of their own', () => {
    const bare = rules.replaceAll(/component: \w+, /g, '');
    for (const one of [rules, bare]) {
      const tariff = { rules: one, period: '{ discounts: [{ component: less, percent: 50 }] }' };
      expect(differences(tariff, [call('05T10:00', '60s', forwarded)], '{ amount: 0.20 }'), one).toEqual([]);
    }
  });

  it('counts what was billed by the rule that held where tiers add to it', () => {
    const tariff = {
      rules: `
  - { when: { forwarded: true }, price: { price: 1, per: 1min, first: 60s, then: 60s } }
  - { price: { price: 1, per: 1min, first: 1s, then: 1s } }`,
      period: '{ tiers: [{ component: excise, adds: true, steps: [{ price: 0.10, per: 1min }] }] }',
    };
    // 61 seconds are two minutes: 2.00, and 0.20 on top.
    expect(differences(tariff, [call('05T10:00', '61s', forwarded)], '{ amount: 2.20 }')).toEqual([]);
  });

  it('is refused rather than guessed where a charge says nothing of its rule', () => {
    const tariff = compileText(
      tariffOf({
        rules: `${rules}\n  - { price: { price: 0.50, per: 1min } }`,
        period: '{ surcharges: [{ component: plus, percent: 10, of: [trunk] }] }',
      }),
    );
    const usage: SettledUsage = {
      ...{ identity: '1'.padStart(32, '0'), startMs: Date.UTC(2026, 9, 5), quantity: 60_000, quantityUp: 0 },
      ...{ zone: '', band: '', version: 'calls@2020-01-01' },
    };
    const charged = { amountMicros: 300_000, taxMicros: 50_000, billed: 60_000 };
    const assignments = [{ tariff: 'calls', fromMs: null, toMs: null }];
    const run = (more: Partial<SettledUsage>) =>
      settle({
        book: TariffBook.build([tariff]),
        period: '2026-10',
        assignments,
        usages: [{ ...usage, ...more }],
        posted: [],
      });
    const unknown = expect.objectContaining({ code: 'SETTLE_RULE_UNKNOWN' });
    expect(() => run({})).toThrow(unknown);
    expect(() => run({ charged })).toThrow(unknown);
    expect(run({ charged, component: 'trunk' })).toMatchObject([{ component: 'plus', amountMicros: 30_000 }]);
    expect(run({ charged, component: 'forwarded' })).toEqual([]);
  });
});

describe('usage that is settled and comes into another band', () => {
  const bands = "bands: { day: [{ from: '08:00', to: '20:00' }], night: [{ from: '20:00', to: '08:00' }] }";
  const crossed = (crossing: string, rules: string): Tariff => ({
    rules,
    rest: `${bands}\ncrossing: ${crossing}`,
    at: 'line',
  });
  const same = `
  - { component: day-forwarded, band: day, when: { forwarded: true }, price: { price: 4, per: 1min } }
  - { component: day, band: day, price: { price: 3, per: 1min } }
  - { component: night-forwarded, band: night, when: { forwarded: true }, price: { price: 2, per: 1min } }
  - { component: night, band: night, price: { price: 1, per: 1min } }`;

  it('goes on with the rule whose conditions hold, as it was rated', () => {
    for (const crossing of ['by-increment', 'split']) {
      const tariff = crossed(crossing, same);
      const table: [string, string, string][] = [
        ['', 'day', '4.00'],
        [forwarded, 'day-forwarded', '6.00'],
      ];
      for (const [more, component, amount] of table) {
        const lines = `lines: [{ component: ${component}, band: day, amount: ${amount} }]`;
        const usage = [call('05T19:59', '120s', more)];
        expect(differences(tariff, usage, `{ amount: ${amount}, ${lines} }`), `${crossing} ${component}`).toEqual([]);
      }
    }
  });

  it('goes on where all rules of the later band have conditions', () => {
    const both = same.replace('band: night, price', 'band: night, when: { forwarded: false }, price');
    const sameAsked = both.replace('band: day, price', 'band: day, when: { forwarded: false }, price');
    for (const crossing of ['by-increment', 'split']) {
      const usage = [call('05T19:59', '120s'), call('06T19:59', '120s', forwarded)];
      for (const rules of [both, sameAsked]) {
        expect(differences(crossed(crossing, rules), usage, '{ amount: 10.00 }'), crossing).toEqual([]);
      }
    }
  });

  it('goes on by what the charge says where other bands ask other things', () => {
    const other = same.replace('band: night, when: { forwarded: true }', 'band: night, when: { trunkIn: X }');
    const trunk = ', trunkIn: X';
    const table: [string, string][] = [
      ['', '4.00'],
      [forwarded, '5.00'],
      [trunk, '5.00'],
      [forwarded + trunk, '6.00'],
    ];
    for (const crossing of ['by-increment', 'split']) {
      for (const [more, amount] of table) {
        const usage = [call('05T19:59', '120s', more)];
        expect(differences(crossed(crossing, other), usage, `{ amount: ${amount} }`), crossing + more).toEqual([]);
        // The other way round: from night into day.
        const back = [call('05T07:59', '120s', more)];
        expect(differences(crossed(crossing, other), back, `{ amount: ${amount} }`), crossing + more).toEqual([]);
      }
    }
  });

  it('is refused rather than guessed where an older charge does not say it', () => {
    const other = same.replace('band: night, when: { forwarded: true }', 'band: night, when: { trunkIn: X }');
    const tariff = compileText(tariffOf(crossed('by-increment', other)));
    const run = (component: string) =>
      settle({
        book: TariffBook.build([tariff]),
        period: '2026-10',
        assignments: [{ tariff: 'calls', fromMs: null, toMs: null }],
        usages: [
          {
            ...{ identity: '1'.padStart(32, '0'), startMs: Date.UTC(2026, 9, 5, 16, 59), quantity: 120_000 },
            ...{ quantityUp: 0, zone: '', band: 'day', version: 'calls@2020-01-01', component },
          },
        ],
        posted: [],
      });
    expect(() => run('day')).toThrow(expect.objectContaining({ code: 'SETTLE_RULE_UNKNOWN' }));
    expect(run('day#0')).toMatchObject([{ component: 'day', amountMicros: 4_000_000 }]);
    expect(run('day#3')).toMatchObject([{ component: 'day', amountMicros: 5_000_000 }]);
  });

  it('is refused when the tariff is checked where a charge would have to name too many rules', () => {
    const found = (tariff: Tariff) => checkTariff(tariffOf(tariff), noSideFile, 't.yaml').map(formatMistake);
    const many = (count: number) =>
      Array.from(
        { length: count },
        (_, no) =>
          `\n  - { component: night-${no}, band: night, when: { trunkIn: X${no} }, price: { price: 2, per: 1min } }`,
      ).join('') + '\n  - { component: all, price: { price: 1, per: 1min } }';
    expect(found(crossed('by-increment', many(7)))).toEqual([]);
    const finding = (line: number, rule: number) =>
      `t.yaml:${line}: rules.${rule}: Usage that begins under rule 9 may come into its band, and what holds there does not ` +
      'tell whether its conditions hold: a charge can name 6 such rules beside its component, and this tariff has 8. ' +
      'Ask the same in all bands, use `crossing: by-start`, or round on the record.';
    expect(found(crossed('by-increment', many(8)))).toEqual([finding(17, 6), finding(18, 7)]);
    expect(found(crossed('by-start', many(8)))).toEqual([]);
    expect(found({ ...crossed('by-increment', many(8)), at: 'record' })).toEqual([]);
    // What stands in the log is not refused because a check came later.
    expect(compileText(tariffOf(crossed('by-increment', many(8)))).name).toBe('calls');
  });
});
