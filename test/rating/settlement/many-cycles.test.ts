/** What goes on over several cycles, the oldest first, against a walk through all months since the tariff began. */
import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { settle, TariffBook, type SettledUsage } from '../../../rating/index.ts';
import { compileText } from '../support/tariffs.ts';

const MONTHS = 40;
const startOf = (month: number, day = 10) => Date.UTC(2023, month, day);
const periodOf = (month: number) => new Date(startOf(month)).toISOString().slice(0, 7);

const usage = (month: number, no: number, quantity: number, band: string): SettledUsage => ({
  ...{ identity: (month * 10 + no).toString(16).padStart(32, '0'), startMs: startOf(month, 10 + no), quantity },
  ...{ quantityUp: 0, zone: '', band, version: 'long@2023-01-01' },
});

const head = `name: long
effective: 2023-01-01
currency: EUR
timeZone: Europe/Prague
service: electricity
tax: { percent: 0, included: true }
rounding: { at: line, mode: half-up, decimals: 2 }
`;

/** Quantity of a line in the last month. */
function settled(text: string, usages: readonly SettledUsage[], component: string): number {
  const book = TariffBook.build([compileText(head + text)]);
  const assignments = [{ tariff: 'long', fromMs: null, toMs: null }];
  const charges = settle({ book, period: periodOf(MONTHS - 1), assignments, usages, posted: [] });
  return charges.filter((one) => one.component === component).reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Units that are kept for so many months, each with those left. */
class Kept {
  private all: { left: number; age: number }[] = [];
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  take(wanted: number): number {
    let taken = 0;
    for (const one of this.all) {
      const more = Math.min(one.left, wanted - taken);
      one.left -= more;
      taken += more;
    }
    return taken;
  }

  nextMonth(left: number): void {
    this.all.push({ left, age: 0 });
    for (const one of this.all) one.age++;
    this.all = this.all.filter(({ age }) => age <= this.most);
  }
}

describe('what goes on over several cycles', () => {
  const months = fc.array(fc.integer({ min: 0, max: 250 }), { minLength: MONTHS, maxLength: MONTHS });
  const cycles = fc.integer({ min: 1, max: 20 });

  it('is exact for rolled over units, however long the tariff has been in force', () => {
    fc.assert(
      fc.property(months, cycles, (used, count) => {
        const kept = new Kept(count);
        let taken = 0;
        for (const quantity of used) {
          const own = Math.min(100, quantity);
          taken = own + kept.take(quantity - own);
          kept.nextMonth(100 - own);
        }
        const text = `registers: { in: ['1.8.0'] }
rules: [{ price: { price: 1, per: 1Wh } }]
period: { allowances: [{ component: free, quantity: 100Wh, rollover: { cycles: ${count} } }] }
`;
        // In two usages: the first units of each are free.
        const usages = used.flatMap((quantity, month) => [
          usage(month, 0, Math.floor(quantity / 3), 'in'),
          usage(month, 1, quantity - Math.floor(quantity / 3), 'in'),
        ]);
        expect(settled(text, usages, 'free')).toBe(taken);
      }),
      { numRuns: 40 },
    );
  });

  it('is exact for a bank of what was sent out', () => {
    fc.assert(
      fc.property(months, months, cycles, (imported, exported, count) => {
        const kept = new Kept(count);
        let billed = 0;
        imported.forEach((quantity, month) => {
          const wanted = Math.max(0, quantity - exported[month]!);
          billed = wanted - kept.take(wanted);
          kept.nextMonth(Math.max(0, exported[month]! - quantity));
        });
        const text = `registers: { in: ['1.8.0'], out: ['2.8.0'] }
rules: [{ price: { price: 1, per: 1Wh } }]
period: { net: [{ component: net, import: in, export: out, bank: ${count}, price: 1, per: 1Wh }] }
`;
        const usages = imported.flatMap((quantity, month) => [
          usage(month, 0, quantity, 'in'),
          usage(month, 1, exported[month]!, 'out'),
        ]);
        expect(settled(text, usages, 'net')).toBe(billed);
      }),
      { numRuns: 40 },
    );
  });
});
