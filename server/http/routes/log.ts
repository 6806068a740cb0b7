import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ArchiveAnswer, ArchiveRequest, LogReport } from '../../../schemas/api/log.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Operation'];

export function logRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/log',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: {
          tags,
          summary: 'The log: its segments, their archive, what was let go',
          response: { 200: LogReport },
        },
      },
      async () => services.logReport(),
    );

    app.post(
      '/admin/archive',
      {
        config: { policy: { scope: 'admin' } },
        schema: {
          tags,
          summary: 'Archive closed segments and apply the retention, now',
          body: Type.Union([ArchiveRequest, Type.Null()]),
          response: { 200: ArchiveAnswer },
        },
      },
      async (request) => services.archive({ all: request.body?.all ?? false }),
    );
  };
}
