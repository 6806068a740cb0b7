/** The original on another machine, as `tollgrid follow` copies from it: over HTTP, with a key. */
import http from 'node:http';
import https from 'node:https';
import { TollgridError } from '../platform/errors.ts';
import { COPY_HEADERS, type CopyFiles } from '../schemas/api/copies.ts';
import type { CopySource, SourceAnswer } from '../server/index.ts';
import { problemOf, textOf } from './client.ts';

/** A connection on which nothing comes for so long, beyond the time that news may take, is given up. */
const SILENT_MS = 30_000;

export class HttpSource implements CopySource {
  private readonly base: URL;
  private readonly key: string | null;
  private readonly agent: http.Agent;
  private readonly waiting = new AbortController();

  /** `url`: where the original's API answers; `name`: what it calls this copy. */
  constructor(url: string, name: string, key: string | null) {
    this.base = new URL(`${url.replace(/\/$/, '')}/v1/copies/${name}/`);
    this.key = key;
    this.agent =
      this.base.protocol === 'https:' ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  }

  async next(afterNo: number, waitMs: number): Promise<SourceAnswer> {
    const answer = await this.news(afterNo, waitMs);
    const header = (name: keyof typeof COPY_HEADERS): number => Number(answer.headers[COPY_HEADERS[name]]);
    const bytes = await bytesOf(answer);
    const run = answer.statusCode === 204 ? null : { segment: header('segment'), offset: header('offset'), bytes };
    return { run, headNo: header('headNo'), epoch: header('epoch') };
  }

  private async news(afterNo: number, waitMs: number): Promise<http.IncomingMessage> {
    const { signal } = this.waiting;
    if (!signal.aborted) {
      try {
        return await this.get(`log?after=${afterNo}&waitMs=${waitMs}`, waitMs, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
    return this.get(`log?after=${afterNo}&waitMs=0`);
  }

  async *blob(sha256: string, offset: number): AsyncGenerator<Uint8Array> {
    yield* (await this.get(`spool/${sha256}?offset=${offset}`)) as AsyncIterable<Uint8Array>;
  }

  async files(): Promise<CopyFiles['items']> {
    return (JSON.parse(await textOf(await this.get('files'))) as CopyFiles).items;
  }

  async file(name: string): Promise<Uint8Array> {
    return bytesOf(await this.get(`files/${name.split('/').map(encodeURIComponent).join('/')}`));
  }

  interrupt(): void {
    this.waiting.abort();
  }

  async close(): Promise<void> {
    this.agent.destroy();
  }

  /** Errors: FRONT_UNREACHABLE, and what the original answers. */
  private async get(route: string, waitMs = 0, signal?: AbortSignal): Promise<http.IncomingMessage> {
    const address = new URL(route, this.base);
    const headers = this.key === null ? {} : { authorization: `Bearer ${this.key}` };
    const { request } = address.protocol === 'https:' ? https : http;
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const timeout = SILENT_MS + waitMs;
      const outgoing = request(address, {
        headers,
        agent: this.agent,
        timeout,
        ...(signal !== undefined && { signal }),
      });
      const failed = (cause: Error): void =>
        reject(new TollgridError('FRONT_UNREACHABLE', `${address.origin}: ${cause.message}`, {}, { cause }));
      outgoing.once('response', resolve);
      outgoing.on('error', failed);
      outgoing.on('timeout', () => outgoing.destroy(new Error(`nothing came for ${timeout / 1000} s`)));
      outgoing.end();
    });
    if (answer.statusCode! >= 300) throw problemOf(answer.statusCode!, await textOf(answer));
    return answer;
  }
}

async function bytesOf(answer: http.IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
