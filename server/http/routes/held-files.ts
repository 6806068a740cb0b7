import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { CommandAnswer } from '../../../schemas/api/common.ts';
import {
  CloseIncidentRequest,
  FileEntryParams,
  FileItem,
  FilePage,
  FilesQuery,
  IncidentPage,
  IncidentParams,
  IncidentsQuery,
  RejectRequest,
  ReleaseRequest,
} from '../../../schemas/api/files.ts';
import { callerOf, found } from '../caller.ts';
import { pageRequest } from '../queries.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Files'];
const decided = 'The decision is durable in the log when it is answered.';

export function heldFileRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/files',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: {
          tags,
          summary: 'Received files, the last one first',
          querystring: FilesQuery,
          response: { 200: FilePage },
        },
      },
      async ({ query }) => services.files({ source: query.source, state: query.state, ...pageRequest(query) }),
    );

    app.get(
      '/files/:entry',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: { tags, summary: 'One file with its check', params: FileEntryParams, response: { 200: FileItem } },
      },
      async (request) => found(await services.file(request.params.entry), 'file'),
    );

    app.post(
      '/files/:entry/release',
      {
        config: { policy: { scope: 'suspense:write' } },
        schema: {
          tags,
          summary: 'Admit a held file as it is',
          description: `${decided} The file’s slices follow by themselves.`,
          params: FileEntryParams,
          body: ReleaseRequest,
          response: { 202: CommandAnswer },
        },
      },
      async (request, reply) => {
        reply.code(202);
        const { reason } = request.body;
        return services.releaseFile({ file: request.params.entry, reason, by: callerOf(request).id });
      },
    );

    app.post(
      '/files/:entry/reject',
      {
        config: { policy: { scope: 'suspense:write' } },
        schema: {
          tags,
          summary: 'Give a held file up',
          description: `${decided} All its records count as rejected.`,
          params: FileEntryParams,
          body: RejectRequest,
          response: { 202: CommandAnswer },
        },
      },
      async (request, reply) => {
        reply.code(202);
        const { reason } = request.body;
        return services.rejectFile({ file: request.params.entry, reason, by: callerOf(request).id });
      },
    );

    app.get(
      '/incidents',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: {
          tags,
          summary: 'Gaps and repeats in the numbers of sources, in the order of the log',
          querystring: IncidentsQuery,
          response: { 200: IncidentPage },
        },
      },
      async ({ query }) => services.incidents({ all: query.all ?? false, ...pageRequest(query) }),
    );

    app.post(
      '/incidents/:id/close',
      {
        config: { policy: { scope: 'suspense:write' } },
        schema: {
          tags,
          summary: 'Close an incident that somebody can explain',
          description: `${decided} What was missing is not missed any more.`,
          params: IncidentParams,
          body: CloseIncidentRequest,
          response: { 202: CommandAnswer },
        },
      },
      async (request, reply) => {
        reply.code(202);
        const { reason } = request.body;
        return services.closeIncident({ incident: request.params.id, reason, by: callerOf(request).id });
      },
    );
  };
}
