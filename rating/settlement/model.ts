/** What settlement reads and posts. */
import type { Ratio } from '../arithmetic/ratio.ts';
import type { Step, TariffBook } from '../engine/index.ts';

/** One subscription, view and service for one month. */
export interface SettlementInput extends Omit<MemberInput, 'subscription' | 'account' | 'attributes'> {
  book: TariffBook;
  /** yyyy-mm: the service period, by the clock of each tariff. */
  period: string;
  attributes?: readonly AttributeSpan[];
}

/** Several of them, because a part of their tariffs counts usage together. */
export interface ClusterInput {
  book: TariffBook;
  period: string;
  /** Of the account; lines in another one are refused. Null: not checked. */
  currency: string | null;
  members: readonly MemberInput[];
}

export interface MemberInput {
  /** Dense number. The lowest one of a scope carries its common lines. */
  subscription: number;
  account: number;
  /** When the subscription had which tariff; [from, to), null = open. Fees and allowances follow from it. */
  assignments: readonly TariffSpanInput[];
  /** Of the subscription, then of its account. */
  attributes: readonly AttributeSpan[];
  /** Standing usage of the month, and of as many months before as `monthsBefore` says, in any order. */
  usages: readonly SettledUsage[];
  /** Settlement charges of the same period that stand, reversals included. */
  posted: readonly PostedLine[];
}

export interface TariffSpanInput {
  tariff: string;
  fromMs: number | null;
  toMs: number | null;
}

export interface AttributeSpan {
  name: string;
  value: string;
  fromMs: number | null;
  toMs: number | null;
}

/** A usage as the ledger keeps it. */
export interface SettledUsage {
  /** 32 hexadecimal digits. */
  identity: string;
  startMs: number;
  /** Readings and sessions last; where it is left out, the usage is a moment. */
  endMs?: number;
  /** Base units. */
  quantity: number;
  quantityUp: number;
  zone: string;
  band: string;
  /** `name@yyyy-mm-dd`. */
  version: string;
  /** Of its charge, where rules are told apart by more than zone and band. */
  component?: string;
  /**
   * What its record charge says, where the money stands in one and the tariff `takesCharges`: it is taken as it is.
   * Billed in base units.
   */
  charged?: { amountMicros: number; taxMicros: number; billed: number };
  /** A later part of a divided usage: setup fee, first block and minimum are in the first one. */
  later?: boolean;
  /**
   * The part of its span that belongs to the subscription, because its meter had another owner or multiplier before or
   * after; `factor`: the multiplier then over the one that the quantity was made with.
   */
  within?: { fromMs: number; toMs: number; factor: Ratio };
}

/** What tells lines of a period apart. */
export interface LineKey {
  component: string;
  zone: string;
  band: string;
  version: string;
  /** Who pays it in place of the subscriber; absent or '' = the subscriber. */
  payer?: string;
  /** Cycles that are no calendar months: the day on which it ends. */
  cycle?: string;
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
  subscription: number;
  payer: string;
  cycle: string;
  /** Days of the cycle [first, end), of those in the month. */
  first: number;
  end: number;
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
