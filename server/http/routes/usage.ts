import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import {
  binaryEvent,
  DEFAULT_EVENT_LIMITS,
  envelopeProblem,
  isBinaryMode,
  readUsageBody,
  USAGE_MEDIA_TYPES,
  type UsageBody,
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
import { receive, wholeBody, type BodyLimits } from '../body/receive.ts';
import type { Budgets } from '../budgets.ts';
import { callerOf, ownAccount, ownSource } from '../caller.ts';
import { pageRequest, span } from '../queries.ts';
import type { FrontServices } from '../services.ts';

/** The source of usage that names none. */
export const DEFAULT_SOURCE = 'http';
const FLAWS_SHOWN = 20;
const NOTHING = Buffer.alloc(0);

export function usageRoutes(services: FrontServices, limits: BodyLimits, budgets: Budgets): FastifyPluginAsyncTypebox {
  return async (app) => {
    await app.register(pushRoute(services, limits, budgets));

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
function pushRoute(services: FrontServices, limits: BodyLimits, budgets: Budgets): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));

    app.post(
      '/usage',
      {
        config: {
          policy: { scope: 'usage:write', reach: 'source' },
          documentedBody: {
            'application/cloudevents+json': CloudEvent,
            'application/cloudevents-batch+json': { type: 'array', items: CloudEvent },
            'application/x-ndjson': { type: 'string', description: 'One CloudEvent per line' },
            '*/*': { type: 'string', format: 'binary', description: 'Binary mode: the data of one event' },
            'application/json': { anyOf: [CloudEvent, { type: 'array', items: CloudEvent }] },
          },
        },
        schema: {
          tags: ['Usage'],
          summary: 'Push usage events (CloudEvents 1.0)',
          description:
            'Answered when the events are durable. An event that cannot be used does not hold up its neighbours: ' +
            'it is stored too and waits in suspense. Only a body that is no JSON at all is refused. In binary mode ' +
            '(attributes as ce- headers) the body is the data, of any content type. Content-Encoding: gzip or zstd.',
          querystring: PushUsageQuery,
          headers: PushUsageHeaders,
          response: { 202: PushUsageReply },
        },
      },
      async (request, reply) => {
        const budget = budgets.of(request);
        const source = ownSource(request, request.query.source ?? DEFAULT_SOURCE);
        const binary = isBinaryMode(request.headers['content-type'], request.headers);
        const mediaType = mediaTypeOf(request.headers['content-type']);
        if (!binary && mediaType === null) {
          reply.header('connection', 'close');
          throw new TollgridError('MEDIA_TYPE_UNSUPPORTED', 'Events are not sent as that content type.');
        }
        const body =
          request.body === undefined
            ? NOTHING
            : await receive(request, reply, limits, wholeBody, (bytes) => budget.spend('bytes', bytes));
        const { events, flaws, sha256 } = binary ? readBinary(request, body) : readStructured(mediaType!, body);
        budget.spend('events', events.length);
        const { entryNo, replayed } = await services.pushUsage({
          source,
          events,
          caller: callerOf(request).id,
          idempotencyKey: request.headers['idempotency-key'],
          requestSha256: sha256,
        });
        if (replayed) reply.header('idempotency-replayed', 'true');
        reply.code(202);
        return { accepted: events.length, entry: entryNo, flawed: flaws.length, flaws: flaws.slice(0, FLAWS_SHOWN) };
      },
    );
  };
}

interface Received extends UsageBody {
  /** Of what the sender may not change when it repeats the request. */
  sha256: string;
}

function readStructured(mediaType: UsageMediaType, body: Buffer): Received {
  return { ...readUsageBody(mediaType, body, DEFAULT_EVENT_LIMITS), sha256: sha256(body) };
}

function readBinary({ headers, raw }: FastifyRequest, body: Buffer): Received {
  const event = binaryEvent(headers['content-type'], raw.rawHeaders, body, DEFAULT_EVENT_LIMITS);
  const problem = envelopeProblem(event);
  return { events: [event], flaws: problem === null ? [] : [{ index: 0, problem }], sha256: sha256(event) };
}

/** Parameters such as charset are left aside. */
function mediaTypeOf(contentType: string | undefined): UsageMediaType | null {
  const name = contentType?.split(';')[0]!.trim().toLowerCase() ?? '';
  return Object.hasOwn(USAGE_MEDIA_TYPES, name) ? (name as UsageMediaType) : null;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
