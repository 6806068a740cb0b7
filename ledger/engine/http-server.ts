/**
 * ClickHouse's HTTP interface over the embedded engine, as far as `@clickhouse/client` and Grafana use it:
 * GET /ping, GET and POST / with the query in the URL or the body, inserts with their data in the body, parameters,
 * settings and formats. Differences on purpose: no SET or USE (there are no sessions), no data inside the SQL text,
 * no files, no compression.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { BodyTooLarge, type Staging } from './staging.ts';
import { HANDED_OVER_HEADER } from '../handover.ts';
import type { Lane, Lanes } from './lanes.ts';
import { completeStatement, quoteString, settingsList, substituteParameters } from './parameters.ts';
import { isAuthentic, parseRequest, type LedgerRequest } from './request.ts';
import { readStatement, StatementError, type Statement } from './sql-text.ts';

const MAX_QUERY_BYTES = 4 << 20;
const MAX_URL_BYTES = 1 << 20;

/** Formats whose output is a plain sequence of rows: these stream. Others are one document and are made whole. */
const ROW_FORMATS =
  /^(TabSeparated|TabSeparatedRaw|TSV|TSVRaw|CSV|JSONEachRow|JSONLines|NDJSON|JSONCompactEachRow|JSONStringsEachRow|JSONCompactStringsEachRow|RowBinary|Native|LineAsString)(WithNames|WithNamesAndTypes)?$/i;

export interface EngineServer {
  url: string;
  /** Takes no more connections; requests that are under way go on. */
  refuse(): void;
  /** Cuts what is still connected. */
  end(): void;
}

export interface EngineServerOptions {
  lanes: Lanes;
  staging: Staging;
  /** 0: a free one. */
  port: number;
  token: string;
  maxInsertBytes: number;
}

