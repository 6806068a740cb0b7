/** The description of the API, made from the routes themselves. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import type { TSchema } from 'typebox';
import { Problem } from '../../schemas/api/common.ts';
import { PROBLEM_MEDIA_TYPE } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media type → schema of a body that the route reads as bytes or text and checks itself. */
    documentedBody?: Record<string, TSchema | Record<string, unknown>>;
  }
}

const INFO = {
  title: 'Tollgrid',
  description: 'Usage mediation and rating. Lists are { items, next }; refusals are application/problem+json.',
  version: '1',
};

const refusal = { description: 'Refused', content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } } };

export async function installOpenapi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: INFO,
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'tg_<id>_<secret>; not needed on loopback without keys' },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: documented(schema, route), url }),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // Swagger's badge would send the description to its authors' site.
    uiConfig: { validatorUrl: null, docExpansion: 'list', displayRequestDuration: true },
  });
}

function documented(schema: FastifySchema | undefined, route: RouteOptions): FastifySchema {
  const { policy, documentedBody } = route.config ?? {};
  const scope = policy?.scope ?? 'public';
  const content = documentedBody && mapValues(documentedBody, (body) => ({ schema: body }));
  return {
    ...schema,
    ...(content && { body: { content } }),
    description: [schema?.description, `Scope: ${scope}.`].filter(Boolean).join('\n\n'),
    security: scope === 'public' ? [] : [{ key: [] }],
    response: { ...(schema?.response as object | undefined), default: refusal },
  };
}

function mapValues<V, W>(record: Record<string, V>, map: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
