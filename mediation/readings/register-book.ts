/**
 * The register chains of all meters that one thread owns. `accept` takes a reading in and says what follows from it;
 * the caller makes, re-makes and reverses usages accordingly. State only: no clock, no ledger, no rating.
 */
import { positionOf, registerDifference, type RegisterReading, type Series } from './register-chain.ts';

export interface MeterFacts {
  /** Integer digits of the register; 0 = unknown. */
  digits: number;
  multiplier: number;
}

/** A usage that ends at an earlier or later reading and must be made again. */
export interface Rework {
  meter: string;
  register: string;
  from: RegisterReading;
  to: RegisterReading;
  /** What was posted for it before must be reversed. */
  reverse: boolean;
  /** The reading was context until now: its record becomes rated. */
  firstUsage: boolean;
}

export type Accepted =
  /** The register went backwards against a neighbour, and roll-over does not explain it: to suspense. */
  | { verdict: 'backwards' }
  /** First value of the register: context. */
  | { verdict: 'context'; rework?: Rework; replaced?: RegisterReading }
  /** A usage from `fromMs` to the reading. */
  | { verdict: 'usage'; fromMs: number; quantity: number; rework?: Rework; replaced?: RegisterReading };

export class RegisterBook {
  private readonly series = new Map<string, Series>();

  get size(): number {
    return this.series.size;
  }

  accept(meter: string, register: string, reading: RegisterReading, facts: MeterFacts): Accepted {
    const key = `${meter}\u0000${register}`;
    let series = this.series.get(key);
    if (series === undefined) this.series.set(key, (series = { meter, register, readings: [] }));
    const { readings } = series;
    const { index, present } = positionOf(readings, reading.readAtMs);
    const before = index > 0 ? readings[index - 1] : undefined;
    const after = readings[present ? index + 1 : index];

    const quantity = before === undefined ? 0 : registerDifference(before, reading, facts);
    if (quantity < 0) return { verdict: 'backwards' };
    if (after !== undefined && registerDifference(reading, after, facts) < 0) return { verdict: 'backwards' };

    const replaced = present ? readings[index] : undefined;
    if (replaced !== undefined) reading.version = replaced.version + 1;
    readings.splice(index, present ? 1 : 0, reading);

    let rework: Rework | undefined;
    if (after !== undefined) {
      after.version++;
      rework = { meter, register, from: reading, to: after, reverse: after.posted, firstUsage: !after.posted };
      after.posted = true;
    }
    const consequences = { ...(rework && { rework }), ...(replaced && { replaced }) };
    if (before === undefined) return { verdict: 'context', ...consequences };
    reading.posted = true;
    return { verdict: 'usage', fromMs: before.readAtMs, quantity, ...consequences };
  }

  *dump(): Generator<Series> {
    yield* this.series.values();
  }

  load(series: Series): void {
    this.series.set(`${series.meter}\u0000${series.register}`, series);
  }
}
