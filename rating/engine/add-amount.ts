/** Adding to an exact amount: as safe integers while they fit, and as big ones from there on. */
import { RateCode } from './codes.ts';
import type { Priced, Segment } from './priced.ts';

const MAX = Number.MAX_SAFE_INTEGER;

/** `amount` is `exact`, or NaN where that is no safe integer. */
export function addExact(out: Priced, amount: number, exact: bigint): void {
  const sum = out.sum + amount;
  if (out.exact === null && sum <= MAX && sum >= -MAX) out.sum = sum;
  else out.exact = out.numerator() + exact;
}

/** Counts `billed` base units and adds what they cost; false with a code when they are too many. */
export function addQuantity(out: Priced, billed: number, rate: number, exactRate: bigint): boolean {
  const total = out.billed + billed;
  if (!(total <= MAX)) {
    out.code = RateCode.overflow;
    return false;
  }
  out.billed = total;
  const added = out.sum + billed * rate;
  if (out.exact === null && added <= MAX && added >= -MAX) out.sum = added;
  else out.exact = out.numerator() + BigInt(billed) * exactRate;
  return true;
}

/** Segments of one price that follow each other are one. */
export function traceSegment(trace: Segment[], segment: Segment): void {
  const before = trace.at(-1);
  const goesOn =
    before !== undefined &&
    before.band === segment.band &&
    before.row === segment.row &&
    before.rate === segment.rate &&
    before.from + before.billed === segment.from;
  if (goesOn) before.billed += segment.billed;
  else trace.push(segment);
}
