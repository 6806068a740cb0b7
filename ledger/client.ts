/** The way to the ledger: `@clickhouse/client`, for the embedded engine and for a ClickHouse server alike. */
import { ClickHouseError, createClient, type ClickHouseClient } from '@clickhouse/client';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { TollgridError } from '../platform/errors.ts';

export type LedgerClient = ClickHouseClient;

export interface LedgerAddress {
  url: string;
  /** The embedded engine's token, or the password of `user`. */
  token: string;
  user?: string;
  database?: string;
  /** Of requests and answers. */
  compression?: boolean;
  /** Folder in memory where an engine on this machine takes the data of inserts from. */
  handoverFolder?: string;
  /** How long an answer may take; default 5 minutes. */
  requestTimeoutMs?: number;
}

export function connectLedger(address: LedgerAddress): LedgerClient {
  return createClient({
    url: address.url,
    username: address.user ?? 'default',
    password: address.token,
    ...(address.database === undefined ? {} : { database: address.database }),
    request_timeout: address.requestTimeoutMs ?? 300_000,
    max_open_connections: 10,
    compression: { request: address.compression ?? false, response: address.compression ?? false },
    keep_alive: { enabled: true, idle_socket_ttl: 2_500 },
    log: { level: 127 },
    clickhouse_settings: {
      // A server may say otherwise by default; money needs all of them.
      async_insert: 0,
      output_format_json_quote_64bit_integers: 1,
      output_format_json_quote_decimals: 1,
      output_format_decimal_trailing_zeros: 1,
      date_time_overflow_behavior: 'throw',
      session_timezone: 'UTC',
    },
  });
}

/** `CLICKHOUSE_URL` (with `CLICKHOUSE_USER`, `CLICKHOUSE_PASSWORD`, `CLICKHOUSE_DATABASE`): a real server, for tests. */
export function addressFromEnvironment(env: NodeJS.ProcessEnv): LedgerAddress | undefined {
  const url = env['CLICKHOUSE_URL'];
  if (!url) return undefined;
  return {
    url,
    token: env['CLICKHOUSE_PASSWORD'] ?? '',
    user: env['CLICKHOUSE_USER'] ?? 'default',
    database: env['CLICKHOUSE_DATABASE'] ?? 'default',
  };
}

/** ClickHouse's number for `throwIf`, which only a fence says (see fence.ts). */
const THROWN_ON_PURPOSE = '395';

/** Turns what the client throws into a code the user can look up. Never repeats values of the query. */
export function ledgerError(error: unknown): TollgridError {
  if (error instanceof TollgridError) return error;
  if (error instanceof ClickHouseError && error.code === THROWN_ON_PURPOSE) {
    return new TollgridError('LEDGER_FENCED', 'another rater writes this ledger by now', {}, { cause: error });
  }
  if (error instanceof ClickHouseError) {
    const message = `ClickHouse answered ${error.code} ${error.type ?? ''}`;
    return new TollgridError('LEDGER_QUERY_REFUSED', message, { clickhouseCode: error.code }, { cause: error });
  }
  return new TollgridError('LEDGER_UNAVAILABLE', 'The ledger does not answer', {}, { cause: error });
}

export type QueryParameters = Record<string, string | number | bigint | readonly string[] | readonly number[]>;

/** All rows of a small answer. 64-bit numbers and decimals come as strings. */
export async function queryRows<T>(client: LedgerClient, query: string, params: QueryParameters = {}): Promise<T[]> {
  try {
    const result = await client.query({ query, query_params: params, format: 'JSONEachRow' });
    return await result.json<T>();
  } catch (error) {
    throw ledgerError(error);
  }
}

/**
 * Rows of an answer of any size, in portions, as they come. The client's own row stream makes an object per row before it
 * parses; here the lines of a portion are parsed as one array.
 */
export async function* streamRows<T>(
  client: LedgerClient,
  query: string,
  params: QueryParameters = {},
): AsyncGenerator<T[], void> {
  const stream = await queryBytes(client, `${query} FORMAT JSONEachRow`, params);
  let rest = '';
  const decoder = new StringDecoder('utf8');
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const text = decoder.write(chunk);
      const end = text.lastIndexOf('\n');
      if (end < 0) rest += text;
      else {
        yield parseLines<T>(rest + text.slice(0, end));
        rest = text.slice(end + 1);
      }
    }
  } catch (error) {
    throw ledgerError(error);
  }
}

/** Line feeds inside values are escaped, so those that stand there end a row. */
function parseLines<T>(lines: string): T[] {
  return JSON.parse(`[${lines.replaceAll('\n', ',')}]`) as T[];
}

/** The bytes of an answer as the server formats them; `query` names its FORMAT. */
export async function queryBytes(client: LedgerClient, query: string, params: QueryParameters = {}): Promise<Readable> {
  try {
    return (await client.exec({ query, query_params: params })).stream;
  } catch (error) {
    throw ledgerError(error);
  }
}

export async function command(client: LedgerClient, query: string, params: QueryParameters = {}): Promise<void> {
  try {
    await client.command({ query, query_params: params });
  } catch (error) {
    throw ledgerError(error);
  }
}
