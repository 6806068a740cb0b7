/** Prices that depend on how much is used: each unit finds its step. */
import { dayNo, dateOfDay, type Span } from './days.ts';
import { fields, list, money, quantity, text, texts, type Fields } from './document.ts';
import { cyclesWithUse, isNetted, suits, type Used, type Work } from './month.ts';
import { Q } from './rational.ts';

interface Step {
  from: Q;
  /** null = without end. */
  upTo: Q | null;
  price: Fields;
}

/** Units of one zone and band. */
interface Place {
  zone: string;
  band: string;
  units: Q;
}

export function addTiers(work: Work, tiers: Fields): void {
  for (const { span, used } of cyclesWithUse(work, tiers)) {
    const steps = stepsOf(work, tiers, span);
    const own = used.filter(({ priced }) => counts(work, tiers, priced));
    const before = Q.sum(earlier(work, tiers, span).map((one) => unitsOf(tiers, one)));
    // Where the step that is reached prices everything, the order of use says nothing.
    const wanted = text(tiers.fill) || 'together';
    const fill = tiers.mode === 'whole' && wanted === 'order' ? 'shares' : wanted;
    const flow = work.flows.get(text(tiers.component)) ?? Q.zero;
    if (own.length === 0 && flow.isZero()) continue;
    if (fill === 'apart') {
      for (const place of placesOf(tiers, own)) price(work, tiers, steps, [place], Q.zero, place);
    } else if (fill === 'order') {
      let filled = before;
      for (const one of own) {
        const place = { zone: one.priced.zone, band: one.priced.band, units: unitsOf(tiers, one) };
        price(work, tiers, steps, [place], filled, place);
        filled = filled.plus(place.units);
      }
    } else if (fill === 'shares') {
      for (const place of placesOf(tiers, own)) price(work, tiers, steps, placesOf(tiers, own), before, place);
    } else {
      const line = work.lines.at({ component: text(tiers.component) });
      for (const place of placesOf(tiers, own)) line.used(place.units);
      line.used(flow);
      line.sum(costOf(work, tiers, steps, Q.sum(own.map((one) => unitsOf(tiers, one))).plus(flow), before, ''));
    }
  }
}

/** Net metering prices its registers itself; what is added on top is added to them too. */
const counts = (work: Work, tiers: Fields, place: { zone: string; band: string }): boolean =>
  suits(tiers, place) && (tiers.adds === 'true' || !isNetted(work.tariff, place));

/** What allowances left; what is added on top (excise, network) is added to all of it. */
const unitsOf = (tiers: Fields, { priced, covered }: Used): Q =>
  new Q(priced.billed).minus(tiers.adds === 'true' ? Q.zero : covered);

function placesOf(tiers: Fields, used: readonly Used[]): Place[] {
  const places: Place[] = [];
  for (const one of used) {
    const { zone, band } = one.priced;
    const place = places.find((other) => other.zone === zone && other.band === band);
    if (place === undefined) places.push({ zone, band, units: unitsOf(tiers, one) });
    else place.units = place.units.plus(unitsOf(tiers, one));
  }
  return places;
}

/** One line for `place`, whose units lie in the steps in proportion to those of `all`. */
function price(work: Work, tiers: Fields, steps: Step[], all: Place[], before: Q, place: Place): void {
  const total = Q.sum(all.map(({ units }) => units));
  const line = work.lines.at({ component: text(tiers.component), zone: place.zone, band: place.band });
  line.used(place.units);
  if (total.isZero()) return;
  line.sum(costOf(work, tiers, steps, total, before, place.band).times(place.units).over(total));
}

/** What `units` cost after `before`, at the prices of a band. */
function costOf(work: Work, tiers: Fields, steps: Step[], units: Q, before: Q, band: string): Q {
  const { service } = work.tariff;
  const coefficients = fields(tiers.coefficients);
  const coefficient = coefficients[band] === undefined ? new Q(1n) : money(coefficients[band]);
  const end = before.plus(units);
  const reached = steps.find(({ upTo }) => upTo === null || end.compare(upTo) <= 0)!;
  const parts =
    tiers.mode === 'whole'
      ? [{ step: reached, within: units }]
      : steps.map((step) => {
          const from = before.max(step.from);
          const to = step.upTo === null ? end : end.min(step.upTo);
          return { step, within: to.minus(from).max(Q.zero) };
        });
  return Q.sum(
    parts.map(({ step, within }) => {
      if (within.isZero()) return Q.zero;
      const amount = step.price.prices === undefined ? money(step.price.price) : money(fields(step.price.prices)[band]);
      const once = money(step.price.amount);
      if (step.price.per === undefined) return once;
      let counts = within.over(quantity(step.price.per, service));
      if (step.price.unit === 'full') counts = new Q(counts.floor());
      if (step.price.unit === 'started') counts = new Q(-counts.times(-1n).floor());
      return once.plus(counts.times(amount).times(coefficient));
    }),
  );
}

/** Limits of the steps in the part of the cycle for which the customer is here. */
function stepsOf(work: Work, tiers: Fields, span: Span): Step[] {
  const days = BigInt(work.customer.daysOf(tiers, span).length);
  const length = BigInt(span.end - span.first);
  const factor = { days: new Q(days, length), '30-days': new Q(days, 30n), daily: new Q(days), none: new Q(1n) }[
    text(tiers.limits) || 'days'
  ]!;
  let from = Q.zero;
  return list(tiers.steps).map((tree) => {
    const step = fields(tree);
    const upTo = step.upTo === undefined ? null : quantity(step.upTo, work.tariff.service).times(factor);
    const one = { from, upTo, price: step };
    from = upTo ?? from;
    return one;
  });
}

/** Usage before the cycle since the last day on which counting began anew. */
function earlier(work: Work, tiers: Fields, span: Span): Used[] {
  const starts = texts(tiers.countsFrom);
  if (starts.length === 0) return [];
  const year = Number(dateOfDay(span.first).slice(0, 4));
  const since = [year - 1, year]
    .flatMap((one) => starts.map((start) => dayNo(`${one}-${start}`)))
    .filter((day) => day <= span.first)
    .sort((a, b) => b - a)[0]!;
  return work.used.filter(({ day, priced }) => day >= since && day < span.first && counts(work, tiers, priced));
}
