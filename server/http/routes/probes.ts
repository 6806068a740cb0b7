/** What machines and browsers ask for without knowing the API. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { IntakeReadyAnswer, ReadyAnswer } from '../../../schemas/api/operation.ts';
import { indexHtml, LINKS } from '../index-page.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Probes'];
const open = { policy: { scope: 'public' } } as const;

export function probeRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/health',
      {
        exposeHeadRoute: true,
        config: open,
        schema: {
          tags,
          summary: 'The process answers',
          response: { 200: Type.Object({ status: Type.Literal('ok') }) },
        },
      },
      async () => ({ status: 'ok' as const }),
    );

    app.get(
      '/ready',
      {
        exposeHeadRoute: true,
        config: open,
        schema: { tags, summary: 'Usage is taken and rated', response: { 200: ReadyAnswer, 503: ReadyAnswer } },
      },
      async (_request, reply) => {
        const { ready, reasons } = services.status();
        reply.code(ready ? 200 : 503);
        return { ready, reasons };
      },
    );

    app.get(
      '/ready/intake',
      {
        exposeHeadRoute: true,
        config: open,
        schema: {
          tags,
          summary: 'Usage is taken and acknowledged; also while the ledger still replays',
          response: { 200: IntakeReadyAnswer, 503: IntakeReadyAnswer },
        },
      },
      async (_request, reply) => {
        const reason = services.intakeReason();
        reply.code(reason === null ? 200 : 503);
        return { ready: reason === null, reason };
      },
    );

    app.get(
      '/metrics',
      {
        config: { policy: { scope: 'metrics:read' } },
        schema: { tags, summary: 'Metrics for Prometheus', produces: ['text/plain'], response: { 200: Type.String() } },
      },
      async (_request, reply) =>
        reply.type('text/plain; version=0.0.4; charset=utf-8').send(await services.metricsText()),
    );

    app.get('/openapi.json', { config: open, schema: { hide: true } }, async () => app.swagger());

    app.get('/', { config: open, schema: { hide: true } }, async (request, reply) => {
      if (!request.headers.accept?.includes('text/html')) return { name: 'tollgrid', links: LINKS };
      return reply.type('text/html; charset=utf-8').send(indexHtml());
    });
  };
}
