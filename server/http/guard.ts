/** Knows who calls, and lets through what the route's policy allows. */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { TollgridError } from '../../platform/errors.ts';
import { readApiKeys, sha256, type ApiKeys } from './api-keys.ts';
import { isDirectAndLocal, isLoopback, refuseStrangers, type Arrival } from './loopback.ts';
import type { HttpConfig } from './options.ts';
import { authorize, OPERATOR, type Policy, type Principal } from './policy.ts';

const PUBLIC: Policy = { scope: 'public' };
/** Its routes are made by a plugin that knows no policies; they serve the package's static files. */
const DOCS_PREFIX = '/docs';

/** Throws SERVER_KEYS_REQUIRED, API_KEYS_INVALID. */
export function installGuard(app: FastifyInstance, config: HttpConfig, operatorToken?: string): void {
  const keys = config.apiKeysFile === undefined ? null : readApiKeys(config.apiKeysFile);
  if (!keys && !isLoopback(config.host)) {
    throw new TollgridError('SERVER_KEYS_REQUIRED', `Listening on ${config.host} needs API keys.`, {
      host: config.host,
    });
  }

  app.decorateRequest('principal', null);
  app.addHook('onRoute', requirePolicy);
  app.addHook('onRequest', async (request) => {
    const arrival = arrivalOf(request, config.port);
    if (!keys) refuseStrangers(arrival);
    request.principal = identify(request.headers.authorization, arrival, keys, operatorToken);
    authorize(request.principal, request.is404 ? PUBLIC : request.routeOptions.config.policy!);
  });
}

function requirePolicy(route: RouteOptions): void {
  if (route.config?.policy) return;
  if (route.url !== DOCS_PREFIX && !route.url.startsWith(`${DOCS_PREFIX}/`)) {
    throw new Error(`route ${String(route.method)} ${route.url} has no policy`);
  }
  route.config = { ...route.config, policy: PUBLIC };
}

function identify(
  authorization: string | undefined,
  arrival: Arrival,
  keys: ApiKeys | null,
  operatorToken: string | undefined,
): Principal | null {
  // Keyless: refuseStrangers has proven that the caller is on this machine, whatever else it sends.
  if (!keys) return OPERATOR;
  if (authorization === undefined) return null;
  if (operatorToken !== undefined && isDirectAndLocal(arrival)) {
    if (timingSafeEqual(sha256(authorization), sha256(`Bearer ${operatorToken}`))) return OPERATOR;
  }
  return keys.principalOf(authorization);
}

function arrivalOf(request: FastifyRequest, configuredPort: number): Arrival {
  const { socket, headers, method } = request.raw;
  // An injected request has no port of its own.
  return {
    method: method ?? '',
    headers,
    remoteAddress: socket.remoteAddress ?? '',
    port: socket.localPort ?? configuredPort,
  };
}
