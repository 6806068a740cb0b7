/** Runs the examples inside a tariff file. */
import { TollgridError } from '../../platform/errors.ts';
import type { Publication } from '../../schemas/log-entries.ts';
import { compileTariff, type CompiledTariff } from '../compiler/index.ts';
import { TariffBook, type Step } from '../engine/index.ts';
import { prepareTariff, type ReadSideFile } from '../language/index.ts';
import { runPeriod } from './run-period.ts';
import { runRecord } from './run-record.ts';

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
  /** Why there is no amount: an error code; '' when there is one. */
  error: string;
  /** Why: for one usage its steps, for a period those of its lines. */
  steps: Step[];
}

/** Checks a tariff and runs its tests. Throws TARIFF_INVALID when it cannot be read. */
export function testTariff(text: string, readSideFile: ReadSideFile, fileName?: string): TariffTestResult[] {
  return testPublication(prepareTariff(text, readSideFile, fileName));
}

/** The same for something prepared. */
export function testPublication(publication: Publication): TariffTestResult[] {
  return testCompiled(compileTariff(publication));
}

/** And for something compiled. */
export function testCompiled(tariff: CompiledTariff): TariffTestResult[] {
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
export function requirePassing(results: readonly Pick<TariffTestResult, 'name' | 'ok' | 'differences'>[]): void {
  const failed = results.filter((result) => !result.ok);
  if (failed.length === 0) return;
  const shown = failed.map((result) => `${result.name}: ${result.differences.join('; ')}`).join('\n');
  throw new TollgridError('TARIFF_TEST_FAILED', `${failed.length} of ${results.length} tests do not hold:\n${shown}`, {
    failed: failed.map(({ name, differences }) => ({ name, differences })),
  });
}
