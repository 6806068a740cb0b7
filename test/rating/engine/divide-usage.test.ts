import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { divideUsage, explainRating, rateUsage, TariffBook } from '../../../rating/index.ts';
import { columnsOf, compileText } from '../support/tariffs.ts';

const version = (effective: string, price: string, crossing = 'prorate') =>
  compileText(`name: power
effective: ${effective}
currency: UAH
timeZone: Europe/Kyiv
service: electricity
tax: { percent: 20, included: true }
rounding: { at: record, mode: half-up, decimals: 6 }
crossing: ${crossing}
rules: [{ price: { price: ${price}, per: 1kWh } }]
`);

function divided(book: TariffBook, spans: { from: string; to: string; wh: number }[]) {
  const { usage, records } = columnsOf(
    spans.map(({ from, to, wh }) => ({
      startMs: Date.parse(from),
      endMs: Date.parse(to),
      quantity: wh,
      service: 'electricity' as const,
    })),
  );
  const binding = book.bind(['power']);
  divideUsage(book, binding, usage);
  rateUsage(book, binding, usage, records, 0, usage.count);
  const rows = Array.from({ length: usage.count }, (_, row) => ({
    record: usage.record[row],
    from: new Date(usage.startMs[row]!).toISOString().slice(0, 16),
    wh: usage.quantity[row],
    amount: usage.amountMicros[row]! / 1e6,
    month: usage.servicePeriod[row],
    version: book.versions[usage.versionNo[row]!],
    part: usage.part[row],
  }));
  return { rows, usage, records, binding };
}

describe('a usage that spans a border', () => {
  it('is divided at a new month and a new version, in proportion to time', () => {
    const book = TariffBook.build([version('2026-01-01', '4.00'), version('2026-06-16', '5.00')]);
    // 1 June to 1 August by the clock of Kyiv: 15 days at 4.00, 15 at 5.00 in June, 31 in July.
    const { rows } = divided(book, [
      { from: '2026-05-31T21:00Z', to: '2026-07-31T21:00Z', wh: 61_000 },
      { from: '2026-07-10T00:00Z', to: '2026-07-20T00:00Z', wh: 10_000 },
    ]);
    expect(rows).toEqual([
      {
        record: 0,
        from: '2026-05-31T21:00',
        wh: 15_000,
        amount: 60,
        month: 202606,
        version: 'power@2026-01-01',
        part: 0,
      },
      {
        record: 0,
        from: '2026-06-15T21:00',
        wh: 15_000,
        amount: 75,
        month: 202606,
        version: 'power@2026-06-16',
        part: 1,
      },
      {
        record: 0,
        from: '2026-06-30T21:00',
        wh: 31_000,
        amount: 155,
        month: 202607,
        version: 'power@2026-06-16',
        part: 1,
      },
      {
        record: 1,
        from: '2026-07-10T00:00',
        wh: 10_000,
        amount: 50,
        month: 202607,
        version: 'power@2026-06-16',
        part: 0,
      },
    ]);
  });

  it('stays whole where the tariff says by-start', () => {
    const book = TariffBook.build([
      version('2026-01-01', '4.00', 'by-start'),
      version('2026-06-16', '5.00', 'by-start'),
    ]);
    const { rows } = divided(book, [{ from: '2026-05-31T21:00Z', to: '2026-07-31T21:00Z', wh: 61_000 }]);
    expect(rows.map(({ wh, amount, version: name }) => [wh, amount, name])).toEqual([
      [61_000, 244, 'power@2026-01-01'],
    ]);
  });

  it('keeps its quantity and its span, whatever they are', () => {
    const book = TariffBook.build([version('2020-01-01', '4.00'), version('2026-06-16', '5.00')]);
    const span = fc
      .tuple(fc.integer({ min: 0, max: 400 * 1440 }), fc.integer({ min: 0, max: 399 * 1440 }), fc.nat(2 ** 40))
      .map(([from, length, wh]) => {
        const startMs = Date.UTC(2025, 9, 1) + from * 60_000;
        const [start, end] = [startMs, startMs + length * 60_000].map((ms) => new Date(ms).toISOString());
        return { from: start!, to: end!, wh };
      });
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 6 }), (spans) => {
        const { usage, records, binding } = divided(book, spans);
        spans.forEach(({ from, to, wh }, record) => {
          const rows = Array.from({ length: usage.count }, (_, row) => row).filter(
            (row) => usage.record[row] === record,
          );
          expect(rows.reduce((sum, row) => sum + usage.quantity[row]!, 0)).toBe(wh);
          expect(usage.startMs[rows[0]!]).toBe(Date.parse(from));
          expect(usage.endMs[rows.at(-1)!]).toBe(Date.parse(to));
          rows.slice(1).forEach((row, index) => expect(usage.startMs[row]).toBe(usage.endMs[rows[index]!]));
          for (const row of rows) {
            expect(usage.quantity[row]).toBeGreaterThanOrEqual(0);
            expect(explainRating(book, binding, usage, records, row).amountMicros).toBe(usage.amountMicros[row]);
          }
        });
      }),
    );
  });
});
