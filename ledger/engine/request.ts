/** A request in the manner of ClickHouse's HTTP interface, taken apart. */
import type { IncomingMessage } from 'node:http';
import { createHash, timingSafeEqual } from 'node:crypto';

/** URL parameters that steer HTTP itself. They are taken and have no meaning here: replies are never compressed. */
const TRANSPORT_ONLY = new Set([
  'wait_end_of_query',
  'send_progress_in_http_headers',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_response_buffer_size',
  'http_headers_progress_interval_ms',
  'buffer_size',
  'session_id',
  'session_timeout',
  'session_check',
  'role',
  'user',
]);

export interface LedgerRequest {
  path: string;
  /** The `query` parameter: then the body, if any, is data. */
  urlQuery: string | undefined;
  queryId: string;
  database: string;
  defaultFormat: string;
  parameters: Map<string, string>;
  settings: Map<string, string>;
}

export function parseRequest(request: IncomingMessage): LedgerRequest {
  const url = new URL(request.url ?? '/', 'http://engine');
  const parsed: LedgerRequest = {
    path: url.pathname,
    urlQuery: undefined,
    queryId: '',
    database: headerOf(request, 'x-clickhouse-database') || 'default',
    defaultFormat: headerOf(request, 'x-clickhouse-format') || 'TabSeparated',
    parameters: new Map(),
    settings: new Map(),
  };
  for (const [name, value] of url.searchParams) {
    if (name === 'query') parsed.urlQuery = value;
    else if (name === 'query_id') parsed.queryId = value;
    else if (name === 'database') parsed.database = value;
    else if (name === 'default_format') parsed.defaultFormat = value;
    else if (name.startsWith('param_')) parsed.parameters.set(name.slice(6), value);
    else if (!TRANSPORT_ONLY.has(name)) parsed.settings.set(name, value);
  }
  return parsed;
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

/** The secret a request carries: ClickHouse's own header, or the password or token of `Authorization`. */
function presentedToken(request: IncomingMessage): string {
  const key = headerOf(request, 'x-clickhouse-key');
  if (key) return key;
  const [scheme, value = ''] = headerOf(request, 'authorization').split(' ', 2);
  if (scheme?.toLowerCase() === 'bearer') return value;
  if (scheme?.toLowerCase() !== 'basic') return '';
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

/** Compares in constant time, whatever the lengths are. */
export function isAuthentic(request: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(presentedToken(request)), digest(token));
}
