import type { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ChargePage, ChargesQuery, Explanation } from '../../../schemas/api/charges.ts';
import { ChargeId, CommandAnswer, EntryNo } from '../../../schemas/api/common.ts';
import { SettlementRequest, SettlementResult } from '../../../schemas/api/settlements.ts';
import { callerOf, found, notFound, ownAccount } from '../caller.ts';
import { pageRequest, span } from '../queries.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Charges'];

export function chargeRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/charges',
      {
        config: { policy: { scope: 'charges:read', reach: 'account' } },
        schema: {
          tags,
          summary: 'Charges, by account and start',
          querystring: ChargesQuery,
          response: { 200: ChargePage },
        },
      },
      async (request) => {
        const { account, service } = request.query;
        await ownAccount(request, services, account);
        return services.charges({ account, service, ...span(request.query), ...pageRequest(request.query) });
      },
    );

    app.get(
      '/charges/:id/explain',
      {
        config: { policy: { scope: 'charges:read', reach: 'account' } },
        schema: {
          tags,
          summary: 'Why a charge is what it is',
          params: Type.Object({ id: ChargeId }),
          response: { 200: Explanation },
        },
      },
      async (request) => {
        const explanation = found(await services.explainCharge(request.params.id), 'charge');
        await ownAccount(request, services, explanation.charge.account).catch(() => {
          throw notFound('charge');
        });
        return explanation;
      },
    );

    app.get(
      '/export',
      {
        config: { policy: { scope: 'charges:read' } },
        schema: {
          tags,
          summary: 'The canonical export: business columns of all charges in their fixed order',
          produces: ['text/plain'],
          response: { 200: Type.Unsafe<Readable>({ type: 'string' }) },
        },
      },
      async (request, reply) => {
        const stream = await services.canonicalExport();
        stream.once('error', (err) => request.log.error({ err }, 'export broke off'));
        return reply.type('text/plain; charset=utf-8').send(stream);
      },
    );

    app.post(
      '/settlements',
      {
        config: { policy: { scope: 'settlements:write' } },
        schema: { tags, summary: 'Settle a period', body: SettlementRequest, response: { 202: CommandAnswer } },
      },
      async (request, reply) => {
        reply.code(202);
        return services.settle({ ...request.body, by: callerOf(request).id });
      },
    );

    app.get(
      '/settlements/:entry',
      {
        config: { policy: { scope: 'charges:read' } },
        schema: {
          tags,
          summary: 'What a settlement did, once its entry is processed',
          params: Type.Object({ entry: EntryNo }),
          response: { 200: SettlementResult },
        },
      },
      async (request) => found(await services.settlement(request.params.entry), 'settlement'),
    );
  };
}
