/**
 * What a month costs beyond its record charges: fees, allowances, and lines that are rounded as a whole.
 *
 * The lines are always worked out from all usages of the month, in order of (start, identity), and what stands already is
 * taken off. So settling again posts nothing, late usage posts the difference, and the order of arrival has no say.
 */
import { TollgridError, errorCode } from '../../platform/errors.ts';
import { monthDays } from '../arithmetic/calendar.ts';
import { ratio } from '../arithmetic/ratio.ts';
import { Priced, priceUsage, type BookVersion, type Segment } from '../engine/index.ts';
import { AllowancePools } from './allowances.ts';
import { Lines, keyText, roundMicros, type Line } from './lines.ts';
import type { LineTotals, PostedLine, SettledUsage, SettlementCharge, SettlementInput } from './model.ts';
import { tariffSpans, type TariffSpan } from './spans.ts';

/** Errors: SETTLE_PERIOD_INVALID, RATE_NO_TARIFF, RATE_NO_VERSION, RATE_NO_PRICE, RATE_OVERFLOW. */
export function settle(input: SettlementInput): SettlementCharge[] {
  const month = monthDays(input.period);
  if (month === null) throw new TollgridError('SETTLE_PERIOD_INVALID', `\`${input.period}\` is no month.`);
  const spans = tariffSpans(input.book, month, input.assignments);
  const lines = new Lines();
  addFees(lines, spans, month.end - month.first);
  const pools = new AllowancePools(spans, month.end - month.first);
  const ordered = [...input.usages].sort((a, b) => a.startMs - b.startMs || (a.identity < b.identity ? -1 : 1));
  for (const usage of ordered) addUsage(lines, pools, input, usage);
  return differences(lines, input);
}

function addFees(lines: Lines, spans: readonly TariffSpan[], days: number): void {
  const whole = new Set<string>();
  for (const { version, first, end } of spans) {
    const { model, name } = version.tariff;
    for (const fee of model.fees) {
      const once = fee.prorate === 'none';
      if (once && whole.has(`${name}\n${fee.component}`)) continue;
      whole.add(`${name}\n${fee.component}`);
      const line = lines.line(
        'fee',
        { component: fee.component, zone: '', band: '', version: version.tariff.version },
        version,
      );
      const counted = once ? days : end - first;
      line.addMicros(ratio(fee.amount.num * BigInt(counted), fee.amount.den * BigInt(days)));
      line.steps.push({
        step: 'line',
        text: once ? `Fee ${fee.component} of the month.` : `Fee ${fee.component}: ${counted} of ${days} days.`,
        data: { component: fee.component, days: counted, of: days },
      });
    }
  }
}

function addUsage(lines: Lines, pools: AllowancePools, { book }: SettlementInput, usage: SettledUsage): void {
  const version = book.version(usage.version);
  if (version === undefined) {
    throw new TollgridError('RATE_NO_VERSION', `Tariff ${usage.version} is not published.`, { version: usage.version });
  }
  const { model, prices } = version.tariff;
  const [priced, segments] = [priceAgain(version, usage), [] as Segment[]];
  priceUsage(version.tariff, usage.startMs, usage.quantity, usage.quantityUp, priced, segments);
  if (priced.code !== 0) {
    throw new TollgridError(errorCode(priced.code), `Usage ${usage.identity} cannot be priced again.`, {
      identity: usage.identity,
    });
  }
  if (!priced.settled) return;
  const place = { zone: usage.zone, band: usage.band, version: usage.version };
  let covered = 0;
  for (const allowance of model.allowances) {
    if (!(allowance.zones?.includes(priced.zone) ?? true) || !(allowance.bands?.includes(priced.band) ?? true))
      continue;
    const taken = pools.take(version, allowance, priced.billed - covered);
    if (taken === 0) continue;
    covered += taken;
    const line = lines.line('allowance', { component: allowance.component, ...place }, version);
    if (line.steps.length === 0) {
      line.steps.push({
        step: 'line',
        text: pools.describe(version, allowance),
        data: { component: allowance.component, limit: pools.limit(version, allowance) },
      });
    }
    line.cover(usage.identity, taken);
  }
  if (covered > 0 && covered === priced.billed) return;
  const { component } = model.rules[priced.rule];
  const line = lines.line('usage', { component, ...place }, version);
  line.cover(usage.identity, priced.billed - covered);
  const numerator = covered === 0 ? priced.numerator() : restOf(version, segments, covered);
  const micros = { num: numerator, den: prices.denominator };
  if (model.rounding.at === 'line') line.addMicros(micros);
  else line.addRounded(roundMicros(version, micros));
}

function priceAgain(version: BookVersion, usage: SettledUsage): Priced {
  const { zoneNumbers, bandNumbers } = version.tariff;
  const priced = new Priced();
  priced.zone = zoneNumbers.get(usage.zone) ?? -1;
  priced.band = bandNumbers.get(usage.band) ?? -1;
  if (priced.zone < 0 || priced.band < 0) {
    throw new TollgridError(
      'RATE_NO_PRICE',
      `Tariff ${usage.version} has no zone \`${usage.zone}\` or band \`${usage.band}\`.`,
    );
  }
  return priced;
}

/** What an allowance leaves of a usage: its last units, at their price, without setup and minimum. */
function restOf(version: BookVersion, segments: readonly Segment[], covered: number): bigint {
  const { rateExact } = version.tariff.prices;
  return segments.reduce((sum, { from, billed, rule }) => {
    const left = Math.min(billed, Math.max(0, from + billed - covered));
    return sum + BigInt(left) * rateExact[rule];
  }, 0n);
}

function differences(lines: Lines, { book, posted }: SettlementInput): SettlementCharge[] {
  const standing = new Map<string, LineTotals>();
  for (const line of posted) {
    const before = standing.get(keyText(line));
    standing.set(keyText(line), before === undefined ? line : sumOf(before, line, 1));
    ensureLine(lines, book.version(line.version), line);
  }
  return lines.sorted().flatMap((line) => {
    const total = line.totals();
    const before = standing.get(keyText(line.key));
    const open = before === undefined ? total : sumOf(total, before, -1);
    if (open.quantity === 0 && open.amountMicros === 0 && open.taxMicros === 0) return [];
    return [chargeOf(line, total, open, before)];
  });
}

/** A posted line that nothing supports any more is taken back whole. */
function ensureLine(lines: Lines, version: BookVersion | undefined, posted: PostedLine): void {
  if (version === undefined) throw new TollgridError('RATE_NO_VERSION', `Tariff ${posted.version} is not published.`);
  const { component, zone, band } = posted;
  if (lines.get(posted) === undefined) lines.line('usage', { component, zone, band, version: posted.version }, version);
}

function chargeOf(line: Line, total: LineTotals, open: LineTotals, before: LineTotals | undefined): SettlementCharge {
  const steps = line.explain(total);
  if (before !== undefined) {
    steps.push({
      step: 'line',
      text: 'Posted is the difference to what stands for this line already.',
      data: { quantity: before.quantity, amountMicros: before.amountMicros, taxMicros: before.taxMicros },
    });
  }
  return { ...line.key, ...open, currency: line.version.tariff.model.currency, total, covers: line.covers(), steps };
}

function sumOf(a: LineTotals, b: LineTotals, sign: 1 | -1): LineTotals {
  return {
    quantity: a.quantity + sign * b.quantity,
    amountMicros: a.amountMicros + sign * b.amountMicros,
    taxMicros: a.taxMicros + sign * b.taxMicros,
  };
}
