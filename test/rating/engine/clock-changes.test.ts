import { describe, it, expect } from 'vitest';
import { explainRating } from '../../../rating/index.ts';
import { callTariff, compileText, rate } from '../support/tariffs.ts';

/** Kyiv 2026: 29 March 03:00 becomes 04:00 (01:00 UTC), 25 October 04:00 becomes 03:00 (01:00 UTC). */
const text = callTariff('', {
  rest: `bands:
  night: [{ days: [any], from: '23:00', to: '05:00' }]
  day: [{ days: [any], from: '05:00', to: '23:00' }]
crossing: by-increment
`,
}).replace(
  /rules: .*/,
  'rules: [{ band: night, price: { price: 0.60, per: 1min, then: 60s } }, { band: day, price: { price: 6.00, per: 1min, then: 60s } }]',
);
const tariff = compileText(text);

function minutesByBand(startMs: number, minutes: number): Record<string, number> {
  const { book, binding, usage, records } = rate([tariff], [{ startMs, quantity: minutes * 60_000 }]);
  const { steps, amountMicros } = explainRating(book, binding, usage, records, 0);
  expect(amountMicros).toBe(usage.amountMicros[0]);
  const segments = steps.filter((step) => step.step === 'segment').map((step) => step.data);
  const sum: Record<string, number> = {};
  for (const { band, billed } of segments) sum[band as string] = (sum[band as string] ?? 0) + Number(billed) / 60_000;
  expect(usage.amountMicros[0]).toBe((sum.night ?? 0) * 600_000 + (sum.day ?? 0) * 6_000_000);
  return sum;
}

describe('a call through a change of the clock', () => {
  it('reaches 05:00 an hour sooner in spring', () => {
    // 02:00 local = 00:00 UTC; 05:00 local = 02:00 UTC.
    expect(minutesByBand(Date.UTC(2026, 2, 29, 0), 180)).toEqual({ night: 120, day: 60 });
  });

  it('reaches 05:00 an hour later in autumn', () => {
    // 02:00 local = 23:00 UTC; 05:00 local = 03:00 UTC.
    expect(minutesByBand(Date.UTC(2026, 9, 24, 23), 300)).toEqual({ night: 240, day: 60 });
  });

  it('has 18 hours of day on the days of both changes', () => {
    expect(minutesByBand(Date.UTC(2026, 2, 28, 22), 23 * 60)).toEqual({ night: 5 * 60, day: 18 * 60 });
    expect(minutesByBand(Date.UTC(2026, 9, 24, 21), 25 * 60)).toEqual({ night: 7 * 60, day: 18 * 60 });
  });

  it('belongs to the month that the clock shows', () => {
    const { usage } = rate(
      [tariff],
      [
        { startMs: Date.UTC(2026, 9, 31, 21, 59), quantity: 60_000 },
        { startMs: Date.UTC(2026, 9, 31, 22), quantity: 60_000 },
      ],
    );
    expect([...usage.servicePeriod.subarray(0, 2)]).toEqual([202610, 202611]);
  });
});
