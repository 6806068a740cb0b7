/** Requests a second of each key, on the routes of the scope it is registered in. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { rateLimited } from './budgets.ts';

const WINDOW_MS = 1000;

/**
 * In place of the package's store: that one measures by the clock of the day, so a key would be shut out when it is set
 * back, and requests of one turn see each other's count.
 */
class Windows {
  private readonly windows = new Map<string, { startMs: number; current: number }>();

  incr(key: string, done: (error: Error | null, result?: { current: number; ttl: number }) => void): void {
    const nowMs = performance.now();
    let window = this.windows.get(key);
    if (window === undefined || nowMs - window.startMs >= WINDOW_MS) {
      window = { startMs: nowMs, current: 0 };
      this.windows.set(key, window);
    }
    done(null, { current: ++window.current, ttl: WINDOW_MS - (nowMs - window.startMs) });
  }

  child(): Windows {
    return new Windows();
  }
}

/** `requestsPerSecond` 0: no limit. The operator has none: a busy partner must not keep him out. */
export async function installRateLimit(app: FastifyInstance, requestsPerSecond: number): Promise<void> {
  if (requestsPerSecond === 0) return;
  await app.register(rateLimit, {
    max: requestsPerSecond,
    timeWindow: WINDOW_MS,
    store: Windows,
    // Behind the guard, which has refused everybody without a key: so there is a window for each key and no more.
    hook: 'preParsing',
    keyGenerator: (request) => request.principal?.id ?? '',
    allowList: (request) => request.principal === null || request.principal.operator,
    errorResponseBuilder: (_request, { max }) =>
      rateLimited(`More than ${max} requests a second came with this key.`, 1),
    // Retry-After stands in each refusal; how near a caller is to its limit is not told with each answer.
    addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
  });
}
