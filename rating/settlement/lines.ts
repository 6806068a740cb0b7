/** Lines of a period while they are added up, and as money. */
import { createHash } from 'node:crypto';
import { TollgridError, errorCode } from '../../platform/errors.ts';
import { formatMicros } from '../../platform/money.ts';
import { ratio, type Ratio } from '../arithmetic/ratio.ts';
import { Priced, exactMicros, toMoney, type BookVersion, type Step } from '../engine/index.ts';
import { formatQuantity } from '../language/index.ts';
import type { Covers, LineKey, LineTotals } from './model.ts';

/** Lines come out in this order. */
const KINDS = ['fee', 'allowance', 'usage'] as const;
type LineKind = (typeof KINDS)[number];

export class Line {
  readonly kind: LineKind;
  readonly key: LineKey;
  readonly version: BookVersion;
  readonly steps: Step[] = [];
  private quantity = 0;
  /** Exact, not yet rounded. */
  private micros: Ratio = { num: 0n, den: 1n };
  /** What was rounded record by record. */
  private readonly records: LineTotals = { quantity: 0, amountMicros: 0, taxMicros: 0 };
  private readonly covered: { identity: string; quantity: number }[] = [];

  constructor(kind: LineKind, key: LineKey, version: BookVersion) {
    this.kind = kind;
    this.key = key;
    this.version = version;
  }

  addMicros(micros: Ratio): void {
    // Usage of one version shares a denominator: no common divisor has to be looked for.
    if (this.micros.num === 0n) this.micros = micros;
    else if (this.micros.den === micros.den) this.micros = { num: this.micros.num + micros.num, den: micros.den };
    else this.micros = ratio(this.micros.num * micros.den + micros.num * this.micros.den, this.micros.den * micros.den);
  }

  addRounded(totals: LineTotals): void {
    this.records.amountMicros = safe(this.records.amountMicros + totals.amountMicros);
    this.records.taxMicros = safe(this.records.taxMicros + totals.taxMicros);
  }

  cover(identity: string, quantity: number): void {
    this.covered.push({ identity, quantity });
    this.quantity = safe(this.quantity + quantity);
  }

  /** The line's money: what is still exact is rounded here, once, and taxed as one amount. */
  totals(): LineTotals {
    const line = roundMicros(this.version, this.micros);
    return {
      quantity: this.quantity,
      amountMicros: safe(this.records.amountMicros + line.amountMicros),
      taxMicros: safe(this.records.taxMicros + line.taxMicros),
    };
  }

  covers(): Covers {
    const hash = createHash('sha256');
    for (const { identity, quantity } of this.covered) hash.update(`${identity} ${quantity}\n`);
    return { count: this.covered.length, digest: hash.digest('hex'), list: this.covered };
  }

  /** The steps so far, and how the sum became money. */
  explain(totals: LineTotals): Step[] {
    const { model } = this.version.tariff;
    const steps = [...this.steps];
    if (this.kind !== 'fee') {
      steps.push({
        step: 'quantity',
        text: `${this.covered.length} usage(s), ${formatQuantity(this.quantity, model.base)}.`,
        data: { usages: this.covered.length, quantity: this.quantity, unit: model.base },
      });
    }
    if (this.kind === 'allowance') return steps;
    const byLine = this.kind === 'fee' || model.rounding.at === 'line';
    const [amount, tax] = [formatMicros(totals.amountMicros), formatMicros(totals.taxMicros)];
    const sum = byLine ? exactMicros(this.micros) : null;
    const { mode, decimals } = model.rounding;
    steps.push(
      {
        step: 'sum',
        text: byLine
          ? `Exact sum ${sum} ${model.currency}, rounded ${mode} to ${decimals} decimals on the line.`
          : `Sum of amounts rounded ${mode} to ${decimals} decimals on each record.`,
        data: { sum, mode, decimals, at: byLine ? 'line' : 'record' },
      },
      {
        step: 'tax',
        text: `Tax ${model.tax.percentText} % ${model.tax.included ? 'is in it' : 'on top'}: ${tax}; amount ${amount} ${model.currency}.`,
        data: { percent: model.tax.percentText, included: model.tax.included, tax, amount },
      },
    );
    return steps;
  }
}

/** All lines of a period by key. */
export class Lines {
  private readonly byKey = new Map<string, Line>();

  line(kind: LineKind, key: LineKey, version: BookVersion): Line {
    const text = keyText(key);
    let line = this.byKey.get(text);
    if (line === undefined) {
      line = new Line(kind, key, version);
      this.byKey.set(text, line);
    }
    return line;
  }

  get(key: LineKey): Line | undefined {
    return this.byKey.get(keyText(key));
  }

  /** Fees, allowances, usage; each by key. */
  sorted(): Line[] {
    const rank = (line: Line) => `${KINDS.indexOf(line.kind)}\n${keyText(line.key)}`;
    return [...this.byKey.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }
}

export function keyText({ component, zone, band, version }: LineKey): string {
  return `${component}\n${zone}\n${band}\n${version}`;
}

/** An exact amount as money of a version, with its tax. */
export function roundMicros(version: BookVersion, micros: Ratio): LineTotals {
  const { money } = version.tariff;
  const priced = new Priced();
  priced.exact = micros.num;
  toMoney({ ...money, divisorExact: micros.den * BigInt(money.unitMicros) }, priced);
  if (priced.code !== 0) throw new TollgridError(errorCode(priced.code), 'A line of the period is too large.');
  return { quantity: 0, amountMicros: priced.amountMicros, taxMicros: priced.taxMicros };
}

function safe(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new TollgridError('RATE_OVERFLOW', 'A line of the period is too large.');
}
