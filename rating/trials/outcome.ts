/** What became of one test. */
import type { Step } from '../engine/index.ts';
import type { Differences } from './compare.ts';

export interface Outcome {
  ok: boolean;
  /** What differs; empty when it holds. */
  differences: string[];
  /** With tax. */
  amountMicros: number;
  taxMicros: number;
  /** Why there is no amount: an error code; '' when there is one. */
  error: string;
  steps: Step[];
}

export function outcome(
  differences: Differences,
  amountMicros: number,
  taxMicros: number,
  steps: Step[],
  error = '',
): Outcome {
  return { ok: differences.found.length === 0, differences: differences.found, amountMicros, taxMicros, error, steps };
}
