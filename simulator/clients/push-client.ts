/**
 * Meters that push CloudEvents over HTTP, each with a key, and again with the same key until it is answered. 429 and 503
 * say how long to wait.
 */
import { setMaxListeners } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { readingEvent } from '../encode.ts';
import type { Delivery, Reading } from '../events.ts';
import { NO_COUNTS, pause, type ClientCounts, type DeviceClient } from './port.ts';

export interface PushTarget {
  /** Where the API answers. */
  url: string;
  /** Name of the source in the audit. */
  source: string;
  /** API key. */
  key?: string | undefined;
}

const ANSWER_MS_MAX = 30_000;
const AGAIN_MS = 500;
const AGAIN_MS_MAX = 10_000;
const CONNECTIONS_MAX = 64;

/** `acknowledged`; or how long to wait before the next attempt, and whether it was told so. */
type Answer = 'acknowledged' | { waitMs: number; told: boolean };

export class PushClient implements DeviceClient {
  readonly acknowledges = true;
  readonly counts: ClientCounts = { ...NO_COUNTS };
  /** Answers that another attempt does not change, by their status. */
  readonly refused: Record<string, number> = {};
  private readonly address: URL;
  private readonly key: string | undefined;
  private readonly agent: http.Agent;
  private readonly closing = new AbortController();

  constructor({ url, source, key }: PushTarget) {
    this.address = new URL(`${url.replace(/\/$/, '')}/v1/usage?source=${encodeURIComponent(source)}`);
    this.key = key;
    const Agent = this.address.protocol === 'https:' ? https.Agent : http.Agent;
    // One listener for each reading that waits.
    setMaxListeners(0, this.closing.signal);
    this.agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  }

  async deliver({ event, again, lost }: Delivery): Promise<boolean> {
    const { signal } = this.closing;
    const body = readingEvent(event as Reading);
    // A reading that comes again by a fault has a key of its own: it is known by its id.
    const key = `${event.id}${again ? '-again' : ''}`;
    for (let attempt = 0; !signal.aborted; attempt++) {
      if (attempt > 0) this.counts.retries++;
      if (attempt === 0 && lost === 'request') continue;
      const answer = await this.attempt(body, key);
      if (attempt === 0 && lost === 'answer') continue;
      if (answer === 'acknowledged') return true;
      if (answer.told) this.counts.toldToWait++;
      await pause(answer.waitMs > 0 ? answer.waitMs : Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** attempt), signal);
    }
    return false;
  }

  async finish(): Promise<void> {
    this.abort();
  }

  abort(): void {
    this.closing.abort();
    this.agent.destroy();
  }

  private attempt(body: string, key: string): Promise<Answer> {
    const { request } = this.address.protocol === 'https:' ? https : http;
    const headers = {
      'content-type': 'application/cloudevents+json',
      'content-length': Buffer.byteLength(body),
      'idempotency-key': key,
      ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }),
    };
    return new Promise((resolve) => {
      const failed = (): void => resolve({ waitMs: 0, told: false });
      const { agent } = this;
      const asking = request(this.address, { method: 'POST', headers, agent, timeout: ANSWER_MS_MAX });
      asking.on('error', failed);
      asking.on('timeout', () => asking.destroy());
      asking.on('response', (answer) => {
        answer.resume();
        answer.on('error', failed);
        answer.on('close', failed);
        answer.on('end', () => resolve(this.read(answer)));
      });
      asking.end(body);
    });
  }

  private read({ statusCode, headers }: http.IncomingMessage): Answer {
    if (statusCode === 202) return 'acknowledged';
    const told = statusCode === 429 || statusCode === 503;
    if (!told) this.refused[String(statusCode)] = (this.refused[String(statusCode)] ?? 0) + 1;
    return { waitMs: Number(headers['retry-after'] ?? 0) * 1000, told };
  }
}
