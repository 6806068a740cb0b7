import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { closed, pageQuery } from '../../../schemas/api/common.ts';
import { ReloadAnswer, SourceItem, SourcePage, SourceParams, SourceTestAnswer } from '../../../schemas/api/sources.ts';
import { callerOf } from '../caller.ts';
import { pageRequest } from '../queries.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Sources'];

export function sourceRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/sources',
      {
        config: { policy: { scope: 'audit:read' } },
        schema: {
          tags,
          summary: 'Ways in, how each is and what arrived by it',
          querystring: Type.Object({ ...pageQuery }, closed),
          response: { 200: SourcePage },
        },
      },
      async (request) => services.sources(pageRequest(request.query)),
    );

    app.post(
      '/sources/:source/test',
      {
        config: { policy: { scope: 'admin' } },
        schema: {
          tags,
          summary: 'Try a way in once; nothing is taken',
          params: SourceParams,
          response: { 200: SourceTestAnswer },
        },
      },
      async (request) => services.testSource(request.params.source),
    );

    app.post(
      '/sources/:source/pause',
      {
        config: { policy: { scope: 'admin' } },
        schema: {
          tags,
          summary: 'Take nothing from a source until it is resumed, also after a restart',
          description: 'Answered when what it had taken is durable.',
          params: SourceParams,
          response: { 200: SourceItem },
        },
      },
      async (request) => services.pauseSource({ source: request.params.source, by: callerOf(request).id }),
    );

    app.post(
      '/sources/:source/resume',
      {
        config: { policy: { scope: 'admin' } },
        schema: {
          tags,
          summary: 'Take from a paused source again',
          params: SourceParams,
          response: { 200: SourceItem },
        },
      },
      async (request) => services.resumeSource({ source: request.params.source, by: callerOf(request).id }),
    );

    app.post(
      '/sources/reload',
      {
        config: { policy: { scope: 'admin' } },
        schema: {
          tags,
          summary: 'Read the sources of the configuration again; only those that changed are exchanged',
          response: { 200: ReloadAnswer },
        },
      },
      async () => services.reloadSources(),
    );
  };
}
