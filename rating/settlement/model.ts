/** What settlement reads and posts. One call settles one subscription, view and service for one month. */
import type { Step, TariffBook } from '../engine/index.ts';

export interface SettlementInput {
  book: TariffBook;
  /** yyyy-mm: the service period, by the clock of each tariff. */
  period: string;
  /** When the subscription had which tariff; [from, to), null = open. Fees and allowances follow from it. */
  assignments: readonly TariffSpanInput[];
  /** Standing valuations of the month, in any order. Usage whose money is in a record charge is left out, or ignored. */
  usages: readonly SettledUsage[];
  /** Settlement charges of the same subscription, view, service and period that stand, reversals included. */
  posted: readonly PostedLine[];
}

export interface TariffSpanInput {
  tariff: string;
  fromMs: number | null;
  toMs: number | null;
}

/** A usage as the ledger keeps it. */
export interface SettledUsage {
  /** 32 hexadecimal digits. */
  identity: string;
  startMs: number;
  /** Base units. */
  quantity: number;
  quantityUp: number;
  zone: string;
  band: string;
  /** `name@yyyy-mm-dd`. */
  version: string;
}

/** What tells lines of a period apart. */
export interface LineKey {
  component: string;
  zone: string;
  band: string;
  version: string;
}

export interface LineTotals {
  /** Base units; 0 for fees. */
  quantity: number;
  /** With tax. */
  amountMicros: number;
  taxMicros: number;
}

export type PostedLine = LineKey & LineTotals;

/** A charge to post: the line less what is posted of it already. */
export interface SettlementCharge extends LineKey, LineTotals {
  currency: string;
  /** The whole line. */
  total: LineTotals;
  covers: Covers;
  steps: Step[];
}

/** The usages a line is made of, in order of (start, identity). */
export interface Covers {
  count: number;
  /** SHA-256 over `identity quantity\n` of each. */
  digest: string;
  list: { identity: string; quantity: number }[];
}
