import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RegisterBook, registerDifference, type RegisterReading } from '../../../mediation/readings/index.ts';

const FACTS = { digits: 6, multiplier: 1 };

function reading(readAtMs: number, digits: number, scale = 0): RegisterReading {
  return {
    readAtMs,
    digits,
    scale,
    quality: 2,
    entryNo: 1,
    recordNo: readAtMs,
    fileEntry: 1,
    source: 's',
    format: 'f',
    classNo: 0,
    acceptedAtMs: 0,
    identity: [readAtMs, 0, 0, 0],
    version: 0,
    posted: false,
  };
}

describe('register difference', () => {
  it('is in base units, whatever the decimals of the two values', () => {
    expect(registerDifference({ digits: 100, scale: 0 }, { digits: 10_125, scale: 2 }, FACTS)).toBe(1250);
  });

  it('multiplies by the transformer ratio', () => {
    expect(registerDifference({ digits: 10, scale: 0 }, { digits: 12, scale: 0 }, { ...FACTS, multiplier: 40 })).toBe(
      80_000,
    );
  });

  it('rolls over when the register has wrapped, and refuses a step back', () => {
    expect(registerDifference({ digits: 999_990, scale: 0 }, { digits: 15, scale: 0 }, FACTS)).toBe(25_000);
    expect(registerDifference({ digits: 500, scale: 0 }, { digits: 499, scale: 0 }, FACTS)).toBe(-1);
    expect(registerDifference({ digits: 999_990, scale: 0 }, { digits: 15, scale: 0 }, { ...FACTS, digits: 0 })).toBe(
      -1,
    );
  });
});

describe('register chain', () => {
  it('takes the first value as context and prices the difference from then on', () => {
    const book = new RegisterBook();
    expect(book.accept('m', '1.8.1', reading(1, 100), FACTS)).toEqual({ verdict: 'context' });
    expect(book.accept('m', '1.8.1', reading(2, 103), FACTS)).toEqual({ verdict: 'usage', fromMs: 1, quantity: 3000 });
    expect(book.accept('m', '1.8.2', reading(3, 5), FACTS)).toEqual({ verdict: 'context' });
  });

  it('makes the next usage again when a reading arrives late', () => {
    const book = new RegisterBook();
    book.accept('m', 'r', reading(1, 100), FACTS);
    book.accept('m', 'r', reading(3, 110), FACTS);
    const late = book.accept('m', 'r', reading(2, 104), FACTS);
    expect(late).toMatchObject({ verdict: 'usage', fromMs: 1, quantity: 4000 });
    expect('rework' in late && late.rework).toMatchObject({ reverse: true, firstUsage: false, to: { readAtMs: 3 } });
  });

  it('refuses a late reading that its neighbours contradict', () => {
    const book = new RegisterBook();
    book.accept('m', 'r', reading(1, 100), FACTS);
    book.accept('m', 'r', reading(3, 110), FACTS);
    expect(book.accept('m', 'r', reading(2, 120), FACTS)).toEqual({ verdict: 'backwards' });
    expect(book.accept('m', 'r', reading(4, 111), FACTS)).toMatchObject({
      verdict: 'usage',
      fromMs: 3,
      quantity: 1000,
    });
  });

  it('ends in the same usages for any order of arrival', () => {
    const steps = fc.uniqueArray(fc.nat(500), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        steps.chain((times) => fc.tuple(fc.constant(times), fc.shuffledSubarray(times, { minLength: times.length }))),
        ([times, order]) => {
          const book = new RegisterBook();
          const usages = new Map<number, { fromMs: number; quantity: number }>();
          for (const at of order) {
            const accepted = book.accept('m', 'r', reading(at, at * 3), FACTS);
            if (accepted.verdict === 'backwards') throw new Error('not expected');
            if (accepted.rework !== undefined) {
              const { from, to } = accepted.rework;
              usages.set(to.readAtMs, { fromMs: from.readAtMs, quantity: registerDifference(from, to, FACTS) });
            }
            if (accepted.verdict === 'usage') usages.set(at, { fromMs: accepted.fromMs, quantity: accepted.quantity });
          }
          const sorted = [...times].sort((a, b) => a - b);
          const expected = new Map(
            sorted.slice(1).map((at, i) => [at, { fromMs: sorted[i]!, quantity: (at - sorted[i]!) * 3000 }]),
          );
          expect(usages).toEqual(expected);
        },
      ),
    );
  });
});
