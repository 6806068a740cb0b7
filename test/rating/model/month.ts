/** What a month costs: everything from the beginning, component by component in the order in which they are explained. */
import { asSold } from './energy.ts';
import { Customer, cyclesOf, dateOfDay, monthSpan, type Span } from './days.ts';
import { splitByMonths } from './split.ts';
import { fields, list, text, texts, type Fields } from './document.ts';
import { add, NOTHING, valuation, withTax, type Money } from './money.ts';
import { Q } from './rational.ts';
import { SettlementError } from './settlement-error.ts';
import type { Tariff } from './tariff.ts';
import { allowances, fees, norms } from './fixed.ts';
import { Lines, type Line } from './lines.ts';
import { demand, losses, net, percentile, reactive } from './metered.ts';
import { benefits, commitments, shares } from './shares.ts';
import { addTiers } from './tiers.ts';
import { localMs, DAY_MS } from './local-time.ts';
import { earlier, priceUsage, type Priced, type Usage } from './usage.ts';

export interface Month {
  lines: (Line & { of: string })[];
  /** What the subscriber pays: record charges and lines without another payer. */
  total: Money;
}

/** A usage on its way through the month. */
export interface Used {
  usage: Usage;
  priced: Priced;
  day: number;
  /** Billed units that allowances have taken. */
  covered: Q;
}

export interface Work {
  tariff: Tariff;
  period: string;
  customer: Customer;
  lines: Lines;
  used: Used[];
  /** Which of the `members`; '' when there is one subscription. */
  name: string;
  /** How many subscriptions count together here. */
  members: number;
  /** Quantities that go into tiers beside the usage, by component. */
  flows: Map<string, Q>;
}

/** `given`: period, starts, ends, customer; `usages` in the order of (start, identity) once sorted. */
export function settleMonth(tariff: Tariff, given: Fields, usages: readonly Usage[]): Month | { error: string } {
  try {
    return settle(tariff, given, usages);
  } catch (error) {
    if (error instanceof SettlementError) return { error: error.code };
    throw error;
  }
}

function settle(tariff: Tariff, given: Fields, usages: readonly Usage[]): Month | { error: string } {
  const members = membersOf(tariff, given, usages);
  for (const { work, usages: own } of members) {
    for (const one of own) {
      const day = Math.floor(localMs(one.startMs, tariff.timeZone) / DAY_MS);
      const usage = asSold(tariff, { ...one, attributes: { ...work.customer.attributesOn(day), ...one.attributes } });
      if ('error' in usage) return usage;
      const priced = priceUsage(tariff, usage);
      if ('error' in priced) return priced;
      work.used.push({ usage, priced, day, covered: Q.zero });
    }
    work.used.sort((a, b) => a.usage.startMs - b.usage.startMs);
  }
  const works = members.map(({ work }) => work);
  const period = fields(tariff.document.period);
  /** Usage of all members, for components with a scope; the first member carries their lines. */
  const joint: Work = {
    ...works[0]!,
    used: works.flatMap(({ used }) => used).sort((a, b) => a.usage.startMs - b.usage.startMs),
    members: works.length,
  };
  const each = (list: Fields[], apply: (work: Work, component: Fields) => void) => {
    for (const component of list) {
      const shared = component.scope === 'account' || component.scope === 'group';
      for (const work of shared ? [joint] : works) apply(work, component);
    }
  };
  const of = (key: string) => list(period[key]).map(fields);
  const rank = (one: Fields) => Number(one.priority ?? 0);
  each(of('fees'), fees);
  each(
    of('allowances').sort((a, b) => rank(a) - rank(b)),
    allowances,
  );
  const records = works.map(ownPrices).reduce(add, NOTHING);
  each(of('net'), net);
  each(of('losses'), losses);
  each(of('tiers'), addTiers);
  each(of('demand'), demand);
  each(of('percentile'), percentile);
  each(of('reactive'), reactive);
  each(of('norms'), norms);
  each(of('surcharges'), (one, component) => shares(one, component, 1n));
  each(of('discounts'), (one, component) => shares(one, component, -1n));
  each(of('benefits'), benefits);
  each(of('commitments'), commitments);
  const lines = works.flatMap((work) => {
    work.lines.roundDocuments();
    return work.lines.all().map((line) => ({ ...line, of: work.name }));
  });
  const own = lines.filter(({ payer }) => payer === '');
  return { lines, total: own.reduce((sum, line) => add(sum, line.money), records) };
}

function membersOf(
  tariff: Tariff,
  given: Fields,
  usages: readonly Usage[],
): { work: Work; usages: readonly Usage[] }[] {
  const period = text(given.period);
  const work = (name: string, one: Fields): Work => ({
    tariff,
    period,
    name,
    customer: new Customer(one, tariff.effective),
    lines: new Lines(tariff, exchangeRate(tariff, period)),
    used: [],
    members: 1,
    flows: new Map(),
  });
  const within = (all: readonly Usage[]) => all.flatMap((usage) => splitByMonths(tariff, usage));
  if (given.members === undefined) return [{ work: work('', given), usages: within(usages) }];
  return Object.entries(fields(given.members)).map(([name, tree]) => ({
    work: work(name, fields(tree)),
    usages: within(usages.filter(({ member }) => member === name)),
  }));
}

