import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros, parseDecimal } from '../../platform/money.ts';

describe('amounts as text', () => {
  it('are written with the decimals they need, at least those asked for', () => {
    expect(formatMicros(0)).toBe('0.00');
    expect(formatMicros(1_500_000)).toBe('1.50');
    expect(formatMicros(-1)).toBe('-0.000001');
    expect(formatMicros(1_234_567_890_123_456_789n)).toBe('1234567890123.456789');
    expect(formatMicros(-12_000_000, 0)).toBe('-12');
    expect(formatMicros(12_345_000, 6)).toBe('12.345000');
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(6), (micros, decimals) => {
        expect(parseDecimal(formatMicros(micros, decimals), 6)).toBe(micros);
      }),
    );
  });

  it('are refused when they are no plain decimals or would lose digits', () => {
    expect(parseDecimal('-0.5', 1)).toBe(-5n);
    expect(parseDecimal('007', 0)).toBe(7n);
    const wrong = ['', ' 1', '1 ', '+1', '1.', '.5', '1e3', '1,5', '0x1', 'NaN', '--1', '1.2.3', '١', '9'.repeat(39)];
    for (const text of [...wrong, '1.234']) {
      expect(() => parseDecimal(text, 2), text).toThrow(expect.objectContaining({ code: 'DECIMAL_INVALID' }));
    }
    for (const micros of [0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => formatMicros(micros)).toThrow(expect.objectContaining({ code: 'DECIMAL_INVALID' }));
    }
  });
});
