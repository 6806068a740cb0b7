/** `tollgrid rate`: reads the documents, rates the file, prints each record. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { compileFormat, prepareFormat, type CompiledFormat } from '../mediation/formats/index.ts';
import { TollgridError } from '../platform/errors.ts';
import { projectRoot } from '../platform/paths.ts';
import { compileTariff, prepareTariff, TariffBook } from '../rating/index.ts';
import { ERRORS, type ErrorCode } from '../schemas/errors.ts';
import { readable } from './client.ts';
import { readDocument, readDocuments } from './documents.ts';
import type { Io } from './io.ts';
import { rateBytes, tariffChooser, type RatedRecord } from './rate-file.ts';
import { readableQuantity } from './start-lines.ts';
import { money, printable, whole } from './table.ts';

export interface RateOptions {
  format: string;
  tariffs: string;
  tariff?: string;
  direction?: 'out' | 'in';
  attributes?: string;
}

export function rateAndReport(io: Io, json: boolean, file: string, options: RateOptions): { unpriced: number } {
  const { format, tariffs, tariff, direction = 'out', attributes = '' } = options;
  const compiled = findFormat(format);
  const book = TariffBook.build(
    readDocuments([tariffs]).map((document) =>
      compileTariff(prepareTariff(document.text, document.readSideFile, document.file)),
    ),
  );
  const bytes = readable(file, () => readFileSync(file));
  const report = new Report(io, json);
  const customer = { direction, attributes: readAttributes(attributes) };
  for (const record of rateBytes(bytes, compiled, book, tariffChooser(book, tariff), customer)) report.add(record);
  report.end();
  return report;
}

/** `segment=gold,family=380441111111 380442222222`. Error: ARGUMENTS_INVALID. */
function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const pair of text.split(',').filter(Boolean)) {
    const [, name, value] = /^\s*([^=\s]+)=(.+)$/.exec(pair) ?? [];
    if (name === undefined) throw new TollgridError('ARGUMENTS_INVALID', `"${pair}" is not written as name=value`);
    attributes.set(name, value.trim());
  }
  return attributes;
}

function findFormat(name: string): CompiledFormat {
  const shipped = path.join(projectRoot, 'formats', `${name}.yaml`);
  const file = /\.ya?ml$/.test(name) ? name : shipped;
  if (file === shipped && !existsSync(shipped)) {
    throw new TollgridError('ARGUMENTS_INVALID', `no shipped format is called ${name}; see the files in formats/`);
  }
  return compileFormat(prepareFormat(readDocument(file).text, file));
}

/** Prints each record as it comes, and the sums at the end. With `--json` one object a line. */
class Report {
  unpriced = 0;
  private records = 0;
  private rated = 0;
  /** By currency, in micro-units. */
  private readonly sums = new Map<string, bigint>();
  private readonly io: Io;
  private readonly json: boolean;

  constructor(io: Io, json: boolean) {
    this.io = io;
    this.json = json;
  }

  add(record: RatedRecord): void {
    this.records++;
    if (record.code !== '') this.unpriced++;
    if (record.charge !== null) {
      this.rated++;
      const { currency, amountMicros } = record.charge;
      this.sums.set(currency, (this.sums.get(currency) ?? 0n) + BigInt(amountMicros));
    }
    if (this.json) this.io.out(JSON.stringify(record));
    else for (const line of recordLines(record)) this.io.out(line);
  }

  end(): void {
    if (this.json) return;
    const sums = [...this.sums].map(([currency, micros]) => `${money(decimal(micros))} ${currency}`);
    const counts = `${whole(this.records)} records, ${whole(this.rated)} rated, ${whole(this.unpriced)} without a price`;
    this.io.out([counts, ...sums].join(', '));
  }
}

function decimal(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function recordLines({ record, byteOffset, code, field, disposition, usage, charge, ...rest }: RatedRecord): string[] {
  const head = `record ${record} (byte ${byteOffset}) ${rest.class}`;
  if (code !== '') {
    const at = field === '' ? '' : `, field ${field}`;
    return [`${head}: ${code}${at}`, `  ${ERRORS[code as ErrorCode].cure}`];
  }
  if (usage === null || charge === null) return [`${head}: ${disposition}`];
  const fields = Object.entries(usage.fields).map(([name, value]) => `${name} ${printable(value)}`);
  const kind = charge.kind === 'record' ? '' : ` (${charge.kind})`;
  return [
    `${head}: ${usage.service}, ${usage.startAt}, ${readableQuantity(usage.quantity, usage.unit)}, ${fields.join(', ')}`,
    ...charge.steps.map((step) => `  ${step.text}`),
    `  = ${money(charge.amount)} ${charge.currency}${kind}, of which ${money(charge.tax)} is tax`,
  ];
}
