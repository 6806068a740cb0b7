/**
 * Prices the records of a file without a registry and without a server: each usage takes the tariff given, or the only
 * one there is for its service. The same decoder and the same engine as the rater's, one record at a time.
 */
import { decodeBytes, type CompiledFormat } from '../mediation/formats/index.ts';
import { packetOfRecord, SessionBook } from '../mediation/sessions/index.ts';
import { registerDifference, type RegisterReading } from '../mediation/readings/index.ts';
import { errorCode, TollgridError } from '../platform/errors.ts';
import { formatMicros } from '../platform/money.ts';
import {
  bordersBetween,
  bytesOf,
  divideUsage,
  explainRating,
  piecesOf,
  rateRunning,
  type Explanation,
  type Step,
  type TariffBook,
} from '../rating/index.ts';
import { Disposition, DISPOSITION_NAMES, TEXT_FIELDS, type RecordColumns } from '../schemas/columns/record-columns.ts';
import { SERVICE_NAMES, SERVICES, UsageColumns, type ServiceName } from '../schemas/columns/usage-columns.ts';
import type { CustomerFacts, RatingFacts } from '../schemas/rating-facts.ts';

const SLICE_BYTES = 4 * 1024 * 1024;
const [CALLING, CALLED] = [TEXT_FIELDS.indexOf('callingParty'), TEXT_FIELDS.indexOf('calledParty')];

/** What a registry would say of the customer, who is the same for all records. */
export interface AssumedCustomer {
  direction: 'out' | 'in';
  attributes: ReadonlyMap<string, string>;
}

export interface RatedRecord {
  /** From 0, within the file. */
  record: number;
  byteOffset: number;
  byteLength: number;
  class: string;
  disposition: (typeof DISPOSITION_NAMES)[number];
  /** Why it is suspended or cannot be rated; '' when it is well. */
  code: string;
  /** Field at fault, '' when none. */
  field: string;
  usage: RatedUsage | null;
  charge: RatedCharge | null;
}

export interface RatedUsage {
  service: ServiceName;
  startAt: string;
  endAt: string;
  quantity: number;
  unit: string;
  /** The text fields that are filled. */
  fields: Record<string, string>;
}

export interface RatedCharge {
  tariff: string;
  zone: string;
  band: string;
  kind: string;
  billed: number;
  currency: string;
  /** With tax, decimal. */
  amount: string;
  amountMicros: number;
  tax: string;
  steps: Step[];
}

/** Tariff name of each service: the one given, or the only one. Error: ARGUMENTS_INVALID when it is not clear. */
export function tariffChooser(book: TariffBook, given: string | undefined): (service: ServiceName) => string {
  const names = book.tariffs.map(([version]) => version.tariff.name);
  if (given !== undefined && !names.includes(given)) {
    throw new TollgridError('ARGUMENTS_INVALID', `there is no tariff ${given}; there are ${names.sort().join(', ')}`);
  }
  return (service) => {
    if (given !== undefined) return given;
    const fitting = book.tariffs.filter(([version]) => SERVICE_NAMES[version.tariff.serviceNo] === service);
    if (fitting.length === 1) return fitting[0][0].tariff.name;
    const found = fitting.map(([version]) => version.tariff.name).sort();
    throw new TollgridError(
      'ARGUMENTS_INVALID',
      found.length === 0
        ? `there is no tariff for ${service}`
        : `choose one of the tariffs for ${service} with --tariff: ${found.join(', ')}`,
    );
  };
}

export function* rateBytes(
  bytes: Uint8Array,
  format: CompiledFormat,
  book: TariffBook,
  tariffFor: (service: ServiceName) => string,
  customer: AssumedCustomer = { direction: 'out', attributes: new Map() },
): Generator<RatedRecord> {
  const facts = { classes: format.classes.map(({ name }) => name), customers: assumedFacts(customer) };
  // One file is all there is: nothing was charged before it.
  const sessions = new SessionBook({ has: () => false, add: () => undefined });
  const context = { format, book, tariffFor, customer, facts, readings: new Map<string, RegisterReading>(), sessions };
  let number = 0;
  for (let offset = 0; offset < bytes.length;) {
    const window = bytes.subarray(offset, offset + SLICE_BYTES);
    const atEnd = offset + window.length === bytes.length;
    const slice = window.subarray(0, format.cut(window, atEnd, offset === 0) || window.length);
    const records = decodeBytes(format, slice, { first: offset === 0 });
    for (let row = 0; row < records.count; row++) {
      const rated = rateOne(records, row, context);
      yield { ...rated, record: number++, byteOffset: offset + records.recordOffset[row] };
    }
    offset += slice.length;
  }
}