/** What one unit of the tariff's currency costs in that of the account, on the last or first day of the month. */
function exchangeRate(tariff: Tariff, period: string): Q | null {
  if (fields(tariff.document.period).exchange === undefined) return new Q(1n);
  const exchange = fields(fields(tariff.document.period).exchange);
  const { first, end } = monthSpan(period);
  const day = dateOfDay(exchange.at === 'start' ? first : end - 1);
  const since = Object.keys(fields(exchange.rates))
    .filter((from) => from <= day)
    .sort()
    .at(-1);
  return since === undefined ? null : Q.of(text(fields(exchange.rates)[since]));
}

/** Whether settlement posts the money of a usage, and not its record. */
export function settledLater(tariff: Tariff, place: { zone: string; band: string }): boolean {
  const period = fields(tariff.document.period);
  const of = (key: string) => list(period[key]).map(fields);
  return (
    !['record', 'session'].includes(tariff.rounding.at) ||
    of('allowances').some((one) => suits(one, place)) ||
    isTaken(tariff, place)
  );
}

/**
 * Of one usage when it arrives: a charge, or a valuation. Of a part of a session the running total is rounded, before and
 * after it, so that the parts add up; only `at: record` rounds each part for itself.
 */
export function recordMoney(tariff: Tariff, usage: Usage, priced: Priced): Money {
  const money = settledLater(tariff, priced) ? valuation : withTax;
  if (tariff.rounding.at === 'record' || (usage.done ?? 0) === 0) return money(tariff, priced.sum);
  const [all, before] = [{ ...usage, done: 0 }, earlier(usage)].map((one) => {
    const whole = priceUsage(tariff, one);
    return 'error' in whole ? NOTHING : money(tariff, whole.sum);
  });
  return { amount: all!.amount.minus(before!.amount), tax: all!.tax.minus(before!.tax) };
}

/** Priced by a component of the month in place of its rule. */
function isTaken(tariff: Tariff, place: { zone: string; band: string }): boolean {
  const period = fields(tariff.document.period);
  const of = (key: string) => list(period[key]).map(fields);
  return isNetted(tariff, place) || of('tiers').some((one) => one.adds !== 'true' && suits(one, place));
}

export function isNetted(tariff: Tariff, { band }: { band: string }): boolean {
  const net = list(fields(tariff.document.period).net).map(fields);
  return net.some((one) => [...texts(one.import), ...texts(one.export)].includes(band));
}

export function suits(component: Fields, place: { zone: string; band: string }): boolean {
  const within = (names: string[], name: string) => names.length === 0 || names.includes(name);
  return within(texts(component.zones), place.zone) && within(texts(component.bands), place.band);
}

/** Usage at the price of its rule: what allowances left of it, and no component prices. */
function ownPrices({ tariff, period, lines, used }: Work): Money {
  const [month] = cyclesOf(fields(tariff.document.period).cycle as Fields | string | undefined, 'end', period);
  let records = NOTHING;
  for (const { priced, covered, day } of used) {
    if (month === undefined || day < month.first || day >= month.end || isTaken(tariff, priced)) continue;
    if (!settledLater(tariff, priced)) {
      const money = withTax(tariff, priced.sum);
      records = add(records, money);
      lines.record(priced.rule.component, new Q(priced.billed), money);
      continue;
    }
    const rest = new Q(priced.billed).minus(covered);
    if (rest.isZero() && !covered.isZero()) continue;
    const line = lines.at({ component: priced.rule.component, zone: priced.zone, band: priced.band });
    line.used(rest);
    line.usage(covered.isZero() ? priced.sum : restSum(priced, covered.floor()), day);
  }
  return records;
}

/** What an allowance leaves: the last units, at their price, without setup, first block and minimum. */
function restSum(priced: Priced, covered: bigint): Q {
  return Q.sum(
    priced.parts.map((part) => {
      const end = part.from + part.billed;
      const from = covered > part.from ? covered : part.from;
      return from < end ? part.rate.times(end - from) : Q.zero;
    }),
  );
}

/** The cycles of a component that are settled with the month, with what was used in each. */
export function cyclesWithUse({ tariff, period, used }: Work, component: Fields): { span: Span; used: Used[] }[] {
  const own = component.cycle ?? fields(tariff.document.period).cycle;
  const spans = cyclesOf(own as Fields | string | undefined, text(component.billed) || 'end', period);
  return spans.map((span) => ({ span, used: used.filter(({ day }) => day >= span.first && day < span.end) }));
}
