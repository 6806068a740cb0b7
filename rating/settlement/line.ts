/** One line of a period while it is added up, and as money. */
import { createHash } from 'node:crypto';
import { formatMicros } from '../../platform/money.ts';
import { NOTHING, product, type Ratio } from '../arithmetic/ratio.ts';
import { collectedFor, exactMicros, type BookVersion, type Step } from '../engine/index.ts';
import { formatQuantity, payeeOf } from '../language/index.ts';
import type { Days } from './cycles.ts';
import { floor, plus } from './exact.ts';
import type { Exchange } from './exchange.ts';
import type { Covers, LineKey, LineTotals } from './model.ts';
import { addMoney, NO_MONEY, roundMoney, safe, type Money } from './money.ts';

/** Lines come out in this order. `record`: money of record charges, which only other lines are taken of. */
export const LINE_KINDS = [
  'fee',
  'allowance',
  'usage',
  'measured',
  'share',
  'benefit',
  'commitment',
  'rounding',
  'record',
] as const;
export type LineKind = (typeof LINE_KINDS)[number];

export interface LineOwner {
  subscription: number;
  cycle: Days;
  version: BookVersion;
  exchange: Exchange;
}

export class Line {
  readonly kind: LineKind;
  readonly key: Required<LineKey>;
  readonly owner: LineOwner;
  readonly steps: Step[] = [];
  quantity = 0;
  /** What parts of a cycle add to the quantity, exactly. */
  private shares: Ratio = NOTHING;
  /** What the quantity is in, where that is not the unit of the service: W, bit/s. */
  unit = '';
  /** Exact and in the tariff's currency: whole lines, and days of usage where each is rounded. */
  private micros: Ratio = NOTHING;
  private readonly byDay = new Map<number, Ratio>();
  /** Rounded usage by usage, or given as money. */
  private given: Money = NO_MONEY;
  private readonly covered: { identity: string; quantity: number }[] = [];
  private money: Money | null = null;

  constructor(kind: LineKind, key: Required<LineKey>, owner: LineOwner) {
    this.kind = kind;
    this.key = key;
    this.owner = owner;
  }

  private get rounding() {
    return this.owner.version.tariff.model.rounding;
  }

  add(micros: Ratio): void {
    this.micros = plus(this.micros, micros);
  }

  /** Money of one usage, rounded where the tariff says. */
  addUsage(micros: Ratio, day: number): void {
    const { at } = this.rounding;
    if (at === 'day') this.byDay.set(day, plus(this.byDay.get(day) ?? NOTHING, micros));
    else if (at === 'record' || at === 'session') this.given = addMoney(this.given, this.round(micros));
    else this.add(micros);
  }

  addMoney(money: Money): void {
    this.given = addMoney(this.given, money);
  }

  /** A usage the line is made of; `quantity` counts as the line's own. */
  cover(identity: string, quantity: number): void {
    this.covered.push({ identity, quantity });
    this.addQuantity(quantity);
  }

  /** A usage that has a say in it, without its quantity being the line's. */
  mention(identity: string, quantity: number): void {
    this.covered.push({ identity, quantity });
  }

  addQuantity(quantity: number): void {
    this.quantity = safe(this.quantity + quantity);
  }

  /** What a part of a cycle adds: whole base units stand on the line, and of all parts together. */
  addShare(quantity: Ratio): void {
    const before = floor(this.shares);
    this.shares = plus(this.shares, quantity);
    this.addQuantity(floor(this.shares) - before);
  }

  /** Rounded: nothing can be added any more. */
  total(): Money {
    if (this.money === null) {
      const days = [...this.byDay.values()].map((micros) => this.round(micros));
      this.money = [this.round(this.micros), ...days].reduce(addMoney, this.given);
    }
    return this.money;
  }

  totals(): LineTotals {
    const { amountMicros, taxMicros } = this.total();
    return { quantity: this.quantity, amountMicros, taxMicros };
  }

  private round(micros: Ratio): Money {
    const { version, exchange } = this.owner;
    const decimals = this.rounding.at === 'document' ? 6 : this.rounding.decimals;
    return roundMoney(version, product(micros, exchange.rate), decimals);
  }

  /** What a document adds up before it is rounded: exact, in the posting currency. */
  exact(): Ratio {
    return product(this.micros, this.owner.exchange.rate);
  }

  covers(): Covers {
    const hash = createHash('sha256');
    for (const { identity, quantity } of this.covered) hash.update(`${identity} ${quantity}\n`);
    return { count: this.covered.length, digest: hash.digest('hex'), list: this.covered };
  }

  /** The steps so far, and how the sum became money. */
  explain(): Step[] {
    const { model, version } = this.owner.version.tariff;
    const { component } = this.key;
    const payee = payeeOf(model, component);
    const steps: Step[] = [
      {
        step: 'version',
        text: `Tariff ${version} (${model.title}), component ${component}${collectedFor(payee)}.`,
        data: { version, title: model.title, component, ...(payee !== '' && { payee }) },
      },
      ...this.steps,
    ];
    if (this.kind === 'allowance' || this.kind === 'usage' || this.kind === 'measured') steps.push(this.quantityStep());
    if (this.kind !== 'allowance') steps.push(...this.moneySteps());
    return steps;
  }

  private quantityStep(): Step {
    const { base } = this.owner.version.tariff.model;
    const [usages, { quantity, unit }] = [this.covered.length, this];
    const shown = unit === '' ? formatQuantity(quantity, base) : `${quantity} ${unit}`;
    return {
      step: 'quantity',
      text: `${usages} usage(s), ${shown}.`,
      data: { usages, quantity, unit: unit === '' ? base : unit },
    };
  }

  private moneySteps(): Step[] {
    const { tax } = this.owner.version.tariff.model;
    const { rate, text, currency } = this.owner.exchange;
    const { mode, decimals, at } = this.rounding;
    const totals = this.total();
    const [amount, taxText] = [formatMicros(totals.amountMicros), formatMicros(totals.taxMicros)];
    const sum = exactSigned(product(this.micros, rate));
    const steps: Step[] = [];
    if (text !== '') steps.push({ step: 'sum', text, data: { currency } });
    const byUsage = this.kind === 'usage' && (at === 'record' || at === 'session' || at === 'day');
    if (byUsage) {
      steps.push({
        step: 'sum',
        text: `Sum of amounts rounded ${mode} to ${decimals} decimals on each ${at === 'day' ? 'day' : 'record'}.`,
        data: { sum: null, mode, decimals, at },
      });
    } else if (this.given === NO_MONEY) {
      steps.push({
        step: 'sum',
        text:
          at === 'document'
            ? `Exact sum ${sum} ${currency}; rounded on the document.`
            : `Exact sum ${sum} ${currency}, rounded ${mode} to ${decimals} decimals on the line.`,
        data: { sum, mode, decimals, at: at === 'document' ? 'document' : 'line' },
      });
    }
    steps.push({
      step: 'tax',
      text: `Tax ${tax.percentText} % ${tax.included ? 'is in it' : 'on top'}: ${taxText}; amount ${amount} ${currency}.`,
      data: { percent: tax.percentText, included: tax.included, tax: taxText, amount },
    });
    return steps;
  }
}

/** The same for amounts below zero. */
export function exactSigned(micros: Ratio): string {
  return micros.num < 0n ? `-${exactMicros({ num: -micros.num, den: micros.den })}` : exactMicros(micros);
}
