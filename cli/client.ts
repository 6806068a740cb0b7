/** How commands speak with Tollgrid: HTTP with the front that runs, or with one started for as long as it is needed. */
import { closeSync, createReadStream, existsSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Config } from '../platform/config.ts';
import { TollgridError } from '../platform/errors.ts';
import type { Front, FrontOptions } from '../server/index.ts';
import type { Problem } from '../schemas/api/common.ts';
import { ERRORS, type ErrorCode } from '../schemas/errors.ts';
import type { Io } from './io.ts';
import { whyNotListen } from './port.ts';

export type Query = Record<string, string | number | boolean | undefined>;

export interface Api {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  get<T>(route: string, query?: Query): Promise<T>;
  post<T>(route: string, body: unknown, query?: Query): Promise<T>;
  postText<T>(route: string, text: string, query?: Query): Promise<T>;
  /** The file's bytes as the body. */
  putFile<T>(route: string, file: string, query?: Query): Promise<T>;
  /** The answer's bytes as they come. */
  stream(route: string): Promise<AsyncIterable<Uint8Array>>;
}

/** What the running front writes into `<dataDir>/run/front.json`. */
interface FrontAddress {
  url: string;
  pid: number;
  token?: string;
}

/** How long a command waits for a Tollgrid that has just been started. */
const STARTING_MS = 60_000;

/** The front that runs on this data directory, or null. */
export function findFront(dataDir: string): FrontAddress | null {
  const file = path.join(dataDir, 'run', 'front.json');
  if (!existsSync(file)) return null;
  let address: FrontAddress;
  try {
    address = JSON.parse(readFileSync(file, 'utf8')) as FrontAddress;
  } catch {
    return null;
  }
  return isAlive(address.pid) ? address : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Starts Tollgrid in this process. Errors: PORT_TAKEN and whatever starting meets. */
export async function bootFront(options: FrontOptions): Promise<Front> {
  const { config, temporary } = options;
  // Asked first, because the port is opened last: a start takes seconds. A running Tollgrid has its own message.
  if (!temporary && findFront(config.dataDir) === null) {
    const { host, port } = config.server;
    const reason = await whyNotListen(host, port);
    if (reason !== null) {
      throw new TollgridError('PORT_TAKEN', `cannot listen on ${host}:${port} (${reason})`, { host, port });
    }
  }
  // Loaded only here: most of the program stands behind this import.
  const { startFront } = await import('../server/index.ts');
  return startFront(options);
}

/** Uses the running front, or boots one that ends with `use`. */
export async function withFront<T>(config: Config, io: Io, use: (api: Api) => Promise<T>): Promise<T> {
  const running = findFront(config.dataDir);
  if (running !== null) return use(connect(running.url, running.token));

  const front = await bootFront({ config, temporary: true });
  const interrupted = (): void => {
    io.note('stopping ...');
    void front.stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  void front.stopRequested.then(interrupted);
  try {
    return await use(connect(front.url, findFront(config.dataDir)?.token));
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    await front.stop();
  }
}

export function connect(url: string, token?: string): Api {
  const base = url.replace(/\/$/, '');
  const call = async (method: string, route: string, query: Query = {}, body?: Body): Promise<IncomingMessage> => {
    const address = new URL(base + route);
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(key, String(value));
    }
    for (const untilMs = performance.now() + STARTING_MS; ;) {
      const answer = await send(method, address, token, body);
      if (answer.statusCode! < 300) return answer;
      const problem = problemOf(answer.statusCode!, await textOf(answer));
      // It has just been started, takes usage already, and opens the rest.
      if (problem.code !== 'STARTING' || performance.now() > untilMs) throw problem;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  const json = async <T>(answer: Promise<IncomingMessage>): Promise<T> => JSON.parse(await textOf(await answer)) as T;
  return {
    url: base,
    get: (route, query) => json(call('GET', route, query)),
    post: (route, body, query) =>
      json(call('POST', route, query, { type: 'application/json', content: JSON.stringify(body) })),
    postText: (route, content, query) =>
      json(call('POST', route, query, { type: 'text/plain; charset=utf-8', content })),
    putFile: (route, file, query) => json(call('PUT', route, query, { type: 'application/octet-stream', file })),
    stream: (route) => call('GET', route),
  };
}

type Body = { type: string; content: string } | { type: string; file: string };

/**
 * One request on a connection of its own. Not `fetch`: that gives up after five minutes without an answer, and a
 * rebuild may take longer.
 */
function send(
  method: string,
  address: URL,
  token: string | undefined,
  body: Body | undefined,
): Promise<IncomingMessage> {
  const headers: Record<string, string | number> = {};
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  let content: string | Readable = '';
  if (body !== undefined) {
    headers['content-type'] = body.type;
    const opened =
      'file' in body ? openFile(body.file) : { sizeBytes: Buffer.byteLength(body.content), content: body.content };
    headers['content-length'] = opened.sizeBytes;
    content = opened.content;
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(address, { method, headers, agent: false });
    // A server that refuses an upload answers and closes before its end: that answer may be read after the error.
    const failed = (cause: Error): void => {
      const error =
        cause instanceof TollgridError
          ? cause
          : new TollgridError('FRONT_UNREACHABLE', `${address.origin}: ${cause.message}`, {}, { cause });
      setTimeout(() => reject(error), 100);
    };
    outgoing.once('response', resolve);
    outgoing.on('error', failed);
    if (typeof content === 'string') outgoing.end(content);
    else pipeline(content, outgoing).catch(failed);
  });
}

/** Up to the size it has now: a file that grows meanwhile is taken as it was. Error: FILE_UNREADABLE, also while reading. */
function openFile(file: string): { sizeBytes: number; content: Readable } {
  const fd = readable(file, () => openSync(file, 'r'));
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw unreadable(file, stat.isDirectory() ? 'EISDIR' : 'it is no regular file');
  }
  const content = createReadStream('', { fd, start: 0, end: Math.max(0, stat.size - 1) });
  const checked = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* content as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw unreadable(file, (error as NodeJS.ErrnoException).code);
    }
  };
  return { sizeBytes: stat.size, content: Readable.from(checked(), { objectMode: false }) };
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

export function problemOf(status: number, text: string): TollgridError {
  let problem: Partial<Problem> = {};
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    // Not ours: something else answers on that port.
  }
  const { code, detail, details } = problem;
  if (code === undefined || !Object.hasOwn(ERRORS, code)) {
    return new TollgridError('INTERNAL', `the API answered with status ${status}`);
  }
  return new TollgridError(code as ErrorCode, detail ?? '', details ?? {});
}

/** Runs what reads a file that the user named, and tells plainly when it cannot. */
export function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(file, (error as NodeJS.ErrnoException).code);
  }
}

function unreadable(file: string, code: string | undefined): TollgridError {
  const reasons: Record<string, string> = {
    ENOENT: 'does not exist',
    EACCES: 'may not be read',
    EISDIR: 'is a folder',
  };
  return new TollgridError('FILE_UNREADABLE', `${file} ${reasons[code ?? ''] ?? `cannot be read (${code})`}`);
}
