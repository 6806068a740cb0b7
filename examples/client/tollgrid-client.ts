/**
 * Pushes usage to Tollgrid: one file without dependencies, to copy into your own program. It needs `fetch` and
 * `CompressionStream` (Node 20.3 and later, Deno, Bun, browsers). See README.md beside it.
 */

/** A CloudEvent 1.0. Give the same usage the same `id` whenever you send it: then it is charged once, whatever happens. */
export interface UsageEvent {
  /** Unique within `source`. */
  id: string;
  /** What made the event, a URI reference such as `/pbx/1`. */
  source: string;
  /** `tollgrid.usage.voice`, `.data`, `.sms`, `.electricity`, `.water` or `.event`; or a type of your own format. */
  type: string;
  /** RFC 3339 with an offset. */
  time?: string;
  data: Record<string, unknown>;
}

/** Where the event is: durable in the log, and soon in the ledger. */
export interface Receipt {
  /** Number of the log entry; `GET /v1/entries/N/processed` says when it is in the ledger. */
  entry: number;
  /** Its place in that entry, from 0: `entry.record` is its address. */
  record: number;
  /** The answer is that of an earlier attempt, whose own answer was lost. */
  replayed: boolean;
  /** Why the event will wait in suspense, when its envelope is wrong; null otherwise. */
  flaw: string | null;
}

export interface ClientOptions {
  /** For example `https://tollgrid.example:8400`. */
  url: string;
  /** `tg_<id>_<secret>`; not needed on the same machine without keys. */
  key?: string;
  /** Whose usage it is: the source's name in Tollgrid. */
  source: string;
  batchEventsMax?: number;
  batchBytesMax?: number;
  /** How long an event may wait for others to travel with it. */
  lingerMs?: number;
  /** Batches on their way at the same time. */
  inFlightMax?: number;
  gzip?: boolean;
  /** The first wait before an attempt is repeated; doubled each time, up to `retryMsMax`, and shortened at random. */
  retryMs?: number;
  retryMsMax?: number;
  /** An attempt without an answer by then is repeated. */
  timeoutMs?: number;
  /** Ends waits and attempts: what is not acknowledged then rejects with its reason. */
  signal?: AbortSignal;
  /** Told before each wait. */
  onRetry?: (retry: { attempt: number; waitMs: number; reason: string }) => void;
  fetch?: typeof fetch;
}

/** Tollgrid refused the events, and would again. */
export class RefusedError extends Error {
  readonly status: number;
  /** Stable: docs/errors.md. */
  readonly code: string;
  readonly cure: string;

  constructor(status: number, problem: { code?: string; detail?: string; cure?: string }) {
    super(`${problem.code ?? status}: ${problem.detail ?? 'refused'}`);
    this.name = 'RefusedError';
    this.status = status;
    this.code = problem.code ?? '';
    this.cure = problem.cure ?? '';
  }
}

interface Waiting {
  line: Uint8Array<ArrayBuffer>;
  resolve(receipt: Receipt): void;
  reject(reason: unknown): void;
}

interface PushReply {
  entry: number;
  flaws: { index: number; problem: string }[];
}

const DEFAULTS = {
  batchEventsMax: 1000,
  batchBytesMax: 1024 * 1024,
  lingerMs: 50,
  inFlightMax: 2,
  gzip: true,
  retryMs: 200,
  retryMsMax: 30_000,
  timeoutMs: 60_000,
};
/** Refusals of the whole batch for one event in it. */
const OF_ONE_EVENT = new Set(['BODY_TOO_LARGE', 'BODY_TOO_DEEP']);
const encoder = new TextEncoder();

export class TollgridClient {
  private readonly options: ClientOptions & typeof DEFAULTS;
  private readonly queue: Waiting[] = [];
  private queuedBytes = 0;
  private inFlight = 0;
  private linger: ReturnType<typeof setTimeout> | undefined;
  private unacknowledged = 0;
  private idle: (() => void)[] = [];

  constructor(options: ClientOptions) {
    this.options = { ...DEFAULTS, ...options };
  }

  /** Events that are not acknowledged yet: let this not grow without end. */
  get waiting(): number {
    return this.unacknowledged;
  }

  /** Resolves when the event is durable; rejects with RefusedError, or with the reason of `signal`. */
  push(event: UsageEvent): Promise<Receipt> {
    const line = encoder.encode(`${JSON.stringify({ specversion: '1.0', ...event })}\n`);
    this.unacknowledged++;
    const receipt = new Promise<Receipt>((resolve, reject) => this.queue.push({ line, resolve, reject }));
    this.queuedBytes += line.length;
    this.sendFull();
    if (this.queue.length > 0) this.linger ??= setTimeout(() => this.sendAll(), this.options.lingerMs);
    return receipt;
  }

