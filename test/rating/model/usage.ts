/** What one usage costs, exactly: one increment after the other. */
import { asSold } from './energy.ts';
import { bandAt, ruleFor, zoneOf } from './place.ts';
import { Q } from './rational.ts';
import { divided } from './divided.ts';
import type { Rule, Tariff } from './tariff.ts';

export interface Usage {
  startMs: number;
  /** Of a volume that has a duration. */
  endMs?: number;
  /** Base units; of a session in parts its running total. */
  quantity: number;
  up: number;
  /** What earlier parts of the session had. */
  done?: number;
  to: string;
  register: string;
  from?: string;
  forwardedBy?: string;
  direction?: string;
  /** Class, trunks, login and so on, by the key of `when`. */
  texts?: Record<string, string>;
  attributes?: Record<string, string>;
  otherAttributes?: Record<string, string>;
  /** The quantity is energy already. */
  sold?: boolean;
  /** Which of several subscriptions used it. */
  member?: string;
}

/** Increments of one unit price, in the order of time. */
export interface Part {
  rule: Rule;
  /** Billed base units before it and in it. */
  from: bigint;
  billed: bigint;
  /** Currency units for one base unit. */
  rate: Q;
}

export interface Priced {
  zone: string;
  band: string;
  rule: Rule;
  billed: bigint;
  /** Currency units, exact. */
  sum: Q;
  parts: Part[];
}

export type Outcome = Priced | { error: string };

/** A part of a session costs what the session costs so far (`quantity`) less what it cost before (`done`). */
export function priceUsage(tariff: Tariff, given: Usage): Outcome {
  const usage = asSold(tariff, given);
  if ('error' in usage) return usage;
  const all = priceWhole(tariff, usage);
  if ((usage.done ?? 0) === 0 || 'error' in all) return all;
  const before = priceWhole(tariff, earlier(usage));
  if ('error' in before) return before;
  return { ...all, billed: all.billed - before.billed, sum: all.sum.minus(before.sum) };
}

/** The session as it stood when its last part was priced. */
export function earlier(usage: Usage): Usage {
  return { ...usage, quantity: usage.done ?? 0, done: 0 };
}

function priceWhole(tariff: Tariff, usage: Usage): Outcome {
  if (usage.startMs < tariff.effectiveMs) return { error: 'RATE_NO_VERSION' };
  const zone = zoneOf(tariff, usage);
  if (zone === null) return { error: 'RATE_NO_ZONE' };
  const band = tariff.registers === null ? bandAt(tariff, usage.startMs) : tariff.registers.get(usage.register);
  if (band === undefined) return { error: 'RATE_NO_REGISTER' };
  const rule = ruleFor(tariff, usage, zone, band);
  if (rule === undefined) return { error: 'RATE_NO_PRICE' };
  const { price } = rule;
  const measured = BigInt(
    price.measure === 'up' ? usage.up : price.measure === 'down' ? usage.quantity - usage.up : usage.quantity,
  );
  const place = { zone, band, rule };
  if (new Q(measured).compare(price.freeUnder) < 0) return { ...place, billed: 0n, sum: Q.zero, parts: [] };
  const parts = divided(tariff, { ...usage, quantity: Number(measured) }, zone, rule);
  if (typeof parts === 'string') return { error: parts };
  const billed = parts.reduce((sum, part) => sum + part.billed, 0n);
  let sum = Q.sum([price.setup, ...parts.map((part) => part.rate.times(part.billed))]);
  if (measured > 0n && price.firstPrice !== null && price.first !== null) {
    sum = sum.minus(parts[0]!.rate.times(price.first)).plus(price.firstPrice);
  }
  // Without a minimum a price below zero stays one.
  if (measured > 0n && !price.minimum.isZero()) sum = sum.max(price.minimum);
  if (price.cap !== null) sum = sum.min(price.cap);
  return { ...place, billed, sum, parts };
}
