/** The usages of a test as columns, so that examples run through the same code as records. */
import { RecordColumns, TEXT_FIELDS, type TextFieldName } from '../../schemas/columns/record-columns.ts';
import { SERVICE_NAMES, UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { RatingFacts } from '../../schemas/rating-facts.ts';
import type { TariffFileTestUsage } from '../../schemas/tariff.ts';
import { momentMs } from '../arithmetic/moments.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import { parseQuantity } from '../language/index.ts';
import { testCustomers } from './customers.ts';

export { momentMs };

/** Text fields by the keys of a test. */
const FIELDS = {
  to: 'calledParty',
  from: 'callingParty',
  forwardedBy: 'redirectingParty',
  trunkIn: 'trunkIn',
  trunkOut: 'trunkOut',
  accountCode: 'accountCode',
  login: 'login',
  meter: 'meter',
  register: 'register',
  trafficClass: 'trafficClass',
} as const satisfies Partial<Record<keyof TariffFileTestUsage, TextFieldName>>;
const [CALLING, CALLED] = [TEXT_FIELDS.indexOf('callingParty'), TEXT_FIELDS.indexOf('calledParty')];

export interface TestColumns {
  usage: UsageColumns;
  records: RecordColumns;
  /** The tariff under test is number 0. */
  tariffNames: string[];
  facts: RatingFacts;
}

export function testColumns(tariff: CompiledTariff, usages: readonly TariffFileTestUsage[]): TestColumns {
  const encoder = new TextEncoder();
  const texts = usages.map((usage) =>
    Object.entries(FIELDS).map(([key, field]) => ({
      field: TEXT_FIELDS.indexOf(field),
      text: encoder.encode(usage[key as keyof typeof FIELDS] ?? ''),
    })),
  );
  const arenaBytes = texts.flat().reduce((sum, { text }) => sum + text.length, 0);
  const records = new RecordColumns(0, usages.length, arenaBytes);
  const usage = new UsageColumns(Math.max(1, usages.length));
  const classes = [...new Set(usages.map((given) => given.class ?? ''))];
  const { measuredIn: base } = tariff.model;
  const quantity = (text: string | undefined) => (text === undefined ? 0 : (parseQuantity(text, base) as number));
  usages.forEach((given, index) => {
    const row = usage.push();
    for (const { field, text } of texts[index]) {
      records.text.set(text, records.arenaEnd);
      records.textOffset[field][index] = records.arenaEnd;
      records.textLength[field][index] = text.length;
      records.arenaEnd += text.length;
    }
    records.classNo[index] = classes.indexOf(given.class ?? '');
    records.count++;
    const startMs = momentMs(given.start, tariff.clock);
    const total = quantity(given.duration ?? given.quantity);
    usage.record[row] = index;
    usage.serviceNo[row] = SERVICE_NAMES.indexOf(tariff.model.service);
    usage.tariffNo[row] = 0;
    // Customers of a test: the usage's number, and behind all of them the one on its other side.
    usage.subscriptionNo[row] = index;
    usage.partyField[row] = given.direction === 'in' ? CALLED : CALLING;
    usage.otherField[row] = given.direction === 'in' ? CALLING : CALLED;
    usage.startMs[row] = startMs;
    usage.endMs[row] =
      given.end !== undefined ? momentMs(given.end, tariff.clock) : base === 'ms' ? startMs + total : startMs;
    usage.quantity[row] = total;
    usage.quantityUp[row] = quantity(given.up);
  });
  return { usage, records, tariffNames: [tariff.name], facts: { classes, customers: testCustomers(usages) } };
}
