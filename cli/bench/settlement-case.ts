/** Settling a month of blocks: daily readings of usage points whose three steps fill by day and night. */
import { compileTariff, prepareTariff, settle, TariffBook, type SettledUsage } from '../../rating/index.ts';
import type { Prepared } from './rating-cases.ts';

const TARIFF = `name: blocks
effective: 2026-01-01
currency: BAM
timeZone: Europe/Sarajevo
service: electricity
tax: { percent: 17, included: false }
rounding: { at: line, mode: half-up, decimals: 2 }
registers: { day: ['1.8.1'], night: ['1.8.2'] }
rules: [{ price: { price: 0, per: 1kWh } }]
period:
  fees: [{ component: metering, amount: 3.00 }]
  tiers:
    - component: energy
      limits: 30-days
      steps:
        - { upTo: 300kWh, prices: { day: 0.10, night: 0.05 }, per: 1kWh }
        - { upTo: 600kWh, prices: { day: 0.20, night: 0.10 }, per: 1kWh }
        - { prices: { day: 0.40, night: 0.20 }, per: 1kWh }
`;
const DAY_MS = 86_400_000;
const DAYS = 31;
const POINTS_MAX = 2000;

/** One of `count` is a usage point's month: 62 usages, three lines. */
export function* benchBlockSettlement(rows: number): Generator<Prepared> {
  const noSideFile = (name: string): string => {
    throw new Error(`there is no ${name}`);
  };
  const book = TariffBook.build([compileTariff(prepareTariff(TARIFF, noSideFile))]);
  const count = Math.max(1, Math.min(POINTS_MAX, Math.floor(rows / (2 * DAYS))));
  const points = Array.from({ length: count }, (_, point) => monthOf(point));
  yield {
    name: `a month in blocks: ${2 * DAYS} usages by day and night, three steps, a fee`,
    counted: 'usage point',
    count,
    run: () => {
      for (const usages of points) {
        const assignments = [{ tariff: 'blocks', fromMs: null, toMs: null }];
        const charges = settle({ book, period: '2026-10', assignments, usages, posted: [] });
        if (charges.length !== 3) throw new Error(`${charges.length} lines instead of 3`);
      }
    },
  };
}

function monthOf(point: number): SettledUsage[] {
  return Array.from({ length: 2 * DAYS }, (_, row) => ({
    identity: (point * 100 + row).toString(16).padStart(32, '0'),
    startMs: Date.UTC(2026, 9, 1) + Math.floor(row / 2) * DAY_MS,
    quantity: 5000 + ((point * 31 + row * 7919) % 9000),
    quantityUp: 0,
    zone: '',
    band: row % 2 === 0 ? 'day' : 'night',
    version: 'blocks@2026-01-01',
  }));
}
