import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { TollgridError } from '../../../platform/errors.ts';
import {
  FileAnswer,
  FileParams,
  FileQuery,
  ProcessedAnswer,
  ProcessedQuery,
  WAIT_MS_DEFAULT,
} from '../../../schemas/api/operation.ts';
import { EntryNo } from '../../../schemas/api/common.ts';
import type { Budgets } from '../budgets.ts';
import { ownSource } from '../caller.ts';
import { receive, type BodyLimits } from '../body/receive.ts';
import type { FrontServices } from '../services.ts';

export function fileRoutes(services: FrontServices, limits: BodyLimits, budgets: Budgets): FastifyPluginAsyncTypebox {
  return async (app) => {
    await app.register(uploadRoute(services, limits, budgets));

    app.get(
      '/entries/:no/processed',
      {
        config: { policy: { scope: 'usage:write', reach: 'source' } },
        schema: {
          tags: ['Usage'],
          summary: 'Wait until a log entry is in the ledger',
          params: Type.Object({ no: EntryNo }),
          querystring: ProcessedQuery,
          response: { 200: ProcessedAnswer },
        },
      },
      async (request) => services.waitUntilProcessed(request.params.no, request.query.timeoutMs ?? WAIT_MS_DEFAULT),
    );
  };
}

/** In a context of its own: here a body of any type is a stream that is never held whole. */
function uploadRoute(services: FrontServices, limits: BodyLimits, budgets: Budgets): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

    app.put(
      '/files/:source/:name',
      {
        config: {
          policy: { scope: 'usage:write', reach: 'source' },
          documentedBody: { 'application/octet-stream': { type: 'string', format: 'binary' } },
        },
        schema: {
          tags: ['Usage'],
          summary: 'Upload a closed file of records',
          description:
            'Answered when the file is durable. The same bytes again are known by their hash, which is taken of what ' +
            '`Content-Encoding` (gzip or zstd) unpacks to.',
          params: FileParams,
          querystring: FileQuery,
          response: { 200: FileAnswer, 201: FileAnswer },
        },
      },
      async (request, reply) => {
        if (!request.body)
          throw new TollgridError('MEDIA_TYPE_UNSUPPORTED', 'Send the file as application/octet-stream.');
        const { source, name } = request.params;
        ownSource(request, source);
        const budget = budgets.of(request);
        const answer = await receive(
          request,
          reply,
          limits,
          (stream) => services.ingestFile({ source, name, format: request.query.format, stream }),
          (bytes) => budget.spend('bytes', bytes),
        );
        reply.code(answer.duplicateOf === undefined ? 201 : 200);
        return answer;
      },
    );
  };
}
