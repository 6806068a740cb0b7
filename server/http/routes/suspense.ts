import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { TollgridError } from '../../../platform/errors.ts';
import { CommandAnswer, RecordAddress } from '../../../schemas/api/common.ts';
import { RecycleRequest, SuspensePage, SuspenseQuery, WriteOffRequest } from '../../../schemas/api/suspense.ts';
import { ERRORS, type ErrorEntry } from '../../../schemas/errors.ts';
import { callerOf, found } from '../caller.ts';
import { pageRequest } from '../queries.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Suspense'];

export function suspenseRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/suspense',
      {
        config: { policy: { scope: 'suspense:read' } },
        schema: { tags, summary: 'Records that wait', querystring: SuspenseQuery, response: { 200: SuspensePage } },
      },
      async (request) => {
        const page = await services.suspense({ code: known(request.query.code), ...pageRequest(request.query) });
        return { ...page, items: page.items.map((item) => ({ ...item, hint: hintOf(item.code) })) };
      },
    );

    app.get(
      '/suspense/:address/bytes',
      {
        config: { policy: { scope: 'suspense:read' } },
        schema: {
          tags,
          summary: 'The bytes of a record that waits, as received',
          produces: ['application/octet-stream'],
          params: Type.Object({ address: RecordAddress }),
          response: { 200: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) },
        },
      },
      async (request, reply) => {
        const bytes = found(await services.suspenseBytes(request.params.address), 'record in suspense');
        reply.header('content-disposition', 'attachment').type('application/octet-stream');
        return reply.send(Buffer.from(bytes));
      },
    );

    app.post(
      '/suspense/recycle',
      {
        config: { policy: { scope: 'suspense:write' } },
        schema: {
          tags,
          summary: 'Process waiting records again',
          body: RecycleRequest,
          response: { 202: CommandAnswer },
        },
      },
      async (request, reply) => {
        known(request.body.code);
        reply.code(202);
        return services.recycle({ ...request.body, by: callerOf(request).id });
      },
    );

    app.post(
      '/suspense/write-off',
      {
        config: { policy: { scope: 'suspense:write' } },
        schema: { tags, summary: 'Give waiting records up', body: WriteOffRequest, response: { 202: CommandAnswer } },
      },
      async (request, reply) => {
        known(request.body.code);
        reply.code(202);
        return services.writeOff({ ...request.body, by: callerOf(request).id });
      },
    );
  };
}

/** A slip of the pen must not look as if nothing waited. Error: REQUEST_INVALID. */
function known(code: string | undefined): string | undefined {
  if (code === undefined || Object.hasOwn(ERRORS, code)) return code;
  throw new TollgridError('REQUEST_INVALID', `"${code}" is no reason to wait: it is no code of docs/errors.md.`);
}

function hintOf(code: string): string {
  return Object.hasOwn(ERRORS, code) ? (ERRORS as Record<string, ErrorEntry>)[code].cure : '';
}
