import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { AuditQuery, AuditReport, VerifyReport } from '../../../schemas/api/audit.ts';
import { RebuildAnswer, RebuildRequest, Status } from '../../../schemas/api/operation.ts';
import { span } from '../queries.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Operation'];

export function operationRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/audit',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: {
          tags,
          summary:
            'Conservation: received = the dispositions, computed = ledger = aggregates, usage = what meters showed',
          querystring: AuditQuery,
          response: { 200: AuditReport },
        },
      },
      async ({ query }) =>
        services.audit({ wait: query.wait ?? false, by: query.by ?? 'file', source: query.source, ...span(query) }),
    );

    app.get(
      '/status',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: { tags, summary: 'How far processing is, and which processes run', response: { 200: Status } },
      },
      async () => services.status(),
    );

    app.post(
      '/admin/verify',
      {
        config: { policy: { scope: 'admin' } },
        schema: { tags, summary: 'Check log, ledger and registry against each other', response: { 200: VerifyReport } },
      },
      async () => services.verify(),
    );

    app.post(
      '/admin/rebuild',
      {
        config: { policy: { scope: 'admin' } },
        schema: {
          tags,
          summary: 'Compute the ledger again from the log',
          body: Type.Union([RebuildRequest, Type.Null()]),
          response: { 200: RebuildAnswer },
        },
      },
      async (request) => services.rebuild({ threads: request.body?.threads }),
    );

    app.post(
      '/admin/shutdown',
      {
        config: { policy: { scope: 'operator' } },
        schema: {
          tags,
          summary: 'Stop in an orderly way',
          response: { 202: Type.Object({ stopping: Type.Boolean() }) },
        },
      },
      async (_request, reply) => {
        // The answer first: stopping closes the connections.
        reply.raw.once('close', () => services.shutdown());
        reply.code(202);
        return { stopping: true };
      },
    );
  };
}
