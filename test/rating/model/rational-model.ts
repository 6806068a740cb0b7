/**
 * A second, slow opinion on what a call costs, written against docs/tariffs.md and sharing no code with the engine:
 * fractions of big integers, one increment at a time, the machine's own idea of local time.
 */
export interface ModelRule {
  /** Index of the zone and of the band; null = any. */
  zone: number | null;
  band: number | null;
  priceMicros: bigint;
  perSeconds: number;
  setupMicros: bigint;
  minimumMicros: bigint;
  firstSeconds: number;
  firstPriceMicros: bigint | null;
  thenSeconds: number;
  freeUnderSeconds: number;
}

export interface ModelTariff {
  timeZone: string;
  /** Hours [from, to) of band 1; the rest is band 0. Holidays are band 0, and so are weekends unless they have a peak too. */
  peakFrom: number;
  peakTo: number;
  weekendPeak: boolean;
  /** yyyy-mm-dd. */
  holidays: string[];
  prefixes: { prefix: string; zone: number }[];
  rules: ModelRule[];
  byIncrement: boolean;
  mode: 'half-up' | 'half-even' | 'up' | 'down';
  decimals: number;
  taxPercent: bigint;
  taxIncluded: boolean;
}

export type ModelPrice = { amountMicros: bigint; taxMicros: bigint; billedMs: bigint } | { error: string };

export function modelPrice(tariff: ModelTariff, to: string, startMs: number, durationMs: number): ModelPrice {
  const matching = tariff.prefixes.filter(({ prefix }) => to.startsWith(prefix));
  if (matching.length === 0) return { error: 'RATE_NO_ZONE' };
  const zone = matching.reduce((a, b) => (b.prefix.length > a.prefix.length ? b : a)).zone;
  const ruleAt = (ms: number) => {
    const band = bandAt(tariff, ms);
    return tariff.rules.find((rule) => (rule.zone ?? zone) === zone && (rule.band ?? band) === band);
  };
  const first = ruleAt(startMs);
  if (first === undefined) return { error: 'RATE_NO_PRICE' };
  if (durationMs < first.freeUnderSeconds * 1000) return { amountMicros: 0n, taxMicros: 0n, billedMs: 0n };
  let sum = new Fraction(first.setupMicros, 1n);
  let doneMs = 0;
  while (doneMs < durationMs) {
    const rule = tariff.byIncrement ? ruleAt(startMs + doneMs) : first;
    if (rule === undefined) return { error: 'RATE_NO_PRICE' };
    const seconds = doneMs === 0 ? rule.firstSeconds : rule.thenSeconds;
    const price =
      doneMs === 0 && rule.firstPriceMicros !== null
        ? new Fraction(rule.firstPriceMicros, 1n)
        : new Fraction(rule.priceMicros * BigInt(seconds), BigInt(rule.perSeconds));
    sum = sum.plus(price);
    doneMs += seconds * 1000;
  }
  if (durationMs > 0 && sum.lessThan(first.minimumMicros)) sum = new Fraction(first.minimumMicros, 1n);
  const unit = 10n ** BigInt(6 - tariff.decimals);
  const rounded = sum.over(unit).rounded(tariff.mode) * unit;
  const share = tariff.taxIncluded ? 100n + tariff.taxPercent : 100n;
  const tax = new Fraction(rounded * tariff.taxPercent, share).over(unit).rounded(tariff.mode) * unit;
  return { amountMicros: tariff.taxIncluded ? rounded : rounded + tax, taxMicros: tax, billedMs: BigInt(doneMs) };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function bandAt(tariff: ModelTariff, ms: number): number {
  let format = formats.get(tariff.timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: tariff.timeZone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(tariff.timeZone, format);
  }
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  if (!tariff.weekendPeak && (part.weekday === 'Sat' || part.weekday === 'Sun')) return 0;
  if (tariff.holidays.includes(`${part.year}-${part.month}-${part.day}`)) return 0;
  const hour = Number(part.hour);
  return hour >= tariff.peakFrom && hour < tariff.peakTo ? 1 : 0;
}

class Fraction {
  readonly num: bigint;
  readonly den: bigint;

  constructor(num: bigint, den: bigint) {
    this.num = num;
    this.den = den;
  }

  plus(other: Fraction): Fraction {
    return new Fraction(this.num * other.den + other.num * this.den, this.den * other.den).reduced();
  }

  over(divisor: bigint): Fraction {
    return new Fraction(this.num, this.den * divisor);
  }

  lessThan(whole: bigint): boolean {
    return this.num < whole * this.den;
  }

  rounded(mode: ModelTariff['mode']): bigint {
    const down = this.num / this.den;
    if (down * this.den === this.num) return down;
    const half = 2n * (this.num - down * this.den) - this.den;
    if (mode === 'up' || (mode !== 'down' && half > 0n)) return down + 1n;
    if (half === 0n && (mode === 'half-up' || (mode === 'half-even' && down % 2n === 1n))) return down + 1n;
    return down;
  }

  private reduced(): Fraction {
    let [a, b] = [this.num, this.den];
    while (b !== 0n) [a, b] = [b, a % b];
    return a === 0n ? this : new Fraction(this.num / a, this.den / a);
  }
}
