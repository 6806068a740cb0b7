/** Runs the examples inside a tariff file. */
import { TollgridError, errorCode } from '../../platform/errors.ts';
import { ChargeKind } from '../../schemas/columns/usage-columns.ts';
import type { Publication } from '../../schemas/log-entries.ts';
import type { TariffFileTest } from '../../schemas/tariff.ts';
import { DAY_MS, dayOfDate } from '../arithmetic/calendar.ts';
import { compileTariff, type CompiledTariff } from '../compiler/index.ts';
import { TariffBook, explainRating, rateUsage, type Step } from '../engine/index.ts';
import { prepareTariff, type ReadSideFile } from '../language/index.ts';
import { settle, type SettlementCharge } from '../settlement/index.ts';
import { Differences } from './compare.ts';
import { testColumns } from './usage.ts';

export interface TariffTestResult {
  name: string;
  ok: boolean;
  /** Where the expected amount comes from. */
  source: 'published' | 'computed';
  /** What differs; empty when it holds. */
  differences: string[];
  /** With tax. */
  amountMicros: number;
  taxMicros: number;
  /** Why: for one usage its steps, for a period those of its lines. */
  steps: Step[];
}

/** Checks a tariff and runs its tests. Throws TARIFF_INVALID when it cannot be read. */
export function testTariff(text: string, readSideFile: ReadSideFile, fileName?: string): TariffTestResult[] {
  return testPublication(prepareTariff(text, readSideFile, fileName));
}

/** The same for something prepared. */
export function testPublication(publication: Publication): TariffTestResult[] {
  const tariff = compileTariff(publication);
  const book = TariffBook.build([tariff]);
  return tariff.model.tests.map((test, index) => {
    const name = test.name ?? `test ${index + 1}`;
    return {
      name,
      source: test.source,
      ...(test.given.period === undefined ? runRecord : runPeriod)(tariff, book, test),
    };
  });
}

/** Error: TARIFF_TEST_FAILED, with `details.failed`. Publishing calls this. */
export function requirePassing(results: readonly TariffTestResult[]): void {
  const failed = results.filter((result) => !result.ok);
  if (failed.length === 0) return;
  const shown = failed.map((result) => `${result.name}: ${result.differences.join('; ')}`).join('\n');
  throw new TollgridError('TARIFF_TEST_FAILED', `${failed.length} of ${results.length} tests do not hold:\n${shown}`, {
    failed: failed.map(({ name, differences }) => ({ name, differences })),
  });
}

type Outcome = Pick<TariffTestResult, 'ok' | 'differences' | 'amountMicros' | 'taxMicros' | 'steps'>;

function runRecord(tariff: CompiledTariff, book: TariffBook, { given, expect }: TariffFileTest): Outcome {
  const { usage, records, tariffNames } = testColumns(tariff, [{ ...given, start: given.start! }]);
  const binding = book.bind(tariffNames);
  rateUsage(book, binding, usage, records, 0, 1);
  const explained = explainRating(book, binding, usage, records, 0);
  const differences = new Differences(tariff.model);
  const code = usage.code[0] === 0 ? '' : errorCode(usage.code[0]);
  if (expect.error !== code) differences.text('error', expect.error ?? 'none', code === '' ? 'none' : code);
  if (code === '') {
    differences.amount('amount', expect.amount, usage.amountMicros[0]);
    differences.amount('tax', expect.tax, usage.taxMicros[0]);
    differences.quantity('billed', expect.billed, usage.billed[0]);
  }
  differences.text('zone', expect.zone, book.zones[usage.zoneNo[0]]);
  differences.text('band', expect.band, book.bands[usage.bandNo[0]]);
  differences.steps(
    expect.steps,
    explained.steps.map((step) => step.text),
  );
  return outcome(differences, usage.amountMicros[0], usage.taxMicros[0], explained.steps);
}

function runPeriod(tariff: CompiledTariff, book: TariffBook, { given, expect }: TariffFileTest): Outcome {
  const usages = given.usage ?? [];
  const { usage, records, tariffNames } = testColumns(tariff, usages);
  rateUsage(book, book.bind(tariffNames), usage, records, 0, usages.length);
  const differences = new Differences(tariff.model);
  const rows = usages.map((_, row) => row);
  const failed = rows.filter((row) => usage.code[row] !== 0);
  if (failed.length > 0 || expect.error !== undefined) {
    const code = failed.length === 0 ? 'none' : errorCode(usage.code[failed[0]]);
    differences.text('error', expect.error ?? 'none', code);
    return outcome(differences, 0, 0, []);
  }
  const [year, month] = given.period!.split('-').map(Number) as [number, number];
  for (const row of rows) {
    if (usage.servicePeriod[row] !== year * 100 + month)
      differences.found.push(`usage ${row + 1} is not in ${given.period}`);
  }
  const dayMs = (day: string) => tariff.clock.toUtcMs(dayOfDate(day) * DAY_MS, 'earlier');
  const charges = settle({
    book,
    period: given.period!,
    assignments: [
      {
        tariff: tariff.name,
        fromMs: given.starts === undefined ? null : dayMs(given.starts),
        toMs: given.ends === undefined ? null : dayMs(given.ends),
      },
    ],
    usages: rows.map((row) => ({
      identity: row.toString(16).padStart(32, '0'),
      startMs: usage.startMs[row],
      quantity: usage.quantity[row],
      quantityUp: usage.quantityUp[row],
      zone: book.zones[usage.zoneNo[row]],
      band: book.bands[usage.bandNo[row]],
      version: tariff.version,
    })),
    posted: [],
  });
  const onRecords = rows.filter((row) => usage.kind[row] === ChargeKind.record);
  const amounts = [...onRecords.map((row) => usage.amountMicros[row]), ...charges.map((charge) => charge.amountMicros)];
  const taxes = [...onRecords.map((row) => usage.taxMicros[row]), ...charges.map((charge) => charge.taxMicros)];
  const [amount, tax] = [sum(amounts), sum(taxes)];
  differences.amount('amount', expect.amount, amount);
  differences.amount('tax', expect.tax, tax);
  compareLines(expect.lines ?? [], charges, differences);
  return outcome(
    differences,
    amount,
    tax,
    charges.flatMap((charge) => charge.steps),
  );
}

function compareLines(
  expected: NonNullable<TariffFileTest['expect']['lines']>,
  charges: readonly SettlementCharge[],
  differences: Differences,
): void {
  for (const line of expected) {
    const name = [line.component, line.zone, line.band].filter(Boolean).join(' ');
    const matching = charges.filter(
      (charge) =>
        charge.component === line.component && charge.zone === (line.zone ?? '') && charge.band === (line.band ?? ''),
    );
    if (matching.length !== 1) {
      const names = charges.map((charge) => [charge.component, charge.zone, charge.band].filter(Boolean).join(' '));
      differences.found.push(`line ${name} is not there: ${names.join(', ') || 'there is none'}`);
      continue;
    }
    differences.amount(`line ${name}`, line.amount, matching[0].amountMicros);
    differences.quantity(`line ${name}, quantity`, line.quantity, matching[0].quantity);
  }
}

function outcome(differences: Differences, amountMicros: number, taxMicros: number, steps: Step[]): Outcome {
  return { ok: differences.found.length === 0, differences: differences.found, amountMicros, taxMicros, steps };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
