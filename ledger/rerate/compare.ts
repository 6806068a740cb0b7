/** What stands against what the same records cost when they are priced again: a run of entries at a time. */
import { ledgerError, queryBytes } from '../client.ts';
import { BUSINESS_COLUMNS, CHARGE_COLUMNS, type RerateWorkspace } from './workspace.ts';

/** Standing records of one entry, ascending. */
export interface StandingRecords {
  entryNo: number;
  recordNos: Uint32Array;
  /** Per record: the number its charges begin with; higher than 0 where its usage was made again. */
  chargeFrom: Uint16Array;
  /** Per record: the four words of its usage's identity. */
  identity: Uint32Array;
}

/** A later revision that gives the same price changes nothing. */
const COMPARED = BUSINESS_COLUMNS.map((name) => (name === 'tariff' ? `splitByChar('#', toString(tariff))[1]` : name));

const RECORD_BYTES = 30;
/** Their numbers travel in the URL. */
const ENTRIES_AT_ONCE = 1000;

/** In the order of entries. */
export async function standingRecords(workspace: RerateWorkspace): Promise<StandingRecords[]> {
  const stream = await queryBytes(
    workspace.client,
    `SELECT entry_no, record_no, toUInt16(intDiv(min(charge_no), 64) * 64), any(identity) FROM ${workspace.table('standing')}
     GROUP BY entry_no, record_no ORDER BY entry_no, record_no FORMAT RowBinary`,
  );
  const parts: Buffer[] = [];
  try {
    for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  } catch (error) {
    throw ledgerError(error);
  }
  return byEntry(Buffer.concat(parts));
}

function byEntry(bytes: Buffer): StandingRecords[] {
  const found: StandingRecords[] = [];
  const count = bytes.length / RECORD_BYTES;
  const entryAt = (i: number): number => Number(bytes.readBigUInt64LE(i * RECORD_BYTES));
  for (let from = 0, to = 0; from < count; from = to) {
    const entryNo = entryAt(from);
    while (to < count && entryAt(to) === entryNo) to++;
    const recordNos = new Uint32Array(to - from);
    const chargeFrom = new Uint16Array(to - from);
    const identity = new Uint32Array((to - from) * 4);
    for (let i = from; i < to; i++) {
      recordNos[i - from] = bytes.readUInt32LE(i * RECORD_BYTES + 8);
      chargeFrom[i - from] = bytes.readUInt16LE(i * RECORD_BYTES + 12);
      for (let word = 0; word < 4; word++)
        identity[(i - from) * 4 + word] = bytes.readUInt32LE(i * RECORD_BYTES + 14 + word * 4);
    }
    found.push({ entryNo, recordNos, chargeFrom, identity });
  }
  return found;
}

/** A usage that ends at a register's reading: where it began, and what the register showed there. */
export interface RegisterSpan {
  recordNo: number;
  startMs: number;
  /** Of what stands; taken where the reading at the start is not among the readings. */
  quantity: number;
  from: { digits: number; scale: number } | null;
}

/** Of the standing records of some entries; records of other kinds are among them, and not to be looked at. */
export async function registerSpans(
  workspace: RerateWorkspace,
  entryNos: readonly number[],
): Promise<Map<number, RegisterSpan[]>> {
  const spans = new Map<number, RegisterSpan[]>();
  for (let first = 0; first < entryNos.length; first += ENTRIES_AT_ONCE) {
    const standing = `${workspace.table('standing')} WHERE entry_no IN {entries:Array(UInt64)}`;
    const rows = await workspace.rows<
      Record<'entry' | 'recordNo' | 'startMs' | 'quantity' | 'found' | 'digits' | 'scale', string>
    >(
      `SELECT s.entry_no AS entry, s.record_no AS recordNo, toUnixTimestamp64Milli(s.first) AS startMs, s.total AS quantity,
         countIf(r.meter != '') AS found, argMax(r.digits, r.posted_entry) AS digits, argMax(r.scale, r.posted_entry) AS scale
       FROM (
         SELECT entry_no, record_no, min(start_at) AS first, any(party) AS meter, any(other_party) AS register,
           sumIf(quantity, view = first_view) AS total
         FROM (SELECT *, min(view) OVER (PARTITION BY entry_no, record_no) AS first_view FROM ${standing})
         GROUP BY entry_no, record_no
       ) AS s
       LEFT JOIN (
         SELECT meter, register, read_at, digits, scale, posted_entry FROM readings
         WHERE kind = 'register' AND posted_entry < {entry:UInt64} AND meter IN (SELECT party FROM ${standing})
       ) AS r ON r.meter = s.meter AND r.register = s.register AND r.read_at = s.first
       GROUP BY s.entry_no, s.record_no, s.first, s.total ORDER BY entry, recordNo`,
      { entries: entryNos.slice(first, first + ENTRIES_AT_ONCE) },
    );
    for (const { entry, recordNo, startMs, quantity, found, digits, scale } of rows) {
      const list = spans.get(Number(entry)) ?? [];
      list.push({
        recordNo: Number(recordNo),
        startMs: Number(startMs),
        quantity: Number(quantity),
        from: found === '0' ? null : { digits: Number(digits), scale: Number(scale) },
      });
      spans.set(Number(entry), list);
    }
  }
  return spans;
}

