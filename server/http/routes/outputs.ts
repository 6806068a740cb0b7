import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { closed, pageQuery } from '../../../schemas/api/common.ts';
import { OutputPage } from '../../../schemas/api/outputs.ts';
import { pageRequest } from '../queries.ts';
import type { FrontServices } from '../services.ts';

export function outputRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/outputs',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: {
          tags: ['Outputs'],
          summary: 'Copies for other systems, how each is and how far behind',
          querystring: Type.Object({ ...pageQuery }, closed),
          response: { 200: OutputPage },
        },
      },
      async (request) => services.outputs(pageRequest(request.query)),
    );
  };
}
