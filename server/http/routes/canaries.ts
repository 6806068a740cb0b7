/** Drafts tried on real usage: asked for, followed, cancelled. Nothing is posted by them. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { CanaryParams, CanaryRequest, CanaryState } from '../../../schemas/api/canaries.ts';
import { TollgridError } from '../../../platform/errors.ts';
import { found } from '../caller.ts';
import { TARIFF_BYTES_MAX } from '../options.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Tariffs'];

export function canaryRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/tariffs/canaries',
      {
        bodyLimit: TARIFF_BYTES_MAX,
        config: { policy: { scope: 'charges:read' } },
        schema: {
          tags,
          summary: 'Rate a draft over the real usage of a time, beside what is active',
          description: 'It goes on in the background with the lowest priority; ask for its state by its id.',
          body: CanaryRequest,
          response: { 202: CanaryState },
        },
      },
      async ({ body }, reply) => {
        requireSpan(body);
        reply.code(202);
        return services.startCanary(body);
      },
    );

    app.get(
      '/tariffs/canaries/:id',
      {
        config: { policy: { scope: 'charges:read' } },
        schema: {
          tags,
          summary: 'How far a canary is, and its report when it is done',
          params: CanaryParams,
          response: { 200: CanaryState },
        },
      },
      async ({ params }) => found(services.canary(params.id), 'canary'),
    );

    app.post(
      '/tariffs/canaries/:id/cancel',
      {
        config: { policy: { scope: 'charges:read' } },
        schema: { tags, summary: 'End a canary', params: CanaryParams, response: { 200: CanaryState } },
      },
      async ({ params }) => found(services.cancelCanary(params.id), 'canary'),
    );
  };
}

function requireSpan({ from, to }: CanaryRequest): void {
  const exists = (day: string): boolean => new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) === true;
  const problems = [
    ...(exists(from) ? [] : [{ at: 'body.from', message: 'is no day of the calendar' }]),
    ...(exists(to) ? [] : [{ at: 'body.to', message: 'is no day of the calendar' }]),
    ...(from < to ? [] : [{ at: 'body.to', message: 'must be after from' }]),
  ];
  if (problems.length === 0) return;
  throw new TollgridError('REQUEST_INVALID', `The request has ${problems.length} mistake(s).`, { problems });
}
