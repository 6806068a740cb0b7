import { Transform, type Readable, type TransformCallback } from 'node:stream';
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
import type { FrontServices } from '../services.ts';

export function fileRoutes(services: FrontServices, fileBytesMax: number): FastifyPluginAsyncTypebox {
  return async (app) => {
    await app.register(uploadRoute(services, fileBytesMax));

    app.get(
      '/entries/:no/processed',
      {
        config: { policy: { scope: 'usage:write' } },
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
function uploadRoute(services: FrontServices, fileBytesMax: number): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

    app.put(
      '/files/:source/:name',
      {
        config: {
          policy: { scope: 'usage:write' },
          documentedBody: { 'application/octet-stream': { type: 'string', format: 'binary' } },
        },
        schema: {
          tags: ['Usage'],
          summary: 'Upload a closed file of records',
          description: 'Answered when the file is durable. The same bytes again are known by their hash.',
          params: FileParams,
          querystring: FileQuery,
          response: { 200: FileAnswer, 201: FileAnswer },
        },
      },
      async (request, reply) => {
        // What is left of a refused upload would otherwise be read to its end.
        const refuse = (error: TollgridError): never => {
          reply.header('connection', 'close');
          throw error;
        };
        const declared = Number(request.headers['content-length'] ?? 0);
        if (declared > fileBytesMax) refuse(tooLarge(fileBytesMax));
        const body = request.body as Readable | undefined;
        if (!body)
          return refuse(new TollgridError('MEDIA_TYPE_UNSUPPORTED', 'Send the file as application/octet-stream.'));

        const { source, name } = request.params;
        const answer = await upload(body, fileBytesMax, (stream) =>
          services.ingestFile({ source, name, format: request.query.format, stream }),
        ).catch(refuse);
        reply.code(answer.duplicateOf === undefined ? 201 : 200);
        return answer;
      },
    );
  };
}

/**
 * Runs `consume` on the body. An upload that breaks off or is too large fails the stream that `consume` reads.
 * The request itself is never destroyed: its socket has to carry the refusal back.
 */
async function upload<T>(body: Readable, limitBytes: number, consume: (stream: Readable) => Promise<T>): Promise<T> {
  let receivedBytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      receivedBytes += chunk.length;
      if (receivedBytes > limitBytes) done(tooLarge(limitBytes));
      else done(null, chunk);
    },
  });
  // Who reads the stream sees its error; before and after that nobody does.
  counted.on('error', () => undefined);
  body.on('error', (cause) => counted.destroy(broken(cause)));
  body.pipe(counted);
  try {
    return await consume(counted);
  } catch (error) {
    throw counted.errored instanceof TollgridError ? counted.errored : error;
  } finally {
    body.unpipe(counted);
    body.resume();
  }
}

function tooLarge(limitBytes: number): TollgridError {
  return new TollgridError('BODY_TOO_LARGE', `A file may have ${limitBytes} bytes.`, { fileBytesMax: limitBytes });
}

function broken(cause: unknown): TollgridError {
  return new TollgridError('UPLOAD_BROKEN', 'The upload broke off.', {}, { cause });
}
