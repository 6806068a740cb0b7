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
  steps: Step[];
}

export function outcome(differences: Differences, amountMicros: number, taxMicros: number, steps: Step[]): Outcome {
  return { ok: differences.found.length === 0, differences: differences.found, amountMicros, taxMicros, steps };
}
