import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { VerifyReport } from '../../../schemas/api/audit.ts';
import {
  Statement,
  StatementCheck,
  StatementKey,
  StatementList,
  StatementParams,
} from '../../../schemas/api/statements.ts';
import { TollgridError } from '../../../platform/errors.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Operation'];

export function statementRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/audit/statements',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: { tags, summary: 'Days that were stated and signed', response: { 200: StatementList } },
      },
      async () => services.statements(),
    );

    app.get(
      '/audit/statements/:date',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: {
          tags,
          summary: 'Signed roll-forward of a day',
          params: StatementParams,
          response: { 200: Statement },
        },
      },
      async ({ params: { date } }) => {
        const found = await services.statement(date);
        if (found === null) throw new TollgridError('STATEMENT_UNKNOWN', `There is no statement of ${date}.`, { date });
        return found;
      },
    );

    app.post(
      '/audit/statements/:date',
      {
        config: { policy: { scope: 'admin' } },
        schema: {
          tags,
          summary: 'State and sign a day that is over; the stored statement when there is one',
          params: StatementParams,
          response: { 200: Statement },
        },
      },
      async (request) => services.makeStatement(request.params.date),
    );

    app.post(
      '/audit/verify',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: {
          tags,
          summary: 'Check signature, chain and figures of a statement, or of all',
          body: StatementCheck,
          response: { 200: VerifyReport },
        },
      },
      async (request) => services.verifyStatements(request.body),
    );

    app.get(
      '/audit/key',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: { tags, summary: 'Public key that statements are checked with', response: { 200: StatementKey } },
      },
      async () => services.statementKey(),
    );
  };
}
