/** Runs an example of a period: its usage is rated as records are, then settled. */
import { errorCode, TollgridError } from '../../platform/errors.ts';
import { ChargeKind, type UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { TariffFileTest, TariffFileTestUsage } from '../../schemas/tariff.ts';
import { DAY_MS, dayOfDate } from '../arithmetic/calendar.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { divideUsage, rateUsage, type TariffBook } from '../engine/index.ts';
import { monthsBefore, payeeOf, type TariffModel } from '../language/index.ts';
import {
  settleTogether,
  type AttributeSpan,
  type MemberInput,
  type SettledUsage,
  type SettlementCharge,
} from '../settlement/index.ts';
import { Differences } from './compare.ts';
import { outcome, type Outcome } from './outcome.ts';
import { momentMs, testColumns } from './usage.ts';

type Given = TariffFileTest['given'];
type Subscription = Pick<Given, 'starts' | 'ends' | 'customer' | 'usage'>;

/** A subscription of the test after its usage was rated. */
interface Rated {
  name: string;
  member: MemberInput;
  /** Money of record charges in the period. */
  amountMicros: number;
  taxMicros: number;
  /** Why usage could not be rated; '' when it was. */
  code: string;
}

export function runPeriod(tariff: CompiledTariff, book: TariffBook, { given, expect }: TariffFileTest): Outcome {
  const differences = new Differences(tariff.model);
  const subscriptions: [string, Subscription][] = [
    ...(given.members === undefined || given.usage !== undefined ? [['', given] as [string, Subscription]] : []),
    ...Object.entries(given.members ?? {}),
  ];
  const rated = subscriptions.map(([name, one], index) => rateOne(tariff, book, given.period!, name, one, index + 1));
  const found = rated.find(({ code }) => code !== '')?.code ?? '';
  const settled = found === '' ? settleAll(book, given.period!, rated) : { code: found, charges: [] };
  if (settled.code !== '' || expect.error !== undefined) {
    differences.text('error', expect.error ?? 'none', settled.code === '' ? 'none' : settled.code);
    return outcome(differences, 0, 0, [], settled.code);
  }
  const { charges } = settled;
  differences.found.push(...outside(tariff, given));
  if (differences.found.length > 0) return outcome(differences, 0, 0, []);
  const own = charges.filter(({ payer }) => payer === '');
  const amount = sum([...rated, ...own].map(({ amountMicros }) => amountMicros));
  const tax = sum([...rated, ...own].map(({ taxMicros }) => taxMicros));
  differences.amount('amount', expect.amount, amount);
  differences.amount('tax', expect.tax, tax);
  const names = new Map(rated.map(({ name, member }) => [member.subscription, name]));
  compareLines(tariff.model, expect.lines ?? [], charges, names, differences);
  const steps = charges.flatMap((charge) => charge.steps);
  return outcome(differences, amount, tax, steps);
}

function settleAll(
  book: TariffBook,
  period: string,
  rated: readonly Rated[],
): { code: string; charges: SettlementCharge[] } {
  try {
    const members = rated.map(({ member }) => member);
    return { code: '', charges: settleTogether({ book, period, currency: null, members }) };
  } catch (error) {
    if (error instanceof TollgridError) return { code: error.code, charges: [] };
    throw error;
  }
}

function rateOne(
  tariff: CompiledTariff,
  book: TariffBook,
  period: string,
  name: string,
  given: Subscription,
  subscription: number,
): Rated {
  const usages = (given.usage ?? []).map((usage) => ({
    ...usage,
    attributes: { ...customerOn(given.customer, dayIn(tariff, usage.start)), ...usage.attributes },
  }));
  const { usage, records, tariffNames, facts } = testColumns(tariff, usages);
  const binding = book.bind(tariffNames);
  divideUsage(book, binding, usage);
  rateUsage(book, binding, usage, records, 0, usage.count, facts);
  const rows = Array.from({ length: usage.count }, (_, row) => row);
  const failed = rows.find((row) => usage.code[row] !== 0);
  const month = Number(period.replace('-', ''));
  const onRecords = rows.filter((row) => usage.kind[row] === ChargeKind.record && usage.servicePeriod[row] === month);
  const dayMs = (day: string) => tariff.clock.toUtcMs(dayOfDate(day) * DAY_MS, 'earlier');
  const at = (day: string | undefined) => (day === undefined ? null : dayMs(day));
  return {
    name,
    amountMicros: sum(onRecords.map((row) => usage.amountMicros[row])),
    taxMicros: sum(onRecords.map((row) => usage.taxMicros[row])),
    code: failed === undefined ? '' : errorCode(usage.code[failed]),
    member: {
      subscription,
      account: 1,
      assignments: [{ tariff: tariff.name, fromMs: at(given.starts), toMs: at(given.ends) }],
      attributes: attributesOf(given.customer, dayMs),
      usages: rows.map((row) => ({
        identity: `${subscription.toString(16)}${usage.record[row].toString(16).padStart(8, '0')}`.padStart(32, '0'),
        startMs: usage.startMs[row],
        endMs: usage.endMs[row],
        quantity: usage.quantity[row],
        quantityUp: usage.quantityUp[row],
        zone: book.zones[usage.zoneNo[row]],
        band: book.bands[usage.bandNo[row]],
        component: book.components[usage.componentNo[row]],
        version: tariff.version,
        later: row > 0 && usage.record[row] === usage.record[row - 1],
        ...(tariff.takesCharges && usage.kind[row] === ChargeKind.record ? { charged: chargeOf(usage, row) } : {}),
      })),
      posted: [],
    },
  };
}

function chargeOf(
  { amountMicros, taxMicros, billed }: UsageColumns,
  row: number,
): NonNullable<SettledUsage['charged']> {
  return { amountMicros: amountMicros[row], taxMicros: taxMicros[row], billed: billed[row] };
}

function dayIn({ clock }: CompiledTariff, moment: string): string {
  return new Date(clock.toLocalMs(momentMs(moment, clock))).toISOString().slice(0, 10);
}

/** What is known of the customer on a day. */
function customerOn(customer: Given['customer'], day: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(customer ?? {}).flatMap(([name, value]): [string, string][] => {
      if (typeof value === 'string') return [[name, value]];
      const since = Object.keys(value)
        .filter((from) => from <= day)
        .sort()
        .at(-1);
      return since === undefined ? [] : [[name, value[since]]];
    }),
  );
}

