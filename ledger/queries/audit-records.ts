/** Records as the tables count them, each asked in another way: what the audit holds against each other. */
import { queryRows, type LedgerClient } from '../client.ts';
import { DISPOSITION_SUMS, type DispositionCounts } from './audit.ts';

export interface RecordsFilter {
  source?: string;
  /** Acceptance in [fromMs, toMs). */
  fromMs?: number;
  toMs?: number;
}

export type RecordsBy = 'file' | 'source' | 'hour';

export interface RecordsRow extends DispositionCounts {
  source: string;
  /** Entry of the file (or of the pushed batch); 0 when not by file. */
  fileEntry: number;
  /** First millisecond of the hour of acceptance; 0 when not by hour. */
  hourMs: number;
}

const KEYS: Record<RecordsBy, { fileEntry: string; hour: string }> = {
  file: { fileEntry: 'file_entry', hour: 'toUInt64(0)' },
  source: { fileEntry: 'toUInt64(0)', hour: 'toUInt64(0)' },
  hour: { fileEntry: 'toUInt64(0)', hour: 'intDiv(toUnixTimestamp64Milli(accepted_at), 3600000)' },
};

/** Dispositions by file, source, or source and hour of acceptance, in that order. */
export async function auditRecords(
  client: LedgerClient,
  by: RecordsBy,
  { source, fromMs, toMs }: RecordsFilter = {},
): Promise<RecordsRow[]> {
  const { fileEntry, hour } = KEYS[by];
  const where = [
    ...(source === undefined ? [] : ['source = {source:String}']),
    ...(fromMs === undefined ? [] : ['toUnixTimestamp64Milli(accepted_at) >= {from:Int64}']),
    ...(toMs === undefined ? [] : ['toUnixTimestamp64Milli(accepted_at) < {to:Int64}']),
  ];
  const rows = await queryRows<DispositionCounts & { source: string; fileKey: string; hourNo: string }>(
    client,
    `SELECT source, ${fileEntry} AS fileKey, ${hour} AS hourNo, ${DISPOSITION_SUMS}
     FROM batches AS b ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
     GROUP BY source, fileKey, hourNo ORDER BY hourNo, fileKey, source`,
    { source: source ?? '', from: fromMs ?? 0, to: toMs ?? 0 },
  );
  return rows.map(({ fileKey, hourNo, ...rest }) => ({
    ...rest,
    fileEntry: Number(fileKey),
    hourMs: Number(hourNo) * 3_600_000,
  }));
}

export interface AccountedBucket {
  /** Entries [bucket × 256, bucket × 256 + 256). */
  bucket: number;
  /** Bit n: entry bucket × 256 + n has an accounting row of its own. */
  entries: bigint;
  /** More than the entries: some are accounted for twice. */
  rows: number;
}

/**
 * Which entries have accounted for their records: when they were processed, or, files that were never admitted, when
 * that was decided.
 */
export async function accountedEntries(client: LedgerClient, upToEntry: number): Promise<AccountedBucket[]> {
  const rows = await queryRows<{ bucket: string; bits: string; n: string }>(
    client,
    `SELECT intDiv(entry_no, 256) AS bucket, count() AS n,
       toString(groupBitOr(bitShiftLeft(toUInt256(1), toUInt8(entry_no % 256)))) AS bits
     FROM batches WHERE (posted_entry = entry_no OR received != 0) AND entry_no <= {upTo:UInt64}
     GROUP BY bucket ORDER BY bucket`,
    { upTo: upToEntry },
  );
  return rows.map(({ bucket, bits, n }) => ({ bucket: Number(bucket), entries: BigInt(bits), rows: Number(n) }));
}

export interface EntryDifference {
  entryNo: number;
  /** What `batches` says less what the other table holds. */
  difference: number;
}

export interface EntryDifferences {
  /** Sum of the absolute differences of all entries. */
  total: number;
  /** The first of them. */
  examples: EntryDifference[];
}

const EXAMPLES = 20;

/** Per entry, `counted` (column of `batches`) against rows of another table given as `entry_no, n`. */
async function perEntry(client: LedgerClient, counted: string, other: string): Promise<EntryDifferences> {
  const rows = await queryRows<{ entry: string; apart: string; total: string }>(
    client,
    `SELECT entry, apart, sum(abs(apart)) OVER () AS total FROM (
       SELECT entry, sum(n) AS apart FROM (
         SELECT entry_no AS entry, sum(b.${counted}) AS n FROM batches AS b GROUP BY entry
         UNION ALL ${other}
       ) GROUP BY entry HAVING apart != 0
     ) ORDER BY entry LIMIT ${EXAMPLES}`,
  );
  return {
    total: Number(rows[0]?.total ?? 0),
    examples: rows.map(({ entry, apart }) => ({ entryNo: Number(entry), difference: Number(apart) })),
  };
}

/**
 * Records that `batches` calls rated against records that have standing charges. Each record has one first charge per
 * version of its usage: those have the numbers 0, 64, 128...
 */
export function ratedAgainstCharges(client: LedgerClient): Promise<EntryDifferences> {
  return perEntry(
    client,
    'rated',
    `SELECT entry_no AS entry, -sum(toInt64(c.sign)) AS n FROM charges AS c
     WHERE kind != 'settlement' AND charge_no % 64 = 0 GROUP BY entry`,
  );
}

/** Records that `batches` calls suspended against those whose last row in `suspense` says so. */
export function suspendedAgainstSuspense(client: LedgerClient): Promise<EntryDifferences> {
  return perEntry(
    client,
    'suspended',
    `SELECT entry, -toInt64(countIf(waits)) AS n FROM (
       SELECT entry_no AS entry, record_no, argMax(s.state, s.posted_entry) = 'suspended' AS waits
       FROM suspense AS s GROUP BY entry, record_no
     ) GROUP BY entry`,
  );
}

export interface PostedQuantity {
  recordNo: number;
  view: string;
  quantity: bigint;
}

/** What an entry's records were charged for when they were first posted, by record and view. */
export async function postedQuantities(client: LedgerClient, entryNo: number): Promise<PostedQuantity[]> {
  const rows = await queryRows<{ record: number; view: string; total: string }>(
    client,
    `SELECT record_no AS record, view, toString(sum(toInt128(c.quantity))) AS total FROM charges AS c
     WHERE entry_no = {entry:UInt64} AND posted_entry = {entry:UInt64} AND sign = 1 AND kind != 'settlement'
     GROUP BY record, view ORDER BY record, view SETTINGS max_threads = 1`,
    { entry: entryNo },
  );
  return rows.map(({ record, view, total }) => ({ recordNo: record, view, quantity: BigInt(total) }));
}
