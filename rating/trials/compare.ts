/** Expected against actual, in words that can be corrected from. */
import { formatMicros } from '../../platform/money.ts';
import { microsRatio } from '../arithmetic/ratio.ts';
import { formatQuantity, parseQuantity } from '../language/index.ts';
import type { TariffModel } from '../language/index.ts';

export class Differences {
  readonly found: string[] = [];
  private readonly model: TariffModel;

  constructor(model: TariffModel) {
    this.model = model;
  }

  amount(what: string, expected: string | undefined, actualMicros: number): void {
    if (expected === undefined) return;
    const { num, den } = microsRatio(expected);
    if (num === BigInt(actualMicros) * den) return;
    this.found.push(`${what}: expected ${expected}, got ${formatMicros(actualMicros)} ${this.model.currency}`);
  }

  quantity(what: string, expected: string | undefined, actual: number): void {
    if (expected === undefined || parseQuantity(expected, this.model.base) === actual) return;
    this.found.push(`${what}: expected ${expected}, got ${formatQuantity(actual, this.model.base)}`);
  }

  text(what: string, expected: string | undefined, actual: string): void {
    if (expected === undefined || expected === actual) return;
    this.found.push(`${what}: expected ${expected}, got ${actual === '' ? 'none' : actual}`);
  }

  /** Each expected text occurs in a step, in this order. */
  steps(expected: readonly string[] | undefined, actual: readonly string[]): void {
    let from = 0;
    for (const text of expected ?? []) {
      const place = actual.findIndex((step, index) => index >= from && step.includes(text));
      if (place === -1) {
        this.found.push(`steps: no step${from > 0 ? ' after the one before' : ''} says "${text}"`);
        return;
      }
      from = place + 1;
    }
  }
}
