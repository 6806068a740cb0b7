/** One line and one observation per request, by route pattern: a URL may hold a number or a name. */
import { LogController, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Metrics } from './metrics.ts';

/** Fastify's own lines name the URL, so they are all off. */
export const quiet = new LogController({ disableRequestLogging: true });

export function routeOf(request: FastifyRequest): string {
  return request.is404 ? '(unknown)' : (request.routeOptions.url ?? '(unknown)');
}

export function installRequestLog(app: FastifyInstance, metrics?: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request;
    const route = routeOf(request);
    const status = reply.statusCode;
    metrics?.tollgrid_http_request_seconds.observe({ method, route, status }, reply.elapsedTime / 1000);
    const line = { method, route, status, durationMs: Math.round(reply.elapsedTime), by: request.principal?.id };
    // Told to wait is no fault, and there may be thousands a second: metrics count them by code.
    const isFault = status >= 500 && status !== 503;
    request.log[isFault ? 'warn' : 'debug'](line, 'request');
  });
}
