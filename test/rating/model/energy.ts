/** Gas: cubic metres as kilowatt-hours, a few minutes at a time of the gas days that a usage touches. */
import { fields, quantity, text, type Fields, type Tree } from './document.ts';
import { dateOf, localMs } from './local-time.ts';
import { Q } from './rational.ts';
import type { ReadFile, Tariff } from './tariff.ts';
import type { Usage } from './usage.ts';

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;

export interface Energy {
  calorific: Factor;
  correction: Factor;
  /** kWh in one of what `calorific` counts in. */
  unit: Q;
  beginsMs: number;
  round: Q;
}

type AttributeOf = (name: string) => string | undefined;
/** By the date of the gas day. */
type Factor = (attributeOf: AttributeOf, date: string) => Q | 'RATE_ATTRIBUTE' | 'RATE_NO_CALORIFIC';

export function readEnergy(document: Fields, readFile: ReadFile): Energy | null {
  if (document.energy === undefined) return null;
  const energy = fields(document.energy);
  const [hours = '0', minutes = '0'] = (text(energy.dayBegins) || '00:00').split(':');
  return {
    calorific: readFactor(energy.calorific!, readFile),
    correction: readFactor(energy.correction ?? '1', readFile),
    unit: energy.in === 'MJ' ? new Q(10n, 36n) : new Q(1n),
    beginsMs: (60 * Number(hours) + Number(minutes)) * MINUTE_MS,
    round: quantity(energy.round ?? '1Wh', 'heat'),
  };
}

function readFactor(tree: Tree, readFile: ReadFile): Factor {
  if (typeof tree === 'string') return () => Q.of(tree);
  const factor = fields(tree);
  if (factor.attribute !== undefined) {
    return (attributeOf) => {
      const value = attributeOf(text(factor.attribute)) ?? '';
      return /^\d+(\.\d+)?$/.test(value) ? Q.of(value) : 'RATE_ATTRIBUTE';
    };
  }
  const values = new Map<string, Q>();
  for (const line of readFile(text(factor.file)).split(/\r?\n/)) {
    const parts = line.split(/[,;]/).map((part) => part.trim());
    if (/^\d{4}-/.test(line)) values.set(parts.slice(0, -1).join(' '), Q.of(parts.at(-1)!));
  }
  return (attributeOf, date) => {
    const area = factor.area === undefined ? '' : attributeOf(text(factor.area));
    if (area === undefined) return 'RATE_ATTRIBUTE';
    return values.get(`${date} ${area}`.trim()) ?? 'RATE_NO_CALORIFIC';
  };
}

/** The usage in Wh, as prices count it. */
export function asSold(tariff: Tariff, usage: Usage): Usage | { error: string } {
  const { energy } = tariff;
  if (energy === null || usage.sold === true) return usage;
  const { startMs, endMs = startMs } = usage;
  if (startMs < tariff.effectiveMs) return { error: 'RATE_NO_VERSION' };
  const shares = new Map<string, bigint>();
  const add = (ms: number, length: bigint) => {
    const date = dateOf(localMs(ms, tariff.timeZone) - energy.beginsMs);
    shares.set(date, (shares.get(date) ?? 0n) + length);
  };
  if (endMs <= startMs) add(startMs, 1n);
  // Clocks are changed at full quarters of an hour; gas days mostly begin at one.
  const step = energy.beginsMs % QUARTER_MS === 0 ? QUARTER_MS : MINUTE_MS;
  for (let ms = startMs; ms < endMs;) {
    const next = Math.min(endMs, (Math.floor(ms / step) + 1) * step);
    add(ms, BigInt(next - ms));
    ms = next;
  }
  const attributeOf = (name: string) => usage.attributes?.[name];
  let [heat, time] = [Q.zero, 0n];
  for (const [date, ms] of shares) {
    const [calorific, correction] = [energy.calorific(attributeOf, date), energy.correction(attributeOf, date)];
    // A missing attribute is found before any day is looked for.
    for (const one of [calorific, correction]) if (one === 'RATE_ATTRIBUTE') return { error: one };
    if (!(calorific instanceof Q) || !(correction instanceof Q)) return { error: 'RATE_NO_CALORIFIC' };
    heat = heat.plus(calorific.times(correction).times(ms));
    time += ms;
  }
  // A cubic metre with so many kWh is a litre with so many Wh.
  const exact = heat.over(time).times(energy.unit).times(BigInt(usage.quantity));
  const sold = exact.over(energy.round).round('half-up', 0).times(energy.round);
  return { ...usage, quantity: Number(sold.floor()), sold: true };
}
