import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { TollgridError } from '../../../platform/errors.ts';
import { closed, CommandAnswer, EntryNo, pageQuery } from '../../../schemas/api/common.ts';
import {
  DifferencePage,
  PreviewNo,
  RerateItem,
  ReratePage,
  ReratePreview,
  RerateRequest,
  RerateWishBody,
  UndoRequest,
} from '../../../schemas/api/rerates.ts';
import { callerOf, found } from '../caller.ts';
import { pageRequest } from '../queries.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Re-rating'];
const PageQuery = Type.Object(pageQuery, closed);
const EntryParams = Type.Object({ entry: EntryNo });
const PreviewParams = Type.Object({ preview: PreviewNo });

export function rerateRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/rerates/previews',
      {
        config: { policy: { scope: 'settlements:write' } },
        schema: {
          tags,
          summary: 'Work out what a re-rating would change; nothing is posted',
          description: 'Ask for the preview until it is done. One at a time; the differences of the last one are kept.',
          body: RerateWishBody,
          response: { 202: ReratePreview },
        },
      },
      async (request, reply) => {
        reply.code(202);
        return services.beginPreview(request.body);
      },
    );

    app.get(
      '/rerates/previews/:preview',
      {
        config: { policy: { scope: 'charges:read' } },
        schema: {
          tags,
          summary: 'How far a preview is, and what it found',
          params: PreviewParams,
          response: { 200: ReratePreview },
        },
      },
      async (request) => found(await services.preview(request.params.preview), 'preview'),
    );

    app.get(
      '/rerates/previews/:preview/differences',
      {
        config: { policy: { scope: 'charges:read' } },
        schema: {
          tags,
          summary: 'Every reversal, new charge and settlement line that a preview found',
          params: PreviewParams,
          querystring: PageQuery,
          response: { 200: DifferencePage },
        },
      },
      async (request) => services.previewDifferences(request.params.preview, pageRequest(request.query)),
    );

    app.post(
      '/rerates',
      {
        config: { policy: { scope: 'settlements:write' } },
        schema: {
          tags,
          summary: 'Post the differences of a re-rating',
          description: 'The command is durable in the log when it is answered.',
          body: RerateRequest,
          response: { 202: CommandAnswer },
        },
      },
      async (request, reply) => {
        reply.code(202);
        return services.rerate({ ...request.body, by: approver(request, request.body.by) });
      },
    );

    app.get(
      '/rerates',
      {
        config: { policy: { scope: 'charges:read' } },
        schema: {
          tags,
          summary: 'Re-ratings that were approved or taken back, the last one first',
          querystring: PageQuery,
          response: { 200: ReratePage },
        },
      },
      async (request) => services.rerates(pageRequest(request.query)),
    );

    app.get(
      '/rerates/:entry',
      {
        config: { policy: { scope: 'charges:read' } },
        schema: { tags, summary: 'What a re-rating posted', params: EntryParams, response: { 200: RerateItem } },
      },
      async (request) => found(await services.rerateOf(request.params.entry), 're-rating'),
    );

    app.get(
      '/rerates/:entry/differences',
      {
        config: { policy: { scope: 'charges:read' } },
        schema: {
          tags,
          summary: 'Every row that a re-rating posted',
          params: EntryParams,
          querystring: PageQuery,
          response: { 200: DifferencePage },
        },
      },
      async (request) => services.rerateDifferences(request.params.entry, pageRequest(request.query)),
    );

    app.post(
      '/rerates/:entry/undo',
      {
        config: { policy: { scope: 'settlements:write' } },
        schema: {
          tags,
          summary: 'Take back what a re-rating posted',
          description: 'Charges that were corrected again since stay as they are.',
          params: EntryParams,
          body: UndoRequest,
          response: { 202: CommandAnswer },
        },
      },
      async (request, reply) => {
        reply.code(202);
        const { by, ...undo } = request.body;
        return services.undoRerate({ ...undo, rerate: request.params.entry, by: approver(request, by) });
      },
    );
  };
}

/** A key speaks for itself; whoever works on this machine may say a name. */
function approver(request: FastifyRequest, named: string | undefined): string {
  const { id, operator } = callerOf(request);
  if (named === undefined) return id;
  if (!operator) throw new TollgridError('SCOPE_MISSING', 'Only the operator on this machine may name who approved.');
  return named;
}
