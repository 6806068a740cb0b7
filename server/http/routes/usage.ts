import { createHash } from 'node:crypto';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  DEFAULT_EVENT_LIMITS,
  readUsageBody,
  USAGE_MEDIA_TYPES,
  type UsageMediaType,
} from '../../../collectors/http/index.ts';
import {
  CloudEvent,
  PushUsageHeaders,
  PushUsageQuery,
  PushUsageReply,
  UsagePage,
  UsageQuery,
} from '../../../schemas/api/usage.ts';
import { TollgridError } from '../../../platform/errors.ts';
import { callerOf, ownAccount } from '../caller.ts';
import { pageRequest, span } from '../queries.ts';
import type { FrontServices } from '../services.ts';

/** The source of usage that names none. */
export const DEFAULT_SOURCE = 'http';
const FLAWS_SHOWN = 20;

export function usageRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    await app.register(pushRoute(services));

    app.get(
      '/usage',
      {
        config: { policy: { scope: 'usage:read', reach: 'account' } },
        schema: { tags: ['Usage'], summary: 'Guided usage', querystring: UsageQuery, response: { 200: UsagePage } },
      },
      async (request) => {
        const { account } = request.query;
        await ownAccount(request, services, account);
        return services.usage({ account, ...span(request.query), ...pageRequest(request.query) });
      },
    );
  };
}

/** In a context of its own: here a body is bytes, whatever its type, because bytes are what the log stores. */
function pushRoute(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser(Object.keys(USAGE_MEDIA_TYPES), { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );

    app.post(
      '/usage',
      {
        config: {
          policy: { scope: 'usage:write' },
          documentedBody: {
            'application/cloudevents+json': CloudEvent,
            'application/cloudevents-batch+json': { type: 'array', items: CloudEvent },
            'application/x-ndjson': { type: 'string', description: 'One CloudEvent per line' },
            'application/json': { anyOf: [CloudEvent, { type: 'array', items: CloudEvent }] },
          },
        },
        schema: {
          tags: ['Usage'],
          summary: 'Push usage events (CloudEvents 1.0)',
          description:
            'Answered when the events are durable. An event that cannot be used does not hold up its neighbours: ' +
            'it is stored too and waits in suspense. Only a body that is no JSON at all is refused.',
          querystring: PushUsageQuery,
          headers: PushUsageHeaders,
          response: { 202: PushUsageReply },
        },
      },
      async (request, reply) => {
        // Its body is only the data of an event: without this it would be taken for an event without attributes.
        if (request.headers['ce-specversion'] !== undefined) {
          throw new TollgridError(
            'MEDIA_TYPE_UNSUPPORTED',
            'CloudEvents in binary mode (ce- headers) are not taken: send application/cloudevents+json.',
          );
        }
        const body = request.body as Buffer;
        const { events, flaws } = readUsageBody(
          mediaTypeOf(request.headers['content-type']),
          body,
          DEFAULT_EVENT_LIMITS,
        );
        const { entryNo, replayed } = await services.pushUsage({
          source: request.query.source ?? DEFAULT_SOURCE,
          events,
          caller: callerOf(request).id,
          idempotencyKey: request.headers['idempotency-key'],
          requestSha256: createHash('sha256').update(body).digest('hex'),
        });
        if (replayed) reply.header('idempotency-replayed', 'true');
        reply.code(202);
        return { accepted: events.length, entry: entryNo, flawed: flaws.length, flaws: flaws.slice(0, FLAWS_SHOWN) };
      },
    );
  };
}

/** The parser let only known types through; parameters such as charset are left aside. */
function mediaTypeOf(contentType: string | undefined): UsageMediaType {
  return contentType!.split(';')[0].trim().toLowerCase() as UsageMediaType;
}
