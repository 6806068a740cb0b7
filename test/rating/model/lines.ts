/** Lines of a month: exact until they are rounded, once. */
import { add, NOTHING, toMillionth, withTax, type Money } from './money.ts';
import { Q } from './rational.ts';
import { SettlementError } from './settlement-error.ts';
import type { Tariff } from './tariff.ts';

export interface LineKey {
  component: string;
  zone?: string;
  band?: string;
  payer?: string;
}

export interface Line {
  component: string;
  zone: string;
  band: string;
  payer: string;
  quantity: Q;
  /** The quantity is power or a rate, and none of what was used. */
  isRate: boolean;
  money: Money;
  /** As prices are written: with or without tax. */
  price: Q;
}

interface OpenLine extends Required<LineKey> {
  quantity: Q;
  isRate: boolean;
  sum: Q;
  rounded: Money;
  days: Map<number, Q>;
}

export class Lines {
  private readonly tariff: Tariff;
  /** Of exchange; null: there is none for the day. */
  private readonly exchanged: Q | null;
  private readonly open: OpenLine[] = [];
  /** Money of record charges: no lines of the month, but surcharges and the like are taken of it. */
  readonly records: Line[] = [];

  constructor(tariff: Tariff, exchanged: Q | null) {
    this.tariff = tariff;
    this.exchanged = exchanged;
  }

  /** What one unit of the tariff's currency costs in that of the account. */
  get rate(): Q {
    if (this.exchanged === null) throw new SettlementError('SETTLE_NO_RATE', 'no rate for the day');
    return this.exchanged;
  }

  at({ component, zone = '', band = '', payer = '' }: LineKey) {
    let line = this.open.find(
      (one) => one.component === component && one.zone === zone && one.band === band && one.payer === payer,
    );
    if (line === undefined) {
      line = {
        component,
        zone,
        band,
        payer,
        quantity: Q.zero,
        isRate: false,
        sum: Q.zero,
        rounded: NOTHING,
        days: new Map(),
      };
      this.open.push(line);
    }
    const { tariff } = this;
    return {
      used: (more: Q) => void (line.quantity = line.quantity.plus(more)),
      rate: (rate: Q) => void Object.assign(line, { quantity: line.quantity.plus(rate), isRate: true }),
      sum: (more: Q) => void (line.sum = line.sum.plus(more)),
      /** In the currency of the account, as lines stand on the bill. */
      posted: (more: Q) => void (line.sum = line.sum.plus(more.over(this.rate))),
      /** Of one usage, which has a rounding of its own unless lines are rounded. */
      usage: (more: Q, day: number) => {
        const { at } = tariff.rounding;
        if (at === 'day') line.days.set(day, (line.days.get(day) ?? Q.zero).plus(more));
        else if (at === 'line' || at === 'document') line.sum = line.sum.plus(more);
        else line.rounded = add(line.rounded, withTax(tariff, more.times(this.rate)));
      },
    };
  }

  record(component: string, quantity: Q, money: Money): void {
    this.records.push(
      lineOf(this.tariff, { component, zone: '', band: '', payer: '' }, { quantity, isRate: false }, money),
    );
  }

  /** Lines of a document stay exact to the millionth; one more carries what rounding their sum makes, for each payer. */
  roundDocuments(): void {
    if (this.tariff.rounding.at !== 'document') return;
    const at = (payer: string) => this.all().filter((line) => line.payer === payer);
    for (const payer of new Set(this.open.map((line) => line.payer))) {
      const sum = Q.sum(this.open.filter((line) => line.payer === payer).map((line) => line.sum));
      const standing = at(payer).reduce((total, line) => add(total, line.money), NOTHING);
      const document = withTax(this.tariff, sum.times(this.rate));
      this.at({ component: 'rounding', payer });
      this.open.at(-1)!.rounded = {
        amount: document.amount.minus(standing.amount),
        tax: document.tax.minus(standing.tax),
      };
    }
  }

  all(): Line[] {
    const money = this.tariff.rounding.at === 'document' ? toMillionth : withTax;
    return this.open.map(({ component, zone, band, payer, quantity, isRate, sum, rounded, days }) => {
      const parts = [...days.values(), sum].map((one) => money(this.tariff, one.times(this.rate)));
      return lineOf(this.tariff, { component, zone, band, payer }, { quantity, isRate }, parts.reduce(add, rounded));
    });
  }
}

function lineOf(
  tariff: Tariff,
  key: Required<LineKey>,
  { quantity, isRate }: Pick<Line, 'quantity' | 'isRate'>,
  money: Money,
): Line {
  const price = tariff.tax.included ? money.amount : money.amount.minus(money.tax);
  // What is shown is whole base units; what is priced is exact.
  return { ...key, quantity: new Q(quantity.floor()), isRate, money, price };
}
