/** What became of one usage on its way to an amount. One object is used again for row after row. */
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
  settled = false;
  /** yyyymm by the tariff's clock. */
  month = 0;
  amountMicros = 0;
  taxMicros = 0;

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
    this.settled = false;
    this.month = 0;
    this.amountMicros = 0;
    this.taxMicros = 0;
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
  /** Base units from the start of the usage; for time also where it begins. */
  from: number;
  billed: number;
}
