import { describe, it, expect } from 'vitest';
import { requirePassing, testTariff } from '../../../rating/index.ts';
import { callTariff, noSideFile } from '../support/tariffs.ts';

const price = '{ price: 1.00, per: 1min, first: 60s, then: 1s }';
const run = (given: string, expected: string, rest = '') =>
  testTariff(
    callTariff(price, { rest: `${rest}tests: [{ given: ${given}, expect: ${expected}, source: computed }]` }),
    noSideFile,
  )[0];
const call = "{ start: '2026-10-14T12:00:00', duration: 90s, to: 380 }";
const fee = 'period: { fees: [{ component: rental, amount: 5 }] }\n';

describe('a test inside a tariff', () => {
  it('holds when everything expected is so', () => {
    const result = run(call, "{ amount: 1.5, tax: 0.25, billed: 90s, steps: ['31 steps', 'Exact sum 1.50'] }");
    expect(result).toMatchObject({ ok: true, differences: [], amountMicros: 1_500_000, source: 'computed' });
  });

  it('says what differs when something is not', () => {
    const table: [string, string, string][] = [
      [call, '{ amount: 1.51 }', 'amount: expected 1.51, got 1.50 UAH'],
      [call, '{ amount: 1.5, tax: 0.26 }', 'tax: expected 0.26, got 0.25 UAH'],
      [call, '{ amount: 1.5, billed: 91s }', 'billed: expected 91s, got 90s'],
      [call, '{ amount: 1.5, zone: x }', 'zone: expected x, got none'],
      [call, '{ error: RATE_NO_ZONE }', 'error: expected RATE_NO_ZONE, got none'],
      [call.replace('2026', '2019'), '{ amount: 1.5 }', 'error: expected none, got RATE_NO_VERSION'],
      [
        call,
        "{ amount: 1.5, steps: ['Exact sum', '31 steps'] }",
        'steps: no step after the one before says "31 steps"',
      ],
      ['{ period: 2026-10 }', '{ amount: 4 }', 'amount: expected 4, got 5.00 UAH'],
      ['{ period: 2026-10 }', '{ amount: 5, lines: [{ component: fee, amount: 5 }] }', 'line fee is not there: rental'],
      [`{ period: 2026-09, usage: [${call}] }`, '{ amount: 6.5 }', 'usage 1 is not in 2026-09'],
    ];
    for (const [given, expected, difference] of table) {
      const result = run(given, expected, given.includes('period') ? fee : '');
      expect(result.differences, expected).toEqual([difference]);
      expect(result.ok).toBe(false);
      expect(() => requirePassing([result])).toThrow(difference);
    }
  });

  it('looks for the month of a usage on the clock of the tariff', () => {
    const at = (start: string) =>
      run(`{ period: 2026-10, usage: [{ start: '${start}', duration: 60s, to: 380 }] }`, '{ amount: 6 }', fee)
        .differences;
    expect(at('2026-09-30T21:00:00Z')).toEqual([]);
    expect(at('2026-09-30T20:59:59Z')).toEqual(['usage 1 is not in 2026-10']);
    expect(at('2026-10-31T21:59:59Z')).toEqual([]);
    expect(at('2026-10-31T22:00:00Z')).toEqual(['usage 1 is not in 2026-10']);
  });

  it('takes a surcharge of what the rule with conditions charged', () => {
    const rules = `
  - { when: { forwarded: true }, price: { price: 0.40, per: 1min } }
  - { when: { trunkIn: X }, price: { price: 0.30, per: 1min } }
  - { price: { price: 0.50, per: 1min } }`;
    const period =
      'period: { fees: [{ component: line, amount: 10 }], surcharges: [{ component: plus, percent: 10 }] }\n';
    const usage = '[{ start: 2026-10-05T10:00, duration: 60s, forwardedBy: 12, to: 1 }]';
    const text = callTariff(price, {
      rest: `${period}tests: [{ given: { period: 2026-10, usage: ${usage} }, expect: { amount: 11.44 }, source: computed }]`,
    }).replace(/^rules: .*$/m, `rules:${rules}`);
    expect(testTariff(text, noSideFile)[0]!.differences).toEqual([]);
  });

  it('adds record charges to what is settled', () => {
    expect(run(`{ period: 2026-10, usage: [${call}] }`, '{ amount: 6.5, tax: 1.08 }', fee).differences).toEqual([]);
  });
});
