/** Records that wait. The table is append-only: the last row of an address is its state. */
import { queryRows, streamRows, type LedgerClient, type QueryParameters } from '../client.ts';
import { decodeCursor, pageOf, type Page, type PageRequest } from './page.ts';

export interface SuspenseItem {
  /** `entry.record`. */
  address: string;
  entryNo: string;
  recordNo: number;
  code: string;
  field: string;
  source: string;
  format: string;
  acceptedAtMs: number;
  byteOffset: string;
  lengthBytes: number;
  identity: string;
}

export interface SuspenseFilter {
  code?: string;
  source?: string;
  /** `entry.record`. */
  address?: string;
  /** Only what was posted before this entry. */
  beforeEntry?: number;
}

const LAST = (column: string): string => `argMaxIf(suspense.${column}, posted_entry, state = 'suspended')`;

/** One row per address that is suspended now, with the columns of its last suspension. */
function openRows(
  filter: SuspenseFilter,
  withBytes: boolean,
  more: string[] = [],
): { sql: string; params: QueryParameters } {
  const where = ['1'];
  const params: QueryParameters = {};
  if (filter.address !== undefined) {
    const [entry, record] = /^\d{1,19}\.\d{1,9}$/.test(filter.address) ? filter.address.split('.') : ['0', '0'];
    Object.assign(params, { entry, record });
    where.push('entry_no = {entry:UInt64} AND record_no = {record:UInt32}');
  }
  if (filter.beforeEntry !== undefined) {
    params['before'] = filter.beforeEntry;
    where.push('posted_entry < {before:UInt64}');
  }
  const having = [`argMax(state, posted_entry) = 'suspended'`];
  for (const name of ['code', 'source'] as const) {
    const value = filter[name];
    if (value === undefined) continue;
    params[name] = value;
    having.push(`${LAST(name)} = {${name}:String}`);
  }
  const sql = `
    SELECT entry_no AS entryNo, record_no AS recordNo,
      ${LAST('code')} AS code, ${LAST('field')} AS field, ${LAST('source')} AS source, ${LAST('format')} AS format,
      toUnixTimestamp64Milli(${LAST('accepted_at')}) AS acceptedAtMs, ${LAST('byte_offset')} AS byteOffset,
      ${withBytes ? `base64Encode(${LAST('bytes')}) AS base64,` : ''}
      argMaxIf(length(suspense.bytes), posted_entry, state = 'suspended') AS lengthBytes,
      lower(hex(${LAST('identity')})) AS identity
    FROM suspense WHERE ${[...where, ...more].join(' AND ')}
    GROUP BY entry_no, record_no HAVING ${having.join(' AND ')}
    ORDER BY entry_no, record_no`;
  return { sql, params };
}

type SuspenseRow = Omit<SuspenseItem, 'address' | 'acceptedAtMs' | 'lengthBytes'> & {
  acceptedAtMs: string;
  lengthBytes: string;
};

function toItem({ acceptedAtMs, lengthBytes, ...rest }: SuspenseRow): SuspenseItem {
  return {
    ...rest,
    address: `${rest.entryNo}.${rest.recordNo}`,
    acceptedAtMs: Number(acceptedAtMs),
    lengthBytes: Number(lengthBytes),
  };
}

/** Open suspense by address, without the bytes. */
export async function listSuspense(
  client: LedgerClient,
  filter: SuspenseFilter & PageRequest,
): Promise<Page<SuspenseItem>> {
  const more: string[] = [];
  const cursorParams: QueryParameters = {};
  if (filter.cursor !== undefined) {
    const [afterEntry, afterRecord] = decodeCursor(filter.cursor, ['integer', 'integer']);
    Object.assign(cursorParams, { afterEntry, afterRecord });
    more.push('(entry_no, record_no) > ({afterEntry:UInt64}, {afterRecord:UInt32})');
  }
  const { sql, params } = openRows(filter, false, more);
  const rows = await queryRows<SuspenseRow>(client, `${sql} LIMIT {limit:UInt32}`, {
    ...params,
    ...cursorParams,
    limit: filter.limit + 1,
  });
  return pageOf(rows.map(toItem), filter.limit, (item) => [item.entryNo, item.recordNo]);
}

/** Open suspense with the bytes as they arrived, in portions: what recycling works on. */
export async function* openSuspense(
  client: LedgerClient,
  filter: SuspenseFilter = {},
): AsyncGenerator<(SuspenseItem & { bytes: Buffer })[], void> {
  const { sql, params } = openRows(filter, true);
  for await (const rows of streamRows<SuspenseRow & { base64: string }>(client, sql, params)) {
    yield rows.map(({ base64, ...row }) => ({ ...toItem(row), bytes: Buffer.from(base64, 'base64') }));
  }
}

export interface SuspenseCount {
  code: string;
  source: string;
  records: string;
}

/** How many records wait, by code and source. */
export function countSuspense(client: LedgerClient): Promise<SuspenseCount[]> {
  const { sql } = openRows({}, false);
  return queryRows<SuspenseCount>(
    client,
    `SELECT code, source, count() AS records FROM (${sql}) GROUP BY code, source ORDER BY code, source`,
  );
}

/** The bytes of a record as they arrived, whether it still waits or not; undefined when it was never suspended. */
export async function suspenseBytes(client: LedgerClient, address: string): Promise<Buffer | undefined> {
  const [entry, record] = address.split('.');
  if (!/^\d{1,19}\.\d{1,9}$/.test(address)) return undefined;
  const [row] = await queryRows<{ base64: string }>(
    client,
    `SELECT base64Encode(bytes) AS base64 FROM suspense
     WHERE entry_no = {entry:UInt64} AND record_no = {record:UInt32} AND state = 'suspended'
     ORDER BY posted_entry DESC LIMIT 1`,
    { entry: entry, record: record },
  );
  return row && Buffer.from(row.base64, 'base64');
}
