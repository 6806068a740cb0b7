import { describe, it, expect } from 'vitest';
import { errorNo } from '../../../platform/errors.ts';
import { ChargeKind } from '../../../schemas/columns/usage-columns.ts';
import { callTariff, compileText, rate } from '../support/tariffs.ts';

const startMs = Date.UTC(2026, 9, 14, 9);

describe('increments', () => {
  it('bill 1.20 per minute as the worked table says', () => {
    const seconds = [1, 59, 61, 95, 125];
    const table: Record<string, string[]> = {
      '60s/60s': ['1.20', '1.20', '2.40', '2.40', '3.60'],
      '60s/1s': ['1.20', '1.20', '1.22', '1.90', '2.50'],
      '1s/1s': ['0.02', '1.18', '1.22', '1.90', '2.50'],
      '6s/6s': ['0.12', '1.20', '1.32', '1.92', '2.52'],
    };
    for (const [increments, expected] of Object.entries(table)) {
      const [first, then] = increments.split('/');
      const tariff = compileText(callTariff(`{ price: 1.20, per: 1min, first: ${first}, then: ${then} }`));
      const { usage } = rate(
        [tariff],
        seconds.map((s) => ({ startMs, quantity: s * 1000 })),
      );
      const amounts = seconds.map((_, row) => (usage.amountMicros[row]! / 1e6).toFixed(2));
      expect(amounts, increments).toEqual(expected);
    }
  });

  it('cost nothing at zero duration, or the setup fee', () => {
    const free = compileText(callTariff('{ price: 1.20, per: 1min, first: 60s, then: 1s, minimum: 3 }'));
    const setup = compileText(callTariff('{ price: 1.20, per: 1min, first: 60s, then: 1s, setup: 0.3 }'));
    for (const [tariff, amount] of [
      [free, 0],
      [setup, 300_000],
    ] as const) {
      const { usage } = rate([tariff], [{ startMs, quantity: 0 }]);
      expect([usage.code[0], usage.amountMicros[0], usage.billed[0], usage.kind[0]]).toEqual([
        0,
        amount,
        0,
        ChargeKind.record,
      ]);
    }
  });

  it('count milliseconds exactly when none are named, and finish a started second', () => {
    const exact = compileText(
      callTariff('{ price: 60, per: 1min }', { rounding: '{ at: record, mode: down, decimals: 6 }' }),
    );
    const started = compileText(callTariff('{ price: 60, per: 1min, then: 1s }'));
    expect(rate([exact], [{ startMs, quantity: 1001 }]).usage.amountMicros[0]).toBe(1_001_000);
    expect(rate([started], [{ startMs, quantity: 1001 }]).usage.amountMicros[0]).toBe(2_000_000);
  });

  it('take the tax out of an amount or put it on top', () => {
    const price = '{ price: 1.00, per: 1min, then: 60s }';
    const included = compileText(callTariff(price));
    const onTop = compileText(callTariff(price).replace('included: true', 'included: false'));
    const tax = ({ usage }: ReturnType<typeof rate>) => [usage.amountMicros[0], usage.taxMicros[0]];
    expect(tax(rate([included], [{ startMs, quantity: 60_000 }]))).toEqual([1_000_000, 170_000]);
    expect(tax(rate([onTop], [{ startMs, quantity: 60_000 }]))).toEqual([1_200_000, 200_000]);
  });
});

describe('what cannot be priced', () => {
  const calls = compileText(
    callTariff('{ price: 1.20, per: 1min }', { rest: "zones: { ua: ['380'] }" }).replace(
      '[{ price',
      '[{ zone: ua, price',
    ),
  );
  const codeOf = (input: Partial<Parameters<typeof rate>[1][number]>) => {
    const { usage } = rate([calls], [{ startMs, quantity: 1000, to: '38044', ...input }]);
    return { code: usage.code[0], amount: usage.amountMicros[0], kind: usage.kind[0] };
  };

  it('gets a code and no amount', () => {
    const table = [
      [{ tariffNo: 5 }, 'RATE_NO_TARIFF'],
      [{ tariffNo: 0xffffffff }, 'RATE_NO_TARIFF'],
      [{ startMs: Date.UTC(2019, 11, 31, 21, 59) }, 'RATE_NO_VERSION'],
      [{ service: 'data' }, 'RATE_WRONG_SERVICE'],
      [{ to: '48' }, 'RATE_NO_ZONE'],
      [{ to: '' }, 'RATE_NO_ZONE'],
      [{ quantity: -1 }, 'RATE_QUANTITY'],
      [{ quantity: 1.5 }, 'RATE_QUANTITY'],
      [{ quantity: NaN }, 'RATE_QUANTITY'],
      [{ quantity: 2 ** 53 }, 'RATE_QUANTITY'],
      [{ quantity: Number.MAX_SAFE_INTEGER }, 'RATE_OVERFLOW'],
    ] as const;
    for (const [input, code] of table) expect(codeOf(input), code).toEqual({ code: errorNo(code), amount: 0, kind: 0 });
  });

  it('begins at midnight of the tariff, not of UTC', () => {
    expect(codeOf({ startMs: Date.UTC(2019, 11, 31, 22) }).code).toBe(0);
  });

  it('stands beside rows that can be', () => {
    const { usage } = rate(
      [calls],
      [
        { startMs, quantity: 60_000, to: '380' },
        { startMs, quantity: 60_000, to: '7' },
        { startMs, quantity: 60_000, to: '380' },
      ],
    );
    expect([...usage.amountMicros.subarray(0, 3)]).toEqual([1_200_000, 0, 1_200_000]);
  });
});

describe('amounts beyond a double', () => {
  it('are exact', () => {
    // 7 × 1/1.073741824e9 of a micro-unit steps: the common denominator leaves no room in 53 bits.
    const text = `name: big
effective: 2020-01-01
currency: UAH
timeZone: UTC
service: data
tax: { percent: 7.7, included: false }
rounding: { at: record, mode: half-even, decimals: 6 }
rules: [{ price: { price: 0.123456789012, per: 7GiB } }]
`;
    const quantity = 8_999_999_999_999_999;
    const { usage } = rate([compileText(text)], [{ startMs, quantity, service: 'data' }]);
    const num = BigInt(quantity) * 123456789012n;
    const den = 1_000_000n * 7n * 1_073_741_824n;
    const net = num / den + (2n * (num % den) > den ? 1n : 0n);
    const tax = (net * 77n + 500n) / 1000n;
    expect([usage.code[0], BigInt(usage.amountMicros[0]!), BigInt(usage.taxMicros[0]!)]).toEqual([0, net + tax, tax]);
  });
});
