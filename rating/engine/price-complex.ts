/**
 * The longer way to a price: tiers inside a usage, prices from a series, and usages that are cut at borders. It takes one
 * turn per border and tier, however many steps there are.
 *
 * Tiers are counted in billed quantity from the start of the usage: a started step is finished in the tier it began in.
 */
import { shareOf } from '../arithmetic/rounding.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { addQuantity, traceSegment } from './add-amount.ts';
import { bandAt, DIVIDED_MS_MAX, type BandAt } from './band-at.ts';
import { chooseRule, noRuleCode } from './choose-rule.ts';
import { RateCode } from './codes.ts';
import type { Priced, Segment } from './priced.ts';

export function priceComplex(tariff: CompiledTariff, out: Priced, trace: Segment[] | null): void {
  const pieces = new Pieces(tariff, out, trace);
  switch (tariff.model.crossing) {
    case 'by-start':
      return pieces.whole();
    case 'by-increment':
      return pieces.byIncrement();
    case 'split':
      return pieces.split();
    case 'prorate':
      return pieces.prorate(out.endMs);
  }
}

/** One usage on its way through pieces of one rule and one price. */
class Pieces {
  private readonly tariff: CompiledTariff;
  private readonly startMs: number;
  private readonly quantity: number;
  private readonly out: Priced;
  private readonly trace: Segment[] | null;
  private readonly timed: boolean;

  constructor(tariff: CompiledTariff, out: Priced, trace: Segment[] | null) {
    this.tariff = tariff;
    this.startMs = out.startMs;
    this.quantity = out.measured;
    this.out = out;
    this.trace = trace;
    this.timed = tariff.model.base === 'ms';
  }

  whole(): void {
    const { out } = this;
    const amount = this.timed ? this.quantity : this.counted(out.rule);
    this.piece(out.rule, out.band, this.startMs, amount);
  }

  /** A started step is finished; the next one belongs to the piece it begins in. */
  byIncrement(): void {
    this.walk(this.startMs + this.quantity, (rule, band, fromMs, untilMs) => {
      const before = this.out.billed;
      this.piece(rule, band, fromMs, untilMs - fromMs);
      return fromMs + this.out.billed - before;
    });
  }

  /** Steps are counted anew behind each border. */
  split(): void {
    this.walk(this.startMs + this.quantity, (rule, band, fromMs, untilMs) => {
      this.piece(rule, band, fromMs, untilMs - fromMs);
      return untilMs;
    });
  }

  /** What is billed is counted once, and its share up to a border is its share of the time, in whole base units. */
  prorate(endMs: number): void {
    const { out, startMs } = this;
    const billed = this.counted(out.rule);
    if (!(endMs > startMs)) return this.piece(out.rule, out.band, startMs, billed);
    let given = 0;
    this.walk(endMs, (rule, band, fromMs, untilMs) => {
      const share = shareOf(billed, untilMs - startMs, endMs - startMs);
      if (share > given) this.piece(rule, band, fromMs, share - given);
      given = share;
      return untilMs;
    });
  }

  /** Calls `take` for each span of time with one band and one price; it says where to go on. */
  private walk(endMs: number, take: (rule: number, band: number, fromMs: number, untilMs: number) => number): void {
    const { tariff, out } = this;
    if (endMs - this.startMs > DIVIDED_MS_MAX) {
      out.code = RateCode.overflow;
      return;
    }
    for (let nowMs = this.startMs; nowMs < endMs && out.code === 0;) {
      const { band, untilMs } = this.spanAt(nowMs, endMs);
      const rule = chooseRule(tariff, out.zone, band, out);
      if (rule < 0) {
        out.code = noRuleCode(rule);
        return;
      }
      nowMs = take(rule, band, nowMs, Math.min(untilMs, endMs, this.seriesUntil(rule, nowMs)));
    }
  }

  /** Midnight and a change of clocks are no borders where the band goes on. */
  private spanAt(nowMs: number, endMs: number): BandAt {
    const { tariff, out } = this;
    if (tariff.model.bands.by !== 'clock') return { band: out.band, untilMs: Infinity };
    const { band, untilMs } = bandAt(tariff, nowMs);
    let until = untilMs;
    while (until < endMs) {
      const next = bandAt(tariff, until);
      if (next.band !== band) break;
      until = next.untilMs;
    }
    return { band, untilMs: until };
  }

  private seriesUntil(rule: number, nowMs: number): number {
    const series = this.tariff.prices.series[rule];
    if (series === null) return Infinity;
    const { fromMs, everyMs } = series;
    return fromMs + (Math.floor((nowMs - fromMs) / everyMs) + 1) * everyMs;
  }

  /** Base units of volume that are billed, in the steps of the rule. */
  private counted(rule: number): number {
    const { step, full } = this.tariff.prices;
    const steps = this.quantity / step[rule];
    return (full[rule] === 1 ? Math.floor(steps) : Math.ceil(steps)) * step[rule];
  }

  /** Time is counted in steps here; volume was counted before. */
  private piece(rule: number, band: number, atMs: number, amount: number): void {
    const { out, timed } = this;
    const { first, step, tierEnd } = this.tariff.prices;
    for (let left = amount; left > 0 && out.code === 0;) {
      const row = this.rowAt(rule);
      const use = Math.min(left, this.tariff.prices.whole[rule] === 1 ? Infinity : tierEnd[row] - out.billed);
      let billed = use;
      if (timed) {
        billed = out.billed === 0 && !out.later ? first[rule] : 0;
        if (use > billed) billed += Math.ceil((use - billed) / step[row]) * step[row];
      }
      this.add(rule, row, band, atMs + amount - left, billed);
      left -= billed;
    }
  }

  /** The row of the price table for the next unit. */
  private rowAt(rule: number): number {
    const { tierCount, tierRow, tierEnd, whole } = this.tariff.prices;
    if (tierCount[rule] === 0) return rule;
    let row = tierRow[rule];
    if (whole[rule] === 1) {
      const reached = this.timed ? this.out.measured : this.counted(rule);
      while (reached > tierEnd[row]) row++;
    } else {
      while (this.out.billed >= tierEnd[row]) row++;
    }
    return row;
  }

  private add(rule: number, row: number, band: number, atMs: number, billed: number): void {
    const { out, trace } = this;
    const { prices } = this.tariff;
    const series = prices.series[rule];
    const index = series === null ? 0 : Math.floor((atMs - series.fromMs) / series.everyMs);
    const exact = series === null ? prices.rateExact[row] : series.exact(index);
    if (exact === null) {
      out.code = RateCode.noSeriesPrice;
      return;
    }
    const from = out.billed;
    if (!addQuantity(out, billed, series === null ? prices.rate[row] : series.rate[index], exact)) return;
    if (trace !== null) traceSegment(trace, { band, rule, row, rate: exact, atMs, from, billed });
  }
}

/** A finished usage costs at most the cap, where the rest is free. */
export function applyCap(tariff: CompiledTariff, rule: number, out: Priced): void {
  const cap = tariff.prices.capExact[rule];
  if (cap === null) return;
  const sum = out.numerator();
  if (sum <= cap) return;
  out.uncapped = sum;
  out.exact = cap;
}