/** One value for all time, or by the day from which each holds. */
function attributesOf(customer: Given['customer'], dayMs: (day: string) => number): AttributeSpan[] {
  return Object.entries(customer ?? {}).flatMap(([name, value]): AttributeSpan[] => {
    if (typeof value === 'string') return [{ name, value, fromMs: null, toMs: null }];
    const days = Object.keys(value).sort();
    return days.map((day, index) => ({
      name,
      value: value[day],
      fromMs: dayMs(day),
      toMs: index + 1 < days.length ? dayMs(days[index + 1]) : null,
    }));
  });
}

/** Usage of other months that the tariff would never look at. */
function outside({ model, clock }: CompiledTariff, given: Given): string[] {
  const monthNo = (yyyymm: number) => Math.floor(yyyymm / 100) * 12 + (yyyymm % 100);
  const last = monthNo(Number(given.period!.replace('-', '')));
  const all = [given, ...Object.values(given.members ?? {})].flatMap(({ usage = [] }) => usage);
  const inside = ({ start }: TariffFileTestUsage) => {
    const month = monthNo(clock.yyyymm(momentMs(start, clock)));
    return month >= last - monthsBefore(model.period) && month <= last;
  };
  return all.flatMap((usage, index) => (inside(usage) ? [] : [`usage ${index + 1} is not in ${given.period}`]));
}

function compareLines(
  model: TariffModel,
  expected: NonNullable<TariffFileTest['expect']['lines']>,
  charges: readonly SettlementCharge[],
  names: ReadonlyMap<number, string>,
  differences: Differences,
): void {
  const nameOf = (parts: (string | undefined)[]) => parts.filter(Boolean).join(' ');
  for (const line of expected) {
    const name = nameOf([line.of, line.component, line.zone, line.band, line.payer]);
    const matching = charges.filter(
      (charge) =>
        charge.component === line.component &&
        charge.zone === (line.zone ?? '') &&
        charge.band === (line.band ?? '') &&
        charge.payer === (line.payer ?? '') &&
        (line.of === undefined || names.get(charge.subscription) === line.of),
    );
    if (matching.length !== 1) {
      const all = charges.map((one) =>
        nameOf([names.get(one.subscription), one.component, one.zone, one.band, one.payer]),
      );
      differences.found.push(`line ${name} is not there: ${all.join(', ') || 'there is none'}`);
      continue;
    }
    const [charge] = matching as [SettlementCharge];
    differences.text(`line ${name}, payee`, line.payee, payeeOf(model, line.component));
    differences.amount(`line ${name}`, line.amount, charge.amountMicros);
    differences.amount(`line ${name}, tax`, line.tax, charge.taxMicros);
    differences.quantity(`line ${name}, quantity`, line.quantity, charge.quantity);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
