/** Small tariffs and columns for tests. */
import { RecordColumns, TEXT_FIELDS, type TextFieldName } from '../../../schemas/columns/record-columns.ts';
import { SERVICE_NAMES, UsageColumns, type ServiceName } from '../../../schemas/columns/usage-columns.ts';
import { zoneTransitions } from '../../../platform/time-zone.ts';
import { TariffBook, compileTariff, rateUsage, type CompiledTariff } from '../../../rating/index.ts';

export const noSideFile = (name: string): string => {
  throw new Error(`no file ${name}`);
};

const transitions = new Map<string, [number, number][]>();

/** As `compileTariff(prepareTariff(text))`, but asks the machine for each time zone once. */
export function compileText(text: string, files: Record<string, string> = {}): CompiledTariff {
  const zone = /^timeZone: (\S+)$/m.exec(text)![1]!;
  if (!transitions.has(zone)) transitions.set(zone, zoneTransitions(zone));
  return compileTariff({ document: text, data: { zones: { [zone]: transitions.get(zone)! }, codePages: {}, files } });
}

/** A tariff for calls to anywhere; `rest` replaces or adds top-level keys (as YAML lines). */
export function callTariff(
  price: string,
  options: { name?: string; effective?: string; rounding?: string; rest?: string } = {},
): string {
  return `name: ${options.name ?? 'calls'}
effective: ${options.effective ?? '2020-01-01'}
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: ${options.rounding ?? '{ at: record, mode: half-up, decimals: 2 }'}
rules: [{ price: ${price} }]
${options.rest ?? ''}
`;
}

export interface UsageInput {
  startMs: number;
  quantity: number;
  up?: number;
  endMs?: number;
  to?: string;
  trunkOut?: string;
  register?: string;
  tariffNo?: number;
  service?: ServiceName;
}

export function columnsOf(inputs: readonly UsageInput[]): { usage: UsageColumns; records: RecordColumns } {
  const records = new RecordColumns(0, inputs.length, 64 * inputs.length);
  const usage = new UsageColumns(1);
  const encoder = new TextEncoder();
  const put = (field: TextFieldName, record: number, value: string) => {
    const bytes = encoder.encode(value);
    records.text.set(bytes, records.arenaEnd);
    records.textOffset[TEXT_FIELDS.indexOf(field)]![record] = records.arenaEnd;
    records.textLength[TEXT_FIELDS.indexOf(field)]![record] = bytes.length;
    records.arenaEnd += bytes.length;
  };
  inputs.forEach((input, index) => {
    put('calledParty', index, input.to ?? '');
    put('register', index, input.register ?? '');
    put('trunkOut', index, input.trunkOut ?? '');
    records.count++;
    const row = usage.push();
    usage.record[row] = index;
    usage.serviceNo[row] = SERVICE_NAMES.indexOf(input.service ?? 'voice');
    usage.tariffNo[row] = input.tariffNo ?? 0;
    usage.otherField[row] = TEXT_FIELDS.indexOf('calledParty');
    usage.startMs[row] = input.startMs;
    usage.endMs[row] = input.endMs ?? input.startMs;
    usage.quantity[row] = input.quantity;
    usage.quantityUp[row] = input.up ?? 0;
  });
  return { usage, records };
}

/** Rates usages under one tariff version (or several, numbered in order of their names). */
export function rate(tariffs: readonly CompiledTariff[], inputs: readonly UsageInput[]) {
  const book = TariffBook.build(tariffs);
  const binding = book.bind([...new Set(tariffs.map((tariff) => tariff.name))]);
  const { usage, records } = columnsOf(inputs);
  rateUsage(book, binding, usage, records, 0, usage.count);
  return { book, binding, usage, records };
}
