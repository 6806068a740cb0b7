/**
 * Usage over a border (another owner, tariff, tax, multiplier or cycle) that no reading divides: in proportion to time,
 * or to a profile. The parts are whole base units and add up to the usage, whoever asks for which of them;
 * and so do the parts of what a record charge says, in the units it was rounded to.
 */
import { DAY_MS } from '../arithmetic/calendar.ts';
import { decimalRatio, ONE, product, type Ratio } from '../arithmetic/ratio.ts';
import { versionAt, type BookVersion, type TariffBook } from '../engine/index.ts';
import { cyclesBetween } from './cycles.ts';
import { floor, plus, quotient, whole } from './exact.ts';
import type { Member } from './member.ts';
import type { SettledUsage } from './model.ts';
import { dayOf, startOfDay } from './spans.ts';

export interface Piece {
  usage: SettledUsage;
  version: BookVersion;
}

/** `version`: the one that valued the usage; it says how to divide. */
export function splitUsage(book: TariffBook, member: Member, usage: SettledUsage, version: BookVersion): Piece[] {
  const { split, cycle } = version.tariff.model.period;
  const { startMs, endMs = startMs } = usage;
  if (split === null || endMs <= startMs || version.tariff.model.base === 'ms') return [{ usage, version }];
  const days = { first: dayOf(version, startMs), end: dayOf(version, endMs) + 1 };
  // A cycle from reading to reading has its borders where readings are.
  const cycles =
    cycle.kind === 'reading' ? [] : cyclesBetween(cycle, days, member.facts(version, { first: 0, end: days.end }));
  const borders = [
    ...cycles.map(({ first }) => startOfDay(version, first)),
    ...member.input.assignments.flatMap(({ tariff, fromMs, toMs }) => [
      fromMs,
      toMs,
      ...book.versionsOf(tariff).map((one) => one.tariff.effectiveMs),
    ]),
    ...(usage.within === undefined ? [] : [usage.within.fromMs, usage.within.toMs]),
  ].filter((ms): ms is number => ms !== null && ms > startMs && ms < endMs);
  const points = [...new Set([startMs, ...borders, endMs])].sort((a, b) => a - b);
  const weights = points.map((ms) => weightUpTo(version, split, startMs, ms));
  const total = weights.at(-1)!;
  // A profile may have no weight at all in the span; then time decides.
  const shares = points.map((ms, index) =>
    total.num === 0n ? { num: BigInt(ms - startMs), den: BigInt(endMs - startMs) } : quotient(weights[index], total),
  );
  const factor = usage.within?.factor ?? ONE;
  const upTo = (quantity: number, index: number) => floor(product(product(whole(quantity), shares[index]), factor));
  return points.slice(1).flatMap((toMs, index) => {
    const fromMs = points[index];
    const { within } = usage;
    if (within !== undefined && (fromMs < within.fromMs || toMs > within.toMs)) return [];
    const piece: SettledUsage = {
      ...usage,
      startMs: fromMs,
      endMs: toMs,
      quantity: upTo(usage.quantity, index + 1) - upTo(usage.quantity, index),
      quantityUp: upTo(usage.quantityUp, index + 1) - upTo(usage.quantityUp, index),
    };
    if (usage.charged !== undefined) {
      const { amountMicros, taxMicros, billed } = usage.charged;
      const unit = 10 ** (6 - version.tariff.model.rounding.decimals);
      const share = (all: number) => upTo(all, index + 1) - upTo(all, index);
      piece.charged = {
        amountMicros: unit * share(amountMicros / unit),
        taxMicros: unit * share(taxMicros / unit),
        billed: share(billed),
      };
    }
    return [{ usage: piece, version: heldAt(book, member, fromMs) ?? version }];
  });
}

/** What another multiplier of a meter makes of a quantity: `then` in place of `used`. */
export function multiplierFactor(then: number, used: number): Ratio {
  return quotient(decimalRatio(String(then)), decimalRatio(String(used)));
}

/** Nobody holds what lies outside all assignments: the version that valued it prices it. */
function heldAt(book: TariffBook, member: Member, atMs: number): BookVersion | undefined {
  const assignment = member.input.assignments.find(
    ({ fromMs, toMs }) => (fromMs ?? -Infinity) <= atMs && atMs < (toMs ?? Infinity),
  );
  return assignment === undefined ? undefined : versionAt(book.versionsOf(assignment.tariff).toReversed(), atMs);
}

/** Milliseconds from the start, each with the weight of its month. */
function weightUpTo(version: BookVersion, weights: readonly Ratio[], startMs: number, toMs: number): Ratio {
  let sum = whole(0);
  for (let atMs = startMs; atMs < toMs;) {
    const date = new Date(dayOf(version, atMs) * DAY_MS);
    const nextMonth = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
    const untilMs = Math.min(toMs, startOfDay(version, nextMonth));
    sum = plus(sum, product(whole(untilMs - atMs), weights[date.getUTCMonth()]));
    atMs = untilMs;
  }
  return sum;
}
