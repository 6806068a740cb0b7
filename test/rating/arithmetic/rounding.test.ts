import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { ROUNDING_MODES } from '../../../schemas/tariff.ts';
import { divideRounded, divideRoundedBig, roundingNo } from '../../../rating/arithmetic/rounding.ts';

const MAX = Number.MAX_SAFE_INTEGER;

describe('rounding', () => {
  it('follows each named rule', () => {
    const table = [
      // num, half-up, half-even, up, down, over 10
      [0, 0, 0, 0, 0],
      [4, 0, 0, 1, 0],
      [5, 1, 0, 1, 0],
      [6, 1, 1, 1, 0],
      [10, 1, 1, 1, 1],
      [15, 2, 2, 2, 1],
      [25, 3, 2, 3, 2],
      [26, 3, 3, 3, 2],
    ];
    for (const [num, ...expected] of table) {
      expect(
        ROUNDING_MODES.map((mode) => divideRounded(num!, 10, roundingNo(mode))),
        String(num),
      ).toEqual(expected);
      expect(ROUNDING_MODES.map((mode) => Number(divideRoundedBig(BigInt(num!), 10n, roundingNo(mode))))).toEqual(
        expected,
      );
    }
  });

  it('is the same in doubles as in big integers, up to the last safe one', () => {
    const whole = fc.oneof(
      fc.maxSafeNat(),
      fc.integer({ min: 0, max: 1000 }),
      fc.integer({ min: 0, max: 1000 }).map((n) => MAX - n),
    );
    // Dividends just beside a multiple are where a double quotient could slip.
    const near = fc.tuple(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.integer({ min: 1, max: 2 ** 22 }),
      fc.integer({ min: -1, max: 1 }),
    );
    const pair = fc.oneof(
      fc.tuple(
        whole,
        whole.map((n) => Math.max(1, n)),
      ),
      near.map(([den, times, off]) => [Math.max(0, Math.min(MAX, den * times + off)), den] as [number, number]),
    );
    fc.assert(
      fc.property(pair, fc.constantFrom(...ROUNDING_MODES), ([num, den], mode) => {
        const rule = roundingNo(mode);
        return BigInt(divideRounded(num, den, rule)) === divideRoundedBig(BigInt(num), BigInt(den), rule);
      }),
      { numRuns: 20_000 },
    );
  });
});
