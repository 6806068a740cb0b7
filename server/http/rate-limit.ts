/** Requests a second of each key, on the routes of the scope it is registered in. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { rateLimited } from './budgets.ts';

/** `requestsPerSecond` 0: no limit. The operator has none: a busy partner must not keep him out. */
export async function installRateLimit(app: FastifyInstance, requestsPerSecond: number): Promise<void> {
  if (requestsPerSecond === 0) return;
  await app.register(rateLimit, {
    max: requestsPerSecond,
    timeWindow: 1000,
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
