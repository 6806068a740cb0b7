/**
 * What meters showed against the usage that stands for it, from the `readings` and `charges` tables alone: nothing that
 * rating summed up is used.
 *
 *   register   usage of a reading = its value less the one before it     (the first one of a chain: 0)
 *   interval   usage of a reading = its value
 *
 * A reading that a later one replaced must have no usage left.
 */
import { queryRows, type LedgerClient } from '../client.ts';

/** Readings that are alike for the fold in reports/meter-identity.ts. */
export interface MeterSteps {
  meter: string;
  register: string;
  kind: 'register' | 'interval';
  /** View of the usage; empty for readings that have none. */
  view: string;
  /** Moment of the reading for the meters named in `changing`; 0 for all others. */
  atMs: number;
  /** Readings with a value to account for. */
  steps: number;
  /** Sum of their values or differences as the meter shows them, in units of 10^-18. */
  shown: bigint;
  /** These steps went backwards by that much each (in units of 10^-18, negative); 0 for all others. */
  backwards: bigint;
  /** Most decimals that one of the values has. */
  scale: number;
  /** Usage that stands for all of these readings, in base units. */
  usage: bigint;
}

/** Readings looked at in one query: bounds its memory. */
const READINGS_AT_ONCE = 2_000_000;

/**
 * Chains of all meters, a few million readings at a time. `changing`: meters whose facts (multiplier, digits) changed in
 * their life, for which time matters.
 */
export async function* meterSteps(
  client: LedgerClient,
  changing: readonly string[],
  readingsAtOnce = READINGS_AT_ONCE,
): AsyncGenerator<MeterSteps[]> {
  const [counted] = await queryRows<{ n: string }>(client, 'SELECT count() AS n FROM readings');
  const parts = Math.ceil(Number(counted.n) / readingsAtOnce);
  for (let part = 0; part < parts; part++) {
    const rows = await queryRows<Record<keyof MeterSteps, string>>(client, STEPS, { parts, part, changing });
    yield rows.map((row) => ({
      meter: row.meter,
      register: row.register,
      kind: row.kind as MeterSteps['kind'],
      view: row.view,
      atMs: Number(row.atMs),
      steps: Number(row.steps),
      shown: BigInt(row.shown),
      backwards: BigInt(row.backwards),
      scale: Number(row.scale),
      usage: BigInt(row.usage),
    }));
  }
}

const OF_PART = 'cityHash64(meter) % {parts:UInt32} = {part:UInt32}';

/** The last row of a moment stands. A value times 10^18 fits 128 bits for any register. */
const STANDING = `
  SELECT meter, register, toString(kind) AS what, start_at, read_at, entry_no, record_no, scale,
    toInt128(digits) * toInt128(intExp10(18 - least(scale, 18))) AS value,
    (posted_entry, entry_no, record_no)
      = max((posted_entry, entry_no, record_no)) OVER (PARTITION BY meter, register, kind, start_at, read_at) AS stands
  FROM readings WHERE ${OF_PART}`;

const CHAINED = `
  SELECT *, row_number() OVER chain AS place, lagInFrame(value, 1, value) OVER chain AS before,
    multiIf(NOT stands, toInt128(0), what = 'interval', value, place = 1, toInt128(0), value - before) AS step
  FROM (${STANDING})
  WINDOW chain AS (PARTITION BY meter, register, what, stands ORDER BY read_at, start_at, entry_no, record_no
    ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)`;

const USED = `
  SELECT entry_no, record_no, view AS used_view, sum(toInt128(c.quantity)) AS used
  FROM charges AS c
  WHERE kind != 'settlement' AND (entry_no, record_no) IN (SELECT entry_no, record_no FROM readings WHERE ${OF_PART})
  GROUP BY entry_no, record_no, view`;

const STEPS = `
  SELECT meter, register, what AS kind, used_view AS view,
    if(has({changing:Array(String)}, meter), toUnixTimestamp64Milli(read_at), 0) AS atMs,
    toString(if(what = 'register' AND step < 0, step, toInt128(0))) AS backwards,
    countIf(stands AND (what = 'interval' OR place > 1)) AS steps,
    toString(sum(step)) AS shown, max(scale) AS scale, toString(sum(used)) AS usage
  FROM (${CHAINED}) AS r LEFT JOIN (${USED}) AS u ON r.entry_no = u.entry_no AND r.record_no = u.record_no
  GROUP BY meter, register, kind, view, atMs, backwards
  HAVING steps != 0 OR usage != '0'
  ORDER BY meter, register, kind, view, atMs, backwards`;