interface Context {
  format: CompiledFormat;
  book: TariffBook;
  tariffFor: (service: ServiceName) => string;
  customer: AssumedCustomer;
  facts: RatingFacts;
  readings: Map<string, RegisterReading>;
  sessions: SessionBook;
}

function rateOne(records: RecordColumns, row: number, context: Context): RatedRecord {
  const { format, book, tariffFor, customer, facts, readings } = context;
  const recordClass = format.classes[records.classNo[row]];
  const fault = records.faultField[row];
  const result: RatedRecord = {
    record: 0,
    byteOffset: 0,
    byteLength: records.recordLength[row],
    class: recordClass?.name ?? '',
    disposition: DISPOSITION_NAMES[records.disposition[row]],
    code: records.code[row] === 0 ? '' : errorCode(records.code[row]),
    field: fault === 0 ? '' : format.fieldNames[fault - 1],
    usage: null,
    charge: null,
  };
  if (records.disposition[row] !== Disposition.usable || recordClass?.service === undefined) return result;
  const span = { fromMs: records.startMs[row], quantity: records.quantity[row] };
  if (recordClass.kind === 'registerReading') {
    const difference = sinceLastReading(records, row, readings);
    if (difference === null) return { ...result, disposition: 'absorbed' };
    if (difference.quantity < 0) return { ...result, disposition: 'suspended', code: 'READING_BACKWARDS' };
    Object.assign(span, difference);
  }
  const { service } = recordClass;
  const usage = new UsageColumns(1);
  const at = usage.push();
  usage.record[at] = row;
  usage.serviceNo[at] = SERVICE_NAMES.indexOf(service);
  usage.tariffNo[at] = 0;
  usage.startMs[at] = span.fromMs;
  usage.endMs[at] = records.endMs[row];
  usage.quantity[at] = span.quantity;
  usage.quantityUp[at] = records.quantityUp[row];
  const incoming = customer.direction === 'in';
  usage.partyField[at] = incoming ? CALLED : CALLING;
  usage.otherField[at] = incoming ? CALLING : CALLED;
  const binding = book.bind([tariffFor(service)]);
  if (recordClass.session === 'counters') return rateSession(records, row, context, result, usage, binding);
  divideUsage(book, binding, usage);
  const parts = Array.from({ length: usage.count }, (_, part) =>
    explainRating(book, binding, usage, records, part, facts),
  );
  result.usage = {
    service,
    startAt: new Date(span.fromMs).toISOString(),
    endAt: new Date(records.endMs[row]).toISOString(),
    quantity: span.quantity,
    unit: SERVICES[service],
    fields: filledFields(records, row),
  };
  const failed = parts.find((part) => part.code !== '');
  if (failed !== undefined) return { ...result, disposition: 'suspended', code: failed.code };
  return { ...result, disposition: 'rated', charge: chargeOf(parts) };
}

