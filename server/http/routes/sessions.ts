import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { SessionPage, SessionsQuery } from '../../../schemas/api/sessions.ts';
import { ownAccount } from '../caller.ts';
import { pageRequest } from '../queries.ts';
import type { FrontServices } from '../services.ts';

export function sessionRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/sessions',
      {
        config: { policy: { scope: 'charges:read', reach: 'account' } },
        schema: {
          tags: ['Sessions'],
          summary: 'Sessions that go on at access servers, the newest first',
          querystring: SessionsQuery,
          response: { 200: SessionPage },
        },
      },
      async (request) => {
        const { account, login, nas, all } = request.query;
        await ownAccount(request, services, account);
        return services.sessions({ account, login, nas, all, ...pageRequest(request.query) });
      },
    );
  };
}
