/** Components that work with the curve or the registers of a meter. */
import { fields, money, quantity, text, texts, type Fields } from './document.ts';
import { cyclesBefore, cyclesSince, type Span } from './days.ts';
import { DAY_MS, localMs, utcMs } from './local-time.ts';
import { cyclesWithUse, suits, type Used, type Work } from './month.ts';
import { Q } from './rational.ts';
import { SettlementError } from './settlement-error.ts';

const HOUR_MS = 3_600_000;
/** Decimals of a root, which has no exact value. */
const ROOT_DECIMALS = 40n;

export function root(value: Q): Q {
  const scale = 10n ** ROOT_DECIMALS;
  const square = value.times(scale * scale).floor();
  if (square === 0n) return Q.zero;
  let guess = 1n << BigInt(((square.toString(2).length + 1) / 2 + 1) | 0);
  for (let next = (guess + square / guess) / 2n; next < guess; next = (guess + square / guess) / 2n) guess = next;
  return new Q(guess, scale);
}

function windowMs(component: Fields, normal: string): number {
  const [, digits, unit] = /^(\d+) ?(min|h)$/.exec(text(component.window) || normal)!;
  return Number(digits) * (unit === 'h' ? HOUR_MS : 60_000);
}

const inBands = (used: readonly Used[], names: string[]): Used[] =>
  used.filter(({ priced }) => names.includes(priced.band));

const unitsOf = (used: readonly Used[]): Q => Q.sum(used.map(({ usage }) => new Q(BigInt(usage.quantity))));

/** A window of the local clock: in autumn the same hour comes twice, and is twice; longer windows are then longer. */
function windowAt(work: Work, utcMs: number, length: number): string {
  const local = localMs(utcMs, work.tariff.timeZone);
  return `${Math.floor(local / length)} ${length > HOUR_MS ? '' : local - utcMs}`;
}

/** Usage by window; a usage belongs to the one in which it begins. */
function windows(work: Work, used: readonly Used[], length: number): Map<string, Used[]> {
  const all = new Map<string, Used[]>();
  for (const one of used) {
    const window = windowAt(work, one.usage.startMs, length);
    all.set(window, [...(all.get(window) ?? []), one]);
  }
  return all;
}

export function demand(work: Work, demand: Fields): void {
  const length = windowMs(demand, '15min');
  const perHour = BigInt(HOUR_MS / length);
  for (const { span, used } of cyclesWithUse(work, demand)) {
    const own = used.filter(({ priced }) => suits(demand, priced));
    const days = work.customer.daysOf(demand, span);
    if (days.length === 0) continue;
    const contracted =
      demand.contracted === undefined ? Q.zero : work.customer.number(text(demand.contracted), days[0]!).times(1000n);
    const powers = [...windows(work, own, length).values()].map((some) => ({
      hour: windowAt(work, some[0]!.usage.startMs, HOUR_MS),
      watts: unitsOf(some).times(perHour),
    }));
    const highest = powers.reduce((most, { watts }) => most.max(watts), Q.zero);
    let watts = highest;
    if (demand.of === 'excess') watts = highest.minus(contracted).max(Q.zero);
    if (demand.of === 'excess-sum') {
      const hours = [...new Set(powers.map(({ hour }) => hour))];
      watts = Q.sum(
        hours.map((hour) =>
          powers
            .filter((one) => one.hour === hour)
            .reduce((most, one) => most.max(one.watts.minus(contracted)), Q.zero),
        ),
      );
    }
    // What was measured is corrected; what the contract and earlier months ask for is not.
    if (demand.powerFactor !== undefined) watts = watts.times(correction(fields(demand.powerFactor), own, used));
    if (demand.ratchet !== undefined) {
      const { percent, cycles } = fields(demand.ratchet);
      const earlier = cyclesBefore(span, Number(text(cycles))).map((before) => highestIn(work, demand, before, length));
      const most = earlier.reduce((all, one) => all.max(one), Q.zero);
      watts = watts.max(most.times(money(percent)).over(100n));
    }
    if (demand.atLeast !== undefined) watts = watts.max(contracted.times(money(demand.atLeast)).over(100n));
    const share = new Q(BigInt(days.length), BigInt(span.end - span.first));
    const line = work.lines.at({ component: text(demand.component) });
    line.rate(watts);
    line.sum(
      watts
        .times(money(demand.price))
        .over(power(text(demand.per)))
        .times(share),
    );
  }
}