/** A packet is charged for what its session has more than in the packets before it. */
function rateSession(
  records: RecordColumns,
  row: number,
  { book, sessions, facts }: Context,
  result: RatedRecord,
  usage: UsageColumns,
  binding: Int32Array,
): RatedRecord {
  const packet = packetOfRecord(records, row);
  const bordersOf = (startMs: number, endMs: number): number[] => bordersBetween(book, binding, 0, startMs, endMs);
  const found = sessions.accept(packet, packet.atMs, bordersOf);
  if (found.verdict === 'absorbed') return { ...result, disposition: 'absorbed' };
  if (found.verdict === 'repeated') return { ...result, disposition: 'duplicate' };
  if (found.verdict !== 'part') {
    const code = found.verdict === 'tooLate' ? 'SESSION_TOO_LATE' : 'SESSION_BACKWARDS';
    return { ...result, disposition: 'suspended', code };
  }
  const { part } = found;
  const pieces = piecesOf(part, bordersOf(part.startMs, part.after.atMs));
  const parts = pieces.map(({ from, to, total }): Explanation => {
    usage.endMs[0] = to.atMs;
    [usage.startMs[0], usage.quantity[0], usage.quantityUp[0]] = [total.startMs, total.quantity, total.quantityUp];
    usage.part[0] = total.later ? 1 : 0;
    const whole = explainRating(book, binding, usage, records, 0, facts);
    [usage.startMs[0], usage.quantity[0], usage.quantityUp[0]] = [
      from.atMs,
      bytesOf(to) - bytesOf(from),
      to.up - from.up,
    ];
    rateRunning(book, binding, usage, records, 0, total, facts);
    const [amountMicros, taxMicros, billed] = [usage.amountMicros[0], usage.taxMicros[0], usage.billed[0]];
    return { ...whole, amountMicros, taxMicros, billed };
  });
  const service = SERVICE_NAMES[usage.serviceNo[0]];
  result.usage = {
    service,
    startAt: new Date(part.before?.atMs ?? part.startMs).toISOString(),
    endAt: new Date(part.after.atMs).toISOString(),
    quantity: bytesOf(part.after) - (part.before === null ? 0 : bytesOf(part.before)),
    unit: SERVICES[service],
    fields: filledFields(records, row),
  };
  const failed = parts.find((one) => one.code !== '');
  if (failed !== undefined) return { ...result, disposition: 'suspended', code: failed.code };
  return { ...result, disposition: 'rated', charge: chargeOf(parts) };
}

/** A usage that was divided at a new month or version is shown as one. */
function chargeOf(parts: readonly Explanation[]): RatedCharge {
  const { version: tariff, zone, band, kind, currency } = parts[0];
  const sum = (of: (part: Explanation) => number) => parts.reduce((total, part) => total + of(part), 0);
  const amountMicros = sum((part) => part.amountMicros);
  return {
    tariff,
    zone,
    band,
    kind,
    billed: sum((part) => part.billed),
    currency,
    amount: formatMicros(amountMicros),
    amountMicros,
    tax: formatMicros(sum((part) => part.taxMicros)),
    steps: parts.flatMap((part) => part.steps),
  };
}

function assumedFacts({ attributes }: AssumedCustomer): CustomerFacts {
  const names = [...attributes.keys()];
  return {
    attributeNo: (name) => names.indexOf(name),
    holds: (_subscription, attributeNo, text, offset, length) => {
      const value = attributes.get(names[attributeNo]) ?? '';
      const wanted = Buffer.from(text.subarray(offset, offset + length)).toString('utf8');
      return value === wanted || value.split(/[\s,;|]+/).includes(wanted);
    },
    valueOf: (_subscription, attributeNo) => attributes.get(names[attributeNo]) ?? null,
    // Nothing is known of others without a registry.
    shares: () => false,
    subscriptionOf: () => -1,
  };
}

/** Usage since the last reading of the same register in this file; null for its first one. */
function sinceLastReading(
  records: RecordColumns,
  row: number,
  readings: Map<string, RegisterReading>,
): { fromMs: number; quantity: number } | null {
  const fields = filledFields(records, row);
  const key = `${fields['meter'] ?? ''}\u0000${fields['register'] ?? ''}`;
  const reading: RegisterReading = {
    readAtMs: records.startMs[row],
    digits: records.quantity[row],
    scale: records.scale[row],
    quality: records.quality[row],
    ...{ entryNo: 0, recordNo: row, fileEntry: 0, source: '', format: '', classNo: 0, acceptedAtMs: 0 },
    ...{ identity: [0, 0, 0, 0], version: 0, posted: false },
  };
  const before = readings.get(key);
  readings.set(key, reading);
  if (before === undefined) return null;
  const quantity = registerDifference(before, reading, { digits: 0, multiplier: 1 });
  return { fromMs: before.readAtMs, quantity };
}

function filledFields(records: RecordColumns, row: number): Record<string, string> {
  const fields: Record<string, string> = {};
  TEXT_FIELDS.forEach((name, field) => {
    if (records.textLength[field][row] > 0) fields[name] = records.textOf(field, row);
  });
  return fields;
}
