/** Runs an example of one usage. */
import { errorCode } from '../../platform/errors.ts';
import type { TariffFileTest } from '../../schemas/tariff.ts';
import type { CompiledTariff } from '../compiler/index.ts';
import {
  authorise,
  divideUsage,
  explainRating,
  Priced,
  ratePart,
  rateRow,
  rateUsage,
  type TariffBook,
} from '../engine/index.ts';
import { parseQuantity } from '../language/index.ts';
import { Differences } from './compare.ts';
import { outcome, type Outcome } from './outcome.ts';
import { testColumns, type TestColumns } from './usage.ts';

export function runRecord(tariff: CompiledTariff, book: TariffBook, { given, expect }: TariffFileTest): Outcome {
  const columns = testColumns(tariff, [{ ...given, start: given.start! }]);
  const { usage, records, tariffNames, facts } = columns;
  const binding = book.bind(tariffNames);
  divideUsage(book, binding, usage);
  rateUsage(book, binding, usage, records, 0, usage.count, facts);
  const rows = Array.from({ length: usage.count }, (_, row) => row);
  const steps = rows.flatMap((row) => explainRating(book, binding, usage, records, row, facts).steps);
  const sum = (column: Float64Array) => rows.reduce((total, row) => total + column[row], 0);
  const result =
    given.done === undefined
      ? {
          code: rows.map((row) => usage.code[row]).find((code) => code !== 0) ?? 0,
          amountMicros: sum(usage.amountMicros),
          taxMicros: sum(usage.taxMicros),
          billed: sum(usage.billed),
        }
      : partOf(tariff, columns, parseQuantity(given.done, tariff.model.measuredIn) as number);
  const differences = new Differences(tariff.model);
  const code = result.code === 0 ? '' : errorCode(result.code);
  if (expect.error !== code) differences.text('error', expect.error ?? 'none', code === '' ? 'none' : code);
  if (code === '') {
    differences.amount('amount', expect.amount, result.amountMicros);
    differences.amount('tax', expect.tax, result.taxMicros);
    differences.quantity('billed', expect.billed, result.billed);
    if (expect.authorised !== undefined) {
      differences.quantity('authorised', expect.authorised, authorisedOf(tariff, columns));
    }
  }
  differences.text('zone', expect.zone, book.zones[usage.zoneNo[0]]);
  differences.text('band', expect.band, book.bands[usage.bandNo[0]]);
  differences.steps(
    expect.steps,
    steps.map((step) => step.text),
  );
  return outcome(differences, result.amountMicros, result.taxMicros, steps, code);
}

/** The part of a session behind what was charged before. */
function partOf(tariff: CompiledTariff, { usage, records, facts }: TestColumns, done: number): Priced {
  const part = new Priced();
  part.asked = { usage, records, facts, row: 0 };
  const before = done === 0 ? null : { endMs: usage.startMs[0], quantity: done, quantityUp: 0 };
  ratePart(tariff, usage, records, 0, before, part);
  return part;
}

function authorisedOf(tariff: CompiledTariff, { usage, records, facts }: TestColumns): number {
  const placed = new Priced();
  placed.asked = { usage, records, facts, row: 0 };
  rateRow(tariff, usage, records, 0, placed, null);
  const { zone, band, asked } = placed;
  return authorise(tariff, { startMs: usage.startMs[0], zone, band, quantity: usage.quantity[0], asked }, null);
}