function highestIn(work: Work, demand: Fields, span: Span, length: number): Q {
  const own = work.used.filter(({ day, priced }) => day >= span.first && day < span.end && suits(demand, priced));
  const sums = [...windows(work, own, length).values()].map(unitsOf);
  return sums.reduce((most, one) => most.max(one), Q.zero).times(BigInt(HOUR_MS / length));
}

/** In W or bit/s. */
function power(per: string): Q {
  const [, digits = '', unit = ''] = /^([\d.]+) ?(\S+)$/.exec(per)!;
  const factor: Record<string, bigint> = {
    W: 1n,
    kW: 1000n,
    MW: 1_000_000n,
    kbps: 1000n,
    Mbps: 1_000_000n,
    Gbps: 10n ** 9n,
  };
  return Q.of(digits).times(factor[unit]!);
}

function correction(factor: Fields, own: readonly Used[], all: readonly Used[]): Q {
  const [active, reactiveUnits] = [unitsOf(own), unitsOf(inBands(all, texts(factor.reactive)))];
  const apparent = root(active.times(active).plus(reactiveUnits.times(reactiveUnits)));
  if (apparent.isZero()) return new Q(1n);
  const decimals = factor.decimals === undefined ? 2 : Number(text(factor.decimals));
  const cosine = active.over(apparent).round('half-up', decimals);
  return new Q(1n).plus(money(factor.target).minus(cosine).max(Q.zero));
}

export function percentile(work: Work, component: Fields): void {
  const length = windowMs(component, '5min');
  const percent = component.percent === undefined ? new Q(95n) : money(component.percent);
  for (const { span, used } of cyclesWithUse(work, component)) {
    const days = work.customer.daysOf(component, span);
    if (days.length === 0) continue;
    const startOf = (day: number) => utcMs(day * DAY_MS, work.tariff.timeZone);
    const samples = Math.ceil((startOf(days.at(-1)! + 1) - startOf(days[0]!)) / length);
    const left = new Q(100n).minus(percent).times(BigInt(samples)).over(100n);
    const rates = (pick: (one: Used) => number) =>
      [...windows(work, used, length).values()]
        .map((some) => some.reduce((sum, one) => sum + pick(one), 0))
        .sort((a, b) => b - a);
    const at = (pick: (one: Used) => number) => new Q(BigInt(rates(pick)[Number(left.floor())] ?? 0));
    const up = at(({ usage }) => usage.up);
    const down = at(({ usage }) => usage.quantity - usage.up);
    const bytes = { up, down, larger: up.max(down), total: at(({ usage }) => usage.quantity) }[
      text(component.measure) || 'total'
    ]!;
    const bits = new Q(bytes.times(8000n).over(BigInt(length)).floor());
    const line = work.lines.at({ component: text(component.component) });
    line.rate(bits);
    const share = new Q(BigInt(days.length), BigInt(span.end - span.first));
    line.sum(
      bits
        .times(money(component.price))
        .over(power(text(component.per)))
        .times(share),
    );
  }
}

export function reactive(work: Work, component: Fields): void {
  for (const { used } of cyclesWithUse(work, component)) {
    const active = unitsOf(inBands(used, texts(component.active)));
    const metered = unitsOf(inBands(used, texts(component.reactive)));
    const allowed = money(component.allowed);
    const excess = metered.minus(active.times(allowed)).max(Q.zero);
    const line = work.lines.at({ component: text(component.component) });
    let units = excess;
    if (component.formula === 'root' && !excess.isZero()) {
      const one = new Q(1n);
      const tan = metered.over(active);
      const ratio = root(one.plus(tan.times(tan)).over(one.plus(allowed.times(allowed))));
      units = ratio.minus(one).times(active);
    }
    const factor = component.factor === undefined ? new Q(1n) : money(component.factor);
    line.used(units);
    line.sum(units.times(factor).times(money(component.price)).over(quantity(component.per, work.tariff.service)));
  }
}

export function losses(work: Work, component: Fields): void {
  for (const { span, used } of cyclesWithUse(work, component)) {
    const days = work.customer.daysOf(component, span);
    const [day] = days;
    if (day === undefined) continue;
    const metered = unitsOf(used.filter(({ priced }) => suits(component, priced)));
    const percent =
      component.percentOf === undefined
        ? money(component.percent)
        : work.customer.number(text(component.percentOf), day);
    let units = metered.times(percent).over(100n);
    if (component.transformer !== undefined) {
      units = units.plus(transformer(work, fields(component.transformer), metered, used, days));
    }
    flow(work, component, units.round('half-up', 0));
  }
}

