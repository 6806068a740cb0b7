import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { closed, pageOf, pageQuery } from '../../../schemas/api/common.ts';
import {
  ImportQuery,
  PublicationItem,
  PublishAnswer,
  PublishRequest,
  RegistryAnswer,
  RegistryChangesRequest,
} from '../../../schemas/api/registry.ts';
import { callerOf } from '../caller.ts';
import { TARIFF_BYTES_MAX } from '../options.ts';
import { pageRequest } from '../queries.ts';
import type { FrontServices } from '../services.ts';

const TEXT_TYPES = ['application/yaml', 'text/yaml', 'text/csv', 'text/plain'];

export function registryRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.addContentTypeParser(TEXT_TYPES, { parseAs: 'string' }, (_request, body, done) => done(null, body));

    app.post(
      '/registry/import',
      {
        config: {
          policy: { scope: 'registry:write' },
          documentedBody: Object.fromEntries(TEXT_TYPES.slice(0, 3).map((type) => [type, { type: 'string' }])),
        },
        schema: {
          tags: ['Registry'],
          summary: 'Load parties, accounts and subscriptions from a YAML or CSV file',
          description: 'All of the file or nothing of it.',
          querystring: ImportQuery,
          body: Type.String({ minLength: 1 }),
          response: { 200: RegistryAnswer },
        },
      },
      async (request) =>
        services.registryImport({ name: request.query.name, text: request.body, by: callerOf(request).id }),
    );

    app.post(
      '/registry/changes',
      {
        config: { policy: { scope: 'registry:write' } },
        schema: {
          tags: ['Registry'],
          summary: 'Create or replace parties, accounts and subscriptions',
          body: RegistryChangesRequest,
          response: { 200: RegistryAnswer },
        },
      },
      async (request) => services.registryChange({ objects: request.body.objects, by: callerOf(request).id }),
    );

    app.post(
      '/publications',
      {
        bodyLimit: TARIFF_BYTES_MAX,
        config: { policy: { scope: 'publications:write' } },
        schema: {
          tags: ['Publications'],
          summary: 'Publish a format, a guiding rule set or a tariff',
          body: PublishRequest,
          response: { 200: PublishAnswer },
        },
      },
      async (request) => {
        const { files = {}, ...publication } = request.body;
        return services.publish({ ...publication, files, by: callerOf(request).id });
      },
    );

    app.get(
      '/publications',
      {
        config: { policy: { scope: 'publications:read' } },
        schema: {
          tags: ['Publications'],
          summary: 'What was published, newest first',
          querystring: Type.Object({ ...pageQuery }, closed),
          response: { 200: pageOf(PublicationItem) },
        },
      },
      async (request) => services.publications(pageRequest(request.query)),
    );
  };
}
