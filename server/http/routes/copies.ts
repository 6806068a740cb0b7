import type { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  COPY_HEADERS,
  CopyBlobParams,
  CopyBlobQuery,
  CopyFileParams,
  CopyFiles,
  CopyLogQuery,
  CopyParams,
} from '../../../schemas/api/copies.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Operation'];
/** Everything that was ever received passes here. */
const config = { policy: { scope: 'copies:read' } } as const;
const produces = ['application/octet-stream'];
const Bytes = Type.Unsafe<Uint8Array | Readable>({ type: 'string', format: 'binary' });

export function copyRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/copies/:copy/log',
      {
        config,
        schema: {
          tags,
          summary: 'Entries after one that is durable in the copy, as they stand in their segment',
          description: `Where they stand, the log's head and its owner are in the headers ${Object.values(COPY_HEADERS).join(', ')}.`,
          params: CopyParams,
          querystring: CopyLogQuery,
          produces,
          response: { 200: Bytes, 204: Type.Null({ description: 'Nothing came after that entry' }) },
        },
      },
      async ({ params: { copy }, query: { after, waitMs } }, reply) => {
        const { run, headNo, epoch } = await services.copyLog({ copy, afterNo: after, waitMs: waitMs ?? 0 });
        reply.header(COPY_HEADERS.headNo, headNo).header(COPY_HEADERS.epoch, epoch);
        if (run === null) return reply.code(204).send(null);
        reply.header(COPY_HEADERS.segment, run.segment).header(COPY_HEADERS.offset, run.offset);
        return reply.type('application/octet-stream').send(run.bytes);
      },
    );

    app.get(
      '/copies/:copy/spool/:sha256',
      {
        config,
        schema: {
          tags,
          summary: 'Bytes of a received file, from an offset on',
          params: CopyBlobParams,
          querystring: CopyBlobQuery,
          produces,
          response: { 200: Bytes },
        },
      },
      async ({ params: { copy, sha256 }, query, log }, reply) => {
        const bytes = await services.copyBlob({ copy, sha256, offset: query.offset ?? 0 });
        bytes.once('error', (err) => log.error({ err, sha256 }, 'a file for a copy broke off'));
        return reply.type('application/octet-stream').send(bytes);
      },
    );

    app.get(
      '/copies/:copy/files',
      {
        config,
        schema: {
          tags,
          summary: 'Small files beside the log: statements, public keys, positions of outputs',
          params: CopyParams,
          response: { 200: CopyFiles },
        },
      },
      async () => services.copyFiles(),
    );

    app.get(
      '/copies/:copy/files/:folder/:name',
      {
        config,
        schema: { tags, summary: 'One of these files', params: CopyFileParams, produces, response: { 200: Bytes } },
      },
      async ({ params: { folder, name } }, reply) =>
        reply.type('application/octet-stream').send(await services.copyFile(`${folder}/${name}`)),
    );
  };
}