  /** Sends what waits at once; resolves when nothing is waiting any more, whatever became of it. */
  async flush(): Promise<void> {
    this.sendAll();
    if (this.unacknowledged > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private sendFull(): void {
    const { batchEventsMax, batchBytesMax, inFlightMax } = this.options;
    while (this.inFlight < inFlightMax && (this.queue.length >= batchEventsMax || this.queuedBytes >= batchBytesMax)) {
      this.send(this.takeBatch());
    }
  }

  private sendAll(): void {
    clearTimeout(this.linger);
    this.linger = undefined;
    while (this.inFlight < this.options.inFlightMax && this.queue.length > 0) this.send(this.takeBatch());
  }

  private takeBatch(): Waiting[] {
    const { batchEventsMax, batchBytesMax } = this.options;
    let count = 0;
    let bytes = 0;
    while (count < Math.min(this.queue.length, batchEventsMax)) {
      const { length } = this.queue[count].line;
      if (count > 0 && bytes + length > batchBytesMax) break;
      bytes += length;
      count++;
    }
    this.queuedBytes -= bytes;
    return this.queue.splice(0, count);
  }

  private send(batch: Waiting[]): void {
    this.inFlight++;
    void this.deliver(batch).finally(() => {
      this.inFlight--;
      this.sendAll();
      if (this.unacknowledged === 0) for (const resolve of this.idle.splice(0)) resolve();
    });
  }

  /** Settles each event of the batch; never rejects. */
  private async deliver(batch: Waiting[]): Promise<void> {
    try {
      const { reply, replayed } = await this.post(batch);
      this.unacknowledged -= batch.length;
      const flaws = new Map(reply.flaws.map(({ index, problem }) => [index, problem]));
      batch.forEach(({ resolve }, record) =>
        resolve({ entry: reply.entry, record, replayed, flaw: flaws.get(record) ?? null }),
      );
    } catch (error) {
      if (batch.length > 1 && error instanceof RefusedError && OF_ONE_EVENT.has(error.code)) {
        const half = batch.length >> 1;
        await this.deliver(batch.slice(0, half));
        await this.deliver(batch.slice(half));
      } else {
        this.unacknowledged -= batch.length;
        for (const { reject } of batch) reject(error);
      }
    }
  }

  /** The same bytes under the same key until there is an answer: so a batch whose answer was lost is not taken twice. */
  private async post(batch: Waiting[]): Promise<{ reply: PushReply; replayed: boolean }> {
    const { url, key, source, gzip, signal, onRetry, retryMs, retryMsMax } = this.options;
    const plain = new Blob(batch.map(({ line }) => line));
    const body = gzip ? await new Response(plain.stream().pipeThrough(new CompressionStream('gzip'))).blob() : plain;
    const target = `${url.replace(/\/$/, '')}/v1/usage?source=${encodeURIComponent(source)}`;
    const headers: Record<string, string> = {
      'content-type': 'application/x-ndjson',
      'idempotency-key': crypto.randomUUID(),
      ...(gzip && { 'content-encoding': 'gzip' }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    };
    for (let attempt = 1; ; attempt++) {
      const answer = await this.attempt(target, headers, body);
      if ('reply' in answer) return answer;
      const backoffMs = Math.min(retryMsMax, retryMs * 2 ** Math.min(attempt - 1, 20)) * (0.5 + Math.random() / 2);
      // The server knows better than a doubling; nobody comes before it says.
      const waitMs = Math.max(answer.retryAfterMs, backoffMs);
      onRetry?.({ attempt, waitMs, reason: answer.reason });
      // An abort that is over already tells no listener.
      signal?.throwIfAborted();
      await pause(waitMs, signal);
    }
  }

  private async attempt(
    target: string,
    headers: Record<string, string>,
    body: Blob,
  ): Promise<{ reply: PushReply; replayed: boolean } | { reason: string; retryAfterMs: number }> {
    const { timeoutMs, signal, fetch: send = fetch } = this.options;
    const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
    let response: Response;
    let text: string;
    try {
      response = await send(target, { method: 'POST', headers, body, signal: AbortSignal.any(limits) });
      text = await response.text();
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error), retryAfterMs: 0 };
    }
    if (response.status === 202) {
      const replayed = response.headers.get('idempotency-replayed') === 'true';
      return { reply: JSON.parse(text) as PushReply, replayed };
    }
    const problem = problemOf(text);
    const again = response.status === 408 || response.status === 429 || response.status >= 500;
    // A body that broke off on its way is whole the next time.
    if (!again && problem.code !== 'UPLOAD_BROKEN') throw new RefusedError(response.status, problem);
    return {
      reason: problem.code ?? `HTTP ${response.status}`,
      retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    };
  }
}

/** Proxies on the way may answer with anything. */
function problemOf(text: string): { code?: string; detail?: string; cure?: string } {
  try {
    return JSON.parse(text) as { code?: string };
  } catch {
    return {};
  }
}

/** Seconds or a date (RFC 9110); 0 when there is none. */
function retryAfterMs(value: string | null): number {
  if (value === null) return 0;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
