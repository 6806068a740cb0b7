/**
 * Register readings of one meter register, in order of time. A usage is the difference between a reading and the
 * one before it; the first reading is context. A reading that arrives late, or is revised, changes the usages that
 * end at it and at the next reading: those are made again, and what was posted for them is reversed.
 *
 *   reading   a────────b────────c        usage(b) = b − a, usage(c) = c − b
 *   late t    a───t────b────────c        usage(t) = t − a, usage(b) = b − t   (the old usage(b) is reversed)
 */

/** One register value, as the meter shows it: digits × 10^-scale. */
export interface RegisterReading {
  readAtMs: number;
  digits: number;
  scale: number;
  quality: number;
  /** Address of the record that brought it. */
  entryNo: number;
  recordNo: number;
  /** Where the record came from, for the accounting of a changed disposition. */
  fileEntry: number;
  source: string;
  format: string;
  classNo: number;
  acceptedAtMs: number;
  /** Identity of the usage that ends here: four words of the record's digest. */
  identity: [number, number, number, number];
  /** How many usages have ended here so far: keeps the addresses of re-made charges apart. */
  version: number;
  /** True while a usage that ends here stands in the ledger. */
  posted: boolean;
}

export interface Series {
  meter: string;
  register: string;
  readings: RegisterReading[];
}

/** A register shows kWh or m3; usage is counted in Wh or litres. */
const BASE_UNITS_PER_READING = 1000;

/** Where a reading at this time stands or would stand. */
export function positionOf(
  readings: readonly RegisterReading[],
  readAtMs: number,
): { index: number; present: boolean } {
  let low = 0;
  let high = readings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (readings[middle].readAtMs < readAtMs) low = middle + 1;
    else high = middle;
  }
  return { index: low, present: low < readings.length && readings[low].readAtMs === readAtMs };
}

/**
 * Base units between two readings, or -1 when the register went backwards and roll-over does not explain it.
 * `digits` are the register's integer digits (0 = unknown: no roll-over is assumed).
 */
export function registerDifference(
  from: Pick<RegisterReading, 'digits' | 'scale'>,
  to: Pick<RegisterReading, 'digits' | 'scale'>,
  facts: { digits: number; multiplier: number },
): number {
  const scale = Math.max(from.scale, to.scale);
  const fromUnits = from.digits * 10 ** (scale - from.scale);
  const toUnits = to.digits * 10 ** (scale - to.scale);
  let difference = toUnits - fromUnits;
  if (difference < 0) {
    if (facts.digits === 0) return -1;
    const span = 10 ** (facts.digits + scale);
    difference += span;
    // More than half the register in one step is a misread, not a roll-over.
    if (difference < 0 || difference * 2 > span) return -1;
  }
  const scaled = difference * facts.multiplier * BASE_UNITS_PER_READING;
  const quantity = scaled / 10 ** scale;
  return Number.isSafeInteger(quantity) ? quantity : Math.round(quantity);
}
