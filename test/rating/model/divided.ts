/** A usage divided into increments, and those by the price that each of them has. */
import { bandAt, ruleFor } from './place.ts';
import { Q } from './rational.ts';
import type { Rule, Tariff } from './tariff.ts';
import type { Part, Usage } from './usage.ts';

export type NoPrice = 'RATE_NO_PRICE' | 'RATE_NO_SERIES_PRICE';

export function divided(tariff: Tariff, usage: Usage, zone: string, start: Rule): Part[] | NoPrice {
  const walk = new Walk(tariff, usage, zone, start);
  try {
    if (tariff.timed) walk.time();
    else walk.volume();
  } catch (error) {
    if (error instanceof Missing) return error.code;
    throw error;
  }
  return walk.parts;
}

/** Something in the usage has no price. */
class Missing extends Error {
  readonly code: NoPrice;

  constructor(code: NoPrice) {
    super(code);
    this.code = code;
  }
}

const MINUTE_MS = 60_000;

class Walk {
  readonly parts: Part[] = [];
  private readonly tariff: Tariff;
  private readonly usage: Usage;
  private readonly zone: string;
  private readonly start: Rule;
  private billed = 0n;

  constructor(tariff: Tariff, usage: Usage, zone: string, start: Rule) {
    this.tariff = tariff;
    this.usage = usage;
    this.zone = zone;
    this.start = start;
  }

  time(): void {
    const { startMs, quantity } = this.usage;
    const endMs = startMs + quantity;
    const { crossing } = this.tariff;
    if (crossing === 'split') {
      for (const { fromMs, toMs } of this.pieces(startMs, endMs)) this.steps(fromMs, toMs, fromMs);
    } else this.steps(startMs, endMs, crossing === 'by-increment' ? null : startMs);
  }

  /** One increment after the other; `pricedAt`: all of them have the price of that moment. */
  private steps(fromMs: number, toMs: number, pricedAt: number | null): void {
    for (let nowMs = fromMs; nowMs < toMs;) {
      const atMs = pricedAt ?? nowMs;
      const rule = this.ruleAt(atMs);
      const tier = this.tierOf(rule);
      const size = Number(this.billed === 0n && rule.price.first !== null ? rule.price.first : tier.step);
      const length = size > 0 ? size : this.exact(tier.upTo, nowMs, toMs, pricedAt !== null);
      this.add(rule, BigInt(length), tier.rate, atMs);
      nowMs += length;
    }
  }

  /** Time that is not counted in steps: prices change at whole minutes and where tiers end, nowhere else. */
  private exact(upTo: bigint | null, nowMs: number, toMs: number, one: boolean): number {
    const left = upTo === null ? toMs - nowMs : Math.min(toMs - nowMs, Number(upTo - this.billed));
    return one ? left : Math.min(left, MINUTE_MS - (nowMs % MINUTE_MS));
  }

  volume(): void {
    const { startMs, endMs = startMs } = this.usage;
    const billed = counted(this.start, BigInt(this.usage.quantity));
    if (this.tariff.crossing !== 'prorate' || endMs <= startMs) return this.quantity(billed, startMs);
    // What is billed up to a moment is its share of the time, in whole base units.
    let given = 0n;
    for (const { fromMs, toMs } of this.pieces(startMs, endMs)) {
      const share = (billed * BigInt(toMs - startMs)) / BigInt(endMs - startMs);
      this.quantity(share - given, fromMs);
      given = share;
    }
  }

  private quantity(amount: bigint, atMs: number): void {
    const rule = this.ruleAt(atMs);
    for (let left = amount; left > 0n;) {
      const tier = this.tierOf(rule);
      const units = tier.upTo === null || tier.upTo - this.billed > left ? left : tier.upTo - this.billed;
      this.add(rule, units, tier.rate, atMs);
      left -= units;
    }
  }

  /** The same band and the same price of the hour throughout. */
  private pieces(startMs: number, endMs: number): { fromMs: number; toMs: number }[] {
    const place = (ms: number) => {
      const { series } = this.ruleAt(ms).price;
      const every = series === null ? 0 : this.tariff.series.get(series)!.everyMs;
      return every === 0 ? this.bandOf(ms) : `${this.bandOf(ms)} ${Math.floor(ms / every)}`;
    };
    const pieces = [{ fromMs: startMs, toMs: endMs }];
    const firstMinute = (Math.floor(startMs / MINUTE_MS) + 1) * MINUTE_MS;
    let before = place(startMs);
    for (let ms = firstMinute; ms < endMs; ms += MINUTE_MS) {
      const here = place(ms);
      if (here !== before) {
        pieces.at(-1)!.toMs = ms;
        pieces.push({ fromMs: ms, toMs: endMs });
      }
      before = here;
    }
    return pieces;
  }

  private bandOf(ms: number): string {
    const { registers } = this.tariff;
    return registers === null ? bandAt(this.tariff, ms) : (registers.get(this.usage.register) ?? '');
  }

  private ruleAt(ms: number): Rule {
    if (ms === this.usage.startMs) return this.start;
    const rule = ruleFor(this.tariff, this.usage, this.zone, this.bandOf(ms));
    if (rule === undefined) throw new Missing('RATE_NO_PRICE');
    return rule;
  }

  /** The tier in which the next unit lies; with `whole` the one that the quantity reaches. */
  private tierOf({ price }: Rule): Rule['price']['tiers'][number] {
    const quantity = BigInt(this.usage.quantity);
    const reached = this.tariff.timed ? quantity : counted(this.start, quantity);
    return price.tiers.find(({ upTo }) => upTo === null || (price.whole ? reached <= upTo : this.billed < upTo))!;
  }

  private add(rule: Rule, billed: bigint, rate: Q, atMs: number): void {
    const full = rate.plus(this.seriesRate(rule, atMs));
    const last = this.parts.at(-1);
    if (last?.rule === rule && last.rate.equals(full)) last.billed += billed;
    else this.parts.push({ rule, from: this.billed, billed, rate: full });
    this.billed += billed;
  }

  private seriesRate(rule: Rule, ms: number): Q {
    const series = this.tariff.series.get(rule.price.series ?? '');
    if (series === undefined) return Q.zero;
    const slot = Math.floor((ms - series.firstMs) / series.everyMs);
    const price = series.prices.get(series.firstMs + slot * series.everyMs);
    if (price !== undefined) return price.times(rule.price.factor).over(series.per);
    throw new Missing('RATE_NO_SERIES_PRICE');
  }
}

/** Volume in the steps of a rule. */
function counted({ price }: Rule, measured: bigint): bigint {
  if (price.step === 0n) return measured;
  const steps = measured / price.step;
  return price.full || steps * price.step === measured ? steps * price.step : (steps + 1n) * price.step;
}
