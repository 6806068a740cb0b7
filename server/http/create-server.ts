/** The HTTP edge: routes, who may call them, how refusals look. What they do stands behind `FrontServices`. */
import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import { TollgridError } from '../../platform/errors.ts';
import { createBudgets } from './budgets.ts';
import { installGuard } from './guard.ts';
import { installOpenapi } from './openapi.ts';
import { DEFAULT_HTTP_CONFIG, type HttpConfig, type ServerOptions } from './options.ts';
import { problemHandler } from './problem.ts';
import { installRateLimit } from './rate-limit.ts';
import { installRequestLog, quiet } from './request-log.ts';
import { accountRoutes } from './routes/accounts.ts';
import { canaryRoutes } from './routes/canaries.ts';
import { chargeRoutes } from './routes/charges.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { copyRoutes } from './routes/copies.ts';
import { fileRoutes } from './routes/files.ts';
import { heldFileRoutes } from './routes/held-files.ts';
import { logRoutes } from './routes/log.ts';
import { operationRoutes } from './routes/operation.ts';
import { probeRoutes } from './routes/probes.ts';
import { rerateRoutes } from './routes/rerates.ts';
import { registryRoutes } from './routes/registry.ts';
import { outputRoutes } from './routes/outputs.ts';
import { sourceRoutes } from './routes/sources.ts';
import { statementRoutes } from './routes/statements.ts';
import { suspenseRoutes } from './routes/suspense.ts';
import { tariffRoutes } from './routes/tariffs.ts';
import { usageRoutes } from './routes/usage.ts';
import type { FrontServices } from './services.ts';
import { validatorCompiler } from './validation.ts';

/** Long enough for an encoded file name of 255 characters. */
const PARAM_LENGTH_MAX = 4096;

/** Not listening yet. Throws SERVER_KEYS_REQUIRED, API_KEYS_INVALID. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { config, services, logger, metrics, operatorToken } = options;
  const handleProblem = problemHandler(metrics?.tollgrid_errors_total);
  const app = fastify({
    ...(logger && { loggerInstance: logger }),
    logController: quiet,
    genReqId: () => randomUUID(),
    bodyLimit: config.bodyBytesMax,
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    http: { headersTimeout: config.headersTimeoutMs, maxHeaderSize: 16_384 },
    routerOptions: { maxParamLength: PARAM_LENGTH_MAX },
    // A HEAD would do the whole work of its GET.
    exposeHeadRoutes: false,
    frameworkErrors: handleProblem,
  });
  app.setValidatorCompiler(validatorCompiler);

  installGuard(app, config, operatorToken);
  installRequestLog(app, metrics);
  app.setErrorHandler(handleProblem);
  app.setNotFoundHandler(() => {
    throw new TollgridError('ROUTE_UNKNOWN', 'There is no such route.');
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', "default-src 'none'");
  });

  void app.register(async (root) => {
    await installOpenapi(root);
    await root.register(probeRoutes(services));
    await root.register(v1(services, config), { prefix: '/v1' });
  });
  return app;
}

function v1(services: FrontServices, { bodyBytesMax, fileBytesMax, ratioMax, limits }: HttpConfig) {
  const budgets = createBudgets(limits);
  return async (app: FastifyInstance): Promise<void> => {
    await installRateLimit(app, limits.requestsPerSecond);
    // What an answer is made from, at least: while the ledger replays, it is not as far as the log. Told to who may ask.
    app.addHook('preHandler', async ({ method }, reply) => {
      if (method !== 'GET') return;
      const { ledgerEntry, logHead } = services.position();
      reply.header('tollgrid-ledger-entry', ledgerEntry).header('tollgrid-log-head', logHead);
    });
    await app.register(usageRoutes(services, { bytesMax: bodyBytesMax, ratioMax }, budgets));
    await app.register(fileRoutes(services, { bytesMax: fileBytesMax, ratioMax }, budgets));
    await app.register(heldFileRoutes(services));
    await app.register(sourceRoutes(services));
    await app.register(outputRoutes(services));
    await app.register(chargeRoutes(services));
    await app.register(sessionRoutes(services));
    await app.register(accountRoutes(services));
    await app.register(suspenseRoutes(services));
    await app.register(registryRoutes(services));
    await app.register(tariffRoutes(services));
    await app.register(canaryRoutes(services));
    await app.register(operationRoutes(services));
    await app.register(logRoutes(services));
    await app.register(statementRoutes(services));
    await app.register(rerateRoutes(services));
    await app.register(copyRoutes(services));
  };
}

/** The description that is committed as docs/openapi.json. No service is called. */
export async function openapiDocument(): Promise<object> {
  const app = createServer({ config: DEFAULT_HTTP_CONFIG, services: {} as FrontServices });
  try {
    const answer = await app.inject({
      url: '/openapi.json',
      headers: { host: `127.0.0.1:${DEFAULT_HTTP_CONFIG.port}` },
    });
    return answer.json<object>();
  } finally {
    await app.close();
  }
}
