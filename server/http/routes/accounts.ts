import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  AccountDetail,
  AccountPage,
  AccountsQuery,
  SummaryQuery,
  UsageSummary,
} from '../../../schemas/api/accounts.ts';
import { AccountId } from '../../../schemas/api/common.ts';
import { callerOf, found, ownAccount } from '../caller.ts';
import { pageRequest } from '../queries.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Accounts'];
const params = Type.Object({ id: AccountId });

export function accountRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/accounts',
      {
        config: { policy: { scope: 'registry:read', reach: 'account' } },
        schema: { tags, summary: 'Accounts', querystring: AccountsQuery, response: { 200: AccountPage } },
      },
      async (request) => services.accounts({ division: callerOf(request).division, ...pageRequest(request.query) }),
    );

    app.get(
      '/accounts/:id',
      {
        config: { policy: { scope: 'registry:read', reach: 'account' } },
        schema: { tags, summary: 'One account with its subscriptions', params, response: { 200: AccountDetail } },
      },
      async (request) => {
        await ownAccount(request, services, request.params.id);
        return found(await services.account(request.params.id), 'account');
      },
    );

    app.get(
      '/accounts/:id/usage-summary',
      {
        config: { policy: { scope: 'usage:read', reach: 'account' } },
        schema: {
          tags,
          summary: 'What an account used in a month, and what it costs',
          params,
          querystring: SummaryQuery,
          response: { 200: UsageSummary },
        },
      },
      async (request) => {
        await ownAccount(request, services, request.params.id);
        return found(await services.usageSummary(request.params.id, request.query.period), 'account');
      },
    );
  };
}