/** What no meter showed: at a price of its own, or with what tiers price. */
function flow(work: Work, component: Fields, units: Q): void {
  if (component.into !== undefined) {
    const into = text(component.into);
    work.flows.set(into, (work.flows.get(into) ?? Q.zero).plus(units));
    return;
  }
  const line = work.lines.at({ component: text(component.component) });
  line.used(units);
  line.sum(units.times(money(component.price)).over(quantity(component.per, work.tariff.service)));
}

/** No load for all hours under the tariff, and load by the average: P·(S/Sn)²·kf²·T, in Wh. */
function transformer(work: Work, one: Fields, active: Q, used: readonly Used[], days: readonly number[]): Q {
  const kilo = (key: string) => work.customer.number(text(one[key]), days[0]!);
  // A day on which the clock changes has an hour more or less.
  const startMs = (day: number) => utcMs(day * DAY_MS, work.tariff.timeZone);
  const hours = Q.sum(days.map((day) => new Q(BigInt(startMs(day + 1) - startMs(day)), BigInt(HOUR_MS))));
  const reactiveUnits =
    one.reactive === undefined ? active.times(money(one.tanPhi)) : unitsOf(inBands(used, texts(one.reactive)));
  const noLoad = kilo('noLoadKw').times(1000n).times(hours);
  const squared = active.times(active).plus(reactiveUnits.times(reactiveUnits)).over(hours.times(hours));
  if (squared.isZero()) return noLoad;
  const rated = kilo('ratedKva').times(1000n);
  const divisors = [rated, ...(one.peakKw === undefined || active.isZero() ? [] : [kilo('peakKw')])];
  if (divisors.some((value) => value.isZero()))
    throw new SettlementError('SETTLE_ATTRIBUTE', 'a transformer of nothing');
  // Without active energy the formula for the load's form has no value.
  const filling =
    one.peakKw === undefined || active.isZero() ? new Q(1n, 2n) : active.over(hours).over(kilo('peakKw').times(1000n));
  const form = new Q(1n).plus(filling.times(2n)).over(filling.times(3n));
  return noLoad.plus(kilo('loadKw').times(1000n).times(squared).over(rated.times(rated)).times(form).times(hours));
}

/** What came in less what went out; what a bank has of earlier cycles lowers what came in. */
export function net(work: Work, component: Fields): void {
  const { service } = work.tariff;
  for (const { span, used } of cyclesWithUse(work, component)) {
    const { imported, exported } = netted(work, component, used);
    const drawn = imported.min(banked(work, component, span));
    flow(work, component, imported.minus(drawn));
    const credit = fields(component.credit);
    if (component.credit === undefined) continue;
    const back = work.lines.at({ component: text(credit.component) });
    back.used(exported);
    back.sum(exported.times(money(credit.price)).over(quantity(credit.per, service)).times(-1n));
  }
}

/** What earlier cycles left in the bank, the oldest surplus used first. */
function banked(work: Work, component: Fields, span: Span): Q {
  const lasts = component.bank === undefined ? 0 : Number(text(component.bank));
  if (lasts === 0) return Q.zero;
  let bank: { units: Q; cycles: number }[] = [];
  const first = Math.min(span.first, ...work.used.map(({ day }) => day));
  for (const cycle of cyclesSince(first, span, 0)) {
    const used = work.used.filter(({ day }) => day >= cycle.first && day < cycle.end);
    const { imported, exported } = netted(work, component, used);
    let wanted = imported;
    for (const entry of bank) {
      const drawn = entry.units.min(wanted);
      entry.units = entry.units.minus(drawn);
      wanted = wanted.minus(drawn);
    }
    bank.push({ units: exported, cycles: 0 });
    for (const entry of bank) entry.cycles++;
    bank = bank.filter(({ cycles }) => cycles <= lasts);
  }
  return Q.sum(bank.map(({ units }) => units));
}

function netted(work: Work, component: Fields, used: readonly Used[]): { imported: Q; exported: Q } {
  const [inward, outward] = [inBands(used, texts(component.import)), inBands(used, texts(component.export))];
  const all = [...inward, ...outward];
  const groups =
    component.window === undefined ? [all] : [...windows(work, all, windowMs(component, '15min')).values()];
  let [imported, exported] = [Q.zero, Q.zero];
  for (const group of groups) {
    const over = unitsOf(group.filter((one) => inward.includes(one))).minus(
      unitsOf(group.filter((one) => outward.includes(one))),
    );
    imported = imported.plus(over.max(Q.zero));
    exported = exported.plus(over.times(-1n).max(Q.zero));
  }
  return { imported, exported };
}
