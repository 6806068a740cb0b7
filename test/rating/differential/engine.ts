/** The engine as the rater uses it: a compiled tariff, columns in, columns out. */
import { errorCode } from '../../../platform/errors.ts';
import {
  compileTariff,
  explainRating,
  prepareTariff,
  rateUsage,
  TariffBook,
  type CompiledTariff,
  type SettledUsage,
} from '../../../rating/index.ts';
import { RecordColumns, TEXT_FIELDS, type TextFieldName } from '../../../schemas/columns/record-columns.ts';
import type { CustomerFacts, RatingFacts } from '../../../schemas/rating-facts.ts';
import { ChargeKind, SERVICE_NAMES, UsageColumns, type ServiceName } from '../../../schemas/columns/usage-columns.ts';
import type { Usage } from '../model/usage.ts';

export interface EngineRow {
  error: string | null;
  amountMicros: number;
  taxMicros: number;
  billed: number;
  zone: string;
  band: string;
}

const fieldNo = (name: TextFieldName): number => TEXT_FIELDS.indexOf(name);

export type Rated = ReturnType<typeof rateWith>;

export const compiled = (yaml: string, sideFile: (name: string) => string): CompiledTariff =>
  compileTariff(prepareTariff(yaml, sideFile));

export function rateAll(yaml: string, sideFile: (name: string) => string, service: string, usages: readonly Usage[]) {
  return rateWith(compiled(yaml, sideFile), service, usages);
}

/** Rates all usages in one call. `explained(row)`: amount and tax as the explanation finds them. */
export function rateWith(tariff: CompiledTariff, service: string, usages: readonly Usage[]) {
  const book = TariffBook.build([tariff]);
  const binding = book.bind([tariff.name]);
  const { usage, records } = columnsOf(usages, service as ServiceName);
  const facts: RatingFacts = { classes: [], customers: customersOf(usages) };
  rateUsage(book, binding, usage, records, 0, usage.count, facts);
  const row = (index: number): EngineRow => ({
    error: usage.code[index] === 0 ? null : errorCode(usage.code[index]!),
    amountMicros: usage.amountMicros[index]!,
    taxMicros: usage.taxMicros[index]!,
    billed: usage.billed[index]!,
    zone: book.zones[usage.zoneNo[index]!]!,
    band: book.bands[usage.bandNo[index]!]!,
  });
  /** As the ledger keeps it; null where it waits in suspense. */
  const standing = (index: number): SettledUsage | null => {
    if (usage.code[index] !== 0) return null;
    const [amountMicros, taxMicros] = [usage.amountMicros[index]!, usage.taxMicros[index]!];
    const onRecord = tariff.takesCharges && usage.kind[index] === ChargeKind.record;
    return {
      identity: index.toString(16).padStart(32, '0'),
      startMs: usage.startMs[index]!,
      endMs: usage.endMs[index]!,
      quantity: usage.quantity[index]!,
      quantityUp: usage.quantityUp[index]!,
      zone: book.zones[usage.zoneNo[index]!]!,
      band: book.bands[usage.bandNo[index]!]!,
      component: book.components[usage.componentNo[index]!]!,
      version: tariff.version,
      ...(onRecord && { charged: { amountMicros, taxMicros, billed: usage.billed[index]! } }),
    };
  };
  return {
    book,
    row,
    standing,
    explained: (index: number) => explainRating(book, binding, usage, records, index, facts),
  };
}

/** Each usage has a customer of its own, with its attributes. */
function customersOf(usages: readonly Usage[]): CustomerFacts {
  const names = [...new Set(usages.flatMap(({ attributes }) => Object.keys(attributes ?? {})))];
  return {
    attributeNo: (name) => names.indexOf(name),
    valueOf: (subscription, attribute) => usages[subscription]!.attributes?.[names[attribute]!] ?? null,
    holds: () => false,
    shares: () => false,
    subscriptionOf: () => -1,
  };
}

function columnsOf(usages: readonly Usage[], service: ServiceName): { usage: UsageColumns; records: RecordColumns } {
  const records = new RecordColumns(0, usages.length, 128 * usages.length + 1);
  const usage = new UsageColumns(Math.max(1, usages.length));
  const put = (field: TextFieldName, record: number, text: string) => {
    records.textOffset[fieldNo(field)]![record] = records.arenaEnd;
    records.textLength[fieldNo(field)]![record] = text.length;
    for (let at = 0; at < text.length; at++) records.text[records.arenaEnd++] = text.charCodeAt(at);
  };
  usages.forEach((one, index) => {
    put('calledParty', index, one.to);
    put('callingParty', index, one.from ?? '');
    put('redirectingParty', index, one.forwardedBy ?? '');
    put('register', index, one.register);
    put('trunkIn', index, one.texts?.trunkIn ?? '');
    put('trunkOut', index, one.texts?.trunkOut ?? '');
    records.count++;
    const row = usage.push();
    usage.record[row] = index;
    usage.serviceNo[row] = SERVICE_NAMES.indexOf(service);
    usage.tariffNo[row] = 0;
    usage.subscriptionNo[row] = index;
    const inward = one.direction === 'in';
    usage.partyField[row] = fieldNo(inward ? 'calledParty' : 'callingParty');
    usage.otherField[row] = fieldNo(inward ? 'callingParty' : 'calledParty');
    usage.startMs[row] = one.startMs;
    usage.endMs[row] = one.endMs ?? (service === 'voice' ? one.startMs + one.quantity : one.startMs);
    usage.quantity[row] = one.quantity;
    usage.quantityUp[row] = one.up;
  });
  return { usage, records };
}
