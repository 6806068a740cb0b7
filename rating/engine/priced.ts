/** What became of one usage on its way to an amount. One object is used again for row after row. */
import type { Asked } from '../compiler/index.ts';

export class Priced {
  /** 0, or a number of RateCode. */
  code = 0;
  /** Local numbers of the version: -1 before they are known. */
  zone = -1;
  band = -1;
  rule = -1;
  /** What the price is for (total, up or down) and what of it is billed, base units. */
  measured = 0;
  billed = 0;
  /** Exact amount in 1/denominator micro-units; `exact` takes over when it is no safe integer. */
  sum = 0;
  exact: bigint | null = null;
  /** Below `freeUnder`. */
  free = false;
  minimumHolds = false;
  /** The amount above the cap, when there was one. */
  uncapped: bigint | null = null;
  settled = false;
  /** yyyymm by the tariff's clock. */
  month = 0;
  amountMicros = 0;
  taxMicros = 0;

  // The usage, what rules are chosen by, and how it stands to others. Not touched by `reset`.
  startMs = 0;
  /** Matters where volume is divided by time. */
  endMs = 0;
  /** Base units. */
  total = 0;
  up = 0;
  /** The row, where its record is at hand. Without it (in settlement) rules are known by their component. */
  asked: Asked | null = null;
  component = '';
  /** What its charge says of rules in other bands. */
  held: ReadonlySet<number> | null = null;
  /** A later part of a divided usage: setup fee, first block and minimum are in the first. */
  later = false;

  reset(): void {
    this.code = 0;
    this.zone = -1;
    this.band = -1;
    this.rule = -1;
    this.measured = 0;
    this.billed = 0;
    this.sum = 0;
    this.exact = null;
    this.free = false;
    this.minimumHolds = false;
    this.uncapped = null;
    this.settled = false;
    this.month = 0;
    this.amountMicros = 0;
    this.taxMicros = 0;
  }

  of(startMs: number, endMs: number, total: number, up: number): void {
    this.startMs = startMs;
    this.endMs = endMs;
    this.total = total;
    this.up = up;
  }

  /** The exact amount as a whole number, whichever way it was kept. */
  numerator(): bigint {
    return this.exact ?? BigInt(this.sum);
  }
}

/** A part of a usage with one price. */
export interface Segment {
  band: number;
  rule: number;
  /** Row of the price table: the rule itself, or one of its tiers. */
  row: number;
  /** Exact rate: 1/denominator micro-units per base unit. With a series it is that of the time. */
  rate: bigint;
  /** UTC, where it begins: for volume that is divided by time too. */
  atMs: number;
  /** Base units from the start of the usage. */
  from: number;
  billed: number;
}