export async function serveEngine(options: EngineServerOptions): Promise<EngineServer> {
  const server = http.createServer({ maxHeaderSize: MAX_URL_BYTES, requestTimeout: 0 }, (request, response) => {
    void answer(request, response, options).catch((error: unknown) => {
      // What is left of an unread body would be taken for the next request.
      if (!request.complete) response.shouldKeepAlive = false;
      sendError(response, error);
      request.resume();
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    refuse: () => {
      server.close();
      server.closeIdleConnections();
    },
    end: () => server.closeAllConnections(),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, options: EngineServerOptions): Promise<void> {
  const parsed = parseRequest(request);
  if (parsed.path === '/ping') {
    response.end('Ok.\n');
    return;
  }
  if (!isAuthentic(request, options.token)) {
    throw new StatementError(516, 'AUTHENTICATION_FAILED', 'Authentication failed: the token is missing or wrong');
  }
  if (parsed.path !== '/' || (request.method !== 'GET' && request.method !== 'POST')) {
    response.writeHead(404).end('There is no such page\n');
    return;
  }
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new StatementError(48, 'NOT_IMPLEMENTED', 'Compressed requests are not taken');
  }
  response.setHeader('X-ClickHouse-Query-Id', parsed.queryId);
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  const statement = readStatement(parsed.urlQuery ?? (await readQuery(request)));
  if (statement.namesFile) throw new StatementError(48, 'NOT_IMPLEMENTED', 'INFILE and OUTFILE belong to the engine');
  switch (statement.kind) {
    case 'session':
      throw new StatementError(48, 'NOT_IMPLEMENTED', 'There are no sessions: put settings into the request');
    case 'select':
    case 'show':
      return read(statement, parsed, response, options.lanes);
    case 'insert':
      return insert(statement, parsed, request, response, options);
    default:
      // Behind CREATE a SETTINGS clause would become the table's, so settings of the request only go where they fit.
      return write(statement, statement.words.has('ALTER') || statement.words.has('DELETE'), parsed, response, options);
  }
}

async function readQuery(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_QUERY_BYTES) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function read(
  statement: Statement,
  parsed: LedgerRequest,
  response: ServerResponse,
  lanes: Lanes,
): Promise<void> {
  const sql = completeStatement(statement, parsed.parameters, parsed.settings);
  const format = statement.format ?? parsed.defaultFormat;
  response.setHeader('X-ClickHouse-Format', format);
  response.setHeader('Content-Type', format.startsWith('JSON') ? 'application/json' : 'text/plain; charset=UTF-8');
  await lanes.reads.use(parsed.database, async ({ session }) => {
    if (response.destroyed) return;
    if (statement.kind !== 'select' || !ROW_FORMATS.test(format)) {
      const result = await session.queryAsync(sql, { format: parsed.defaultFormat });
      response.end(result.bytes());
      return;
    }
    for await (const chunk of session.queryStream(sql, { format: parsed.defaultFormat })) {
      if (response.destroyed) return;
      if (!response.write(chunk.raw())) await writable(response);
    }
    response.end();
  });
}

/** Resolves when the client has taken what was written, or has gone. */
function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

async function write(
  statement: Statement,
  takesSettings: boolean,
  parsed: LedgerRequest,
  response: ServerResponse,
  { lanes }: EngineServerOptions,
): Promise<void> {
  const sql = completeStatement(statement, parsed.parameters, takesSettings ? parsed.settings : new Map());
  const result = await lanes.writes.use(parsed.database, ({ session }) =>
    session.queryAsync(sql, { format: parsed.defaultFormat }),
  );
  response.end(result.bytes());
}

async function insert(
  statement: Statement,
  parsed: LedgerRequest,
  request: IncomingMessage,
  response: ServerResponse,
  options: EngineServerOptions,
): Promise<void> {
  const { words } = statement;
  if (words.has('SELECT') && statement.format === undefined) return write(statement, true, parsed, response, options);
  const fileName = request.headers[HANDED_OVER_HEADER];
  if ((parsed.urlQuery === undefined && fileName === undefined) || words.has('VALUES') || endsBehindFormat(statement)) {
    throw new StatementError(48, 'NOT_IMPLEMENTED', 'Data inside the SQL text is refused: send it as the body');
  }
  const format = statement.format ?? parsed.defaultFormat;
  const end = statement.formatAt < 0 ? statement.sql.length : statement.formatAt;
  // SETTINGS of the statement stand between the target and FORMAT; the file has to come before them.
  const settingsAt = statement.settingsAt < 0 ? end : statement.settingsAt;
  const complete = (text: string): string => substituteParameters(readStatement(text), parsed.parameters);
  const own = statement.sql.slice(settingsAt + 'SETTINGS'.length, end);
  const settings = [own, settingsList(statement, parsed.settings)].filter((part) => part.trim()).join(', ');
  const run = (file: string): Promise<void> => {
    const withSettings = settings ? ` SETTINGS ${settings}` : '';
    const { inputAt } = statement;
    // `input` is empty here when the data comes from a file: the file itself is named in its place.
    const sql =
      inputAt < 0
        ? `${complete(statement.sql.slice(0, settingsAt))} FROM INFILE ${quoteString(file)}${withSettings} FORMAT ${format}`
        : `${complete(fromFile(statement.sql.slice(0, settingsAt), inputAt, file, format))}${withSettings}`;
    return options.lanes.writes.use(parsed.database, (lane) => runInsert(lane, sql));
  };
  if (fileName === undefined) {
    const length = Number(request.headers['content-length'] ?? -1);
    await options.staging.with(request, length, options.maxInsertBytes, run);
  } else {
    const file = options.staging.handedOver(String(fileName));
    if (file === null) throw new StatementError(48, 'NOT_IMPLEMENTED', `${HANDED_OVER_HEADER} names no staged file`);
    await run(file);
  }
  response.setHeader('X-ClickHouse-Summary', '{}');
  response.end();
}

function fromFile(sql: string, inputAt: number, file: string, format: string): string {
  const structure = sql.slice(inputAt + 'input('.length);
  return `${sql.slice(0, inputAt)}file(${quoteString(file)}, ${quoteString(format)}, ${structure}`;
}

async function runInsert({ session }: Lane, sql: string): Promise<void> {
  await session.queryAsync(sql);
}

/** True when something stands behind `FORMAT name`: that would be data, or a second meaning. */
function endsBehindFormat({ sql, format, formatAt }: Statement): boolean {
  return formatAt >= 0 && !new RegExp(`^FORMAT\\s+${format!}$`, 'i').test(sql.slice(formatAt));
}

/** ClickHouse's numbers that are the caller's fault, as HTTP sees them. */
const STATUS_OF_CODE: Record<number, number> = { 516: 401, 60: 404, 81: 404, 202: 503, 241: 503, 48: 501 };
const CALLERS_FAULT = new Set([6, 10, 16, 26, 27, 36, 38, 41, 42, 43, 44, 46, 47, 53, 62, 69, 72, 73, 115, 456, 457]);

function sendError(response: ServerResponse, error: unknown): void {
  // Rows are on their way already: only a broken connection can tell the client that they are not all.
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (error instanceof BodyTooLarge) {
    response.writeHead(413, { 'X-ClickHouse-Exception-Code': '1' });
    response.end('Code: 1. DB::Exception: The body is larger than this engine takes. (UNSUPPORTED_METHOD)\n');
    return;
  }
  const { code, text } = describe(error);
  const status = STATUS_OF_CODE[code] ?? (CALLERS_FAULT.has(code) ? 400 : 500);
  response.writeHead(status, { 'X-ClickHouse-Exception-Code': String(code), 'Content-Type': 'text/plain' });
  response.end(`${text}\n`);
}

function describe(error: unknown): { code: number; text: string } {
  if (error instanceof StatementError) {
    return { code: error.code, text: `Code: ${error.code}. DB::Exception: ${error.message}. (${error.type})` };
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = Number(/^Code: (\d+)\./.exec(message)?.[1] ?? 1002);
  return { code, text: code === 1002 ? `Code: 1002. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)` : message };
}