export interface Compared {
  /** Records that stand, those of them that could be priced again, and those that come out otherwise. */
  standing: number;
  priced: number;
  changed: number;
}

/**
 * Adds the differences of the run to the workspace and empties it for the next one. A record is taken as a whole: when its
 * identity is another one now, or none of it can be priced, it stays as it stands.
 * @param postingPeriod yyyymm; 0: where the charge was posted that is corrected.
 */
export async function compareRun(workspace: RerateWorkspace, postingPeriod: number): Promise<Compared> {
  const [standing, rated, differences] = (['standing', 'rated', 'differences'] as const).map((part) =>
    workspace.table(part),
  );
  const record = '(entry_no, record_no, identity)';
  const business = `(${COMPARED.join(', ')})`;
  const params = { posting: postingPeriod };
  await workspace.run(
    `INSERT INTO ${differences} SELECT ${reversalColumns('if({posting:UInt32} = 0, s.posting_period, {posting:UInt32})')}
     FROM ${standing} AS s
     WHERE ${record} IN (SELECT ${record.slice(1, -1)} FROM ${rated}) AND ${business} NOT IN (SELECT ${business.slice(1, -1)} FROM ${rated})`,
    params,
  );
  await workspace.run(
    `INSERT INTO ${differences} SELECT ${newColumns()}
     FROM (
       SELECT * FROM ${rated}
       WHERE ${record} IN (SELECT ${record.slice(1, -1)} FROM ${standing}) AND ${business} NOT IN (SELECT ${business.slice(1, -1)} FROM ${standing})
     ) AS n
     INNER JOIN (
       SELECT entry_no, record_no, groupArray(charge_no) AS numbers, min(charge_no) AS first,
         max(if(posting_period = service_period, 0, posting_period)) AS late
       FROM ${standing} GROUP BY entry_no, record_no
     ) AS a ON a.entry_no = n.entry_no AND a.record_no = n.record_no`,
    params,
  );
  const [counts] = await workspace.rows<Record<keyof Compared, string>>(
    `SELECT uniqExact(entry_no, record_no) AS standing,
       uniqExactIf((entry_no, record_no), ${record} IN (SELECT ${record.slice(1, -1)} FROM ${rated})) AS priced,
       uniqExactIf((entry_no, record_no), (entry_no, record_no) IN (
         SELECT entry_no, record_no FROM ${differences}
         WHERE kind != 'settlement' AND entry_no >= (SELECT min(entry_no) FROM ${standing})
           AND entry_no <= (SELECT max(entry_no) FROM ${standing}))) AS changed
     FROM ${standing}`,
  );
  await workspace.empty('standing', 'rated');
  return {
    standing: Number(counts?.standing ?? 0),
    priced: Number(counts?.priced ?? 0),
    changed: Number(counts?.changed ?? 0),
  };
}

const NEGATED = ['quantity', 'quantity_up', 'billed', 'amount', 'tax'];

/** Columns of a row that takes back the row of `s`. */
export function reversalColumns(postingPeriod: string): string {
  return CHARGE_COLUMNS.map((name) => {
    if (name === 'posted_entry') return '{entry:UInt64}';
    if (name === 'sign') return '-s.sign';
    if (name === 'posting_period') return postingPeriod;
    if (name === 'corrects') return addressOf('s', 's.charge_no');
    return NEGATED.includes(name) ? `-s.${name}` : `s.${name}`;
  }).join(', ');
}

/** A charge keeps its number, and so its address, where it had one; a charge that was not there corrects the first one. */
function newColumns(): string {
  return CHARGE_COLUMNS.map((name) => {
    if (name === 'posted_entry') return '{entry:UInt64}';
    if (name === 'posting_period')
      return 'multiIf({posting:UInt32} != 0, {posting:UInt32}, a.late != 0, a.late, n.service_period)';
    if (name === 'corrects') return addressOf('n', 'if(has(a.numbers, n.charge_no), n.charge_no, a.first)');
    return `n.${name}`;
  }).join(', ');
}

function addressOf(of: string, chargeNo: string): string {
  return `concat(toString(${of}.entry_no), '.', toString(${of}.record_no), '.', toString(${chargeNo}))`;
}
