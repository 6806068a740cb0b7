/** Tariffs from the draft to the correction. Publishing a file is `POST /v1/publications`. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { closed, CommandAnswer, pageQuery } from '../../../schemas/api/common.ts';
import { PublishAnswer } from '../../../schemas/api/registry.ts';
import {
  DiffAnswer,
  DiffRequest,
  DraftAnswer,
  DraftRequest,
  PublishDraftRequest,
  TariffDocument,
  TariffName,
  TariffPage,
  TariffReference,
  TariffVersion,
  WithdrawRequest,
} from '../../../schemas/api/tariffs.ts';
import { callerOf, found } from '../caller.ts';
import { TARIFF_BYTES_MAX } from '../options.ts';
import { pageRequest } from '../queries.ts';
import type { FrontServices } from '../services.ts';

const tags = ['Tariffs'];
const Page = Type.Object({ ...pageQuery }, closed);
const SHOWN_DEFAULT = 20;
const Version = Type.Object({ version: TariffVersion });

export function tariffRoutes(services: FrontServices): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/tariffs',
      {
        config: { policy: { scope: 'publications:read' } },
        schema: {
          tags,
          summary: 'Versions that hold, and drafts that wait',
          querystring: Page,
          response: { 200: TariffPage },
        },
      },
      async ({ query }) => services.tariffs(pageRequest(query)),
    );

    app.get(
      '/tariffs/:name/history',
      {
        config: { policy: { scope: 'publications:read' } },
        schema: {
          tags,
          summary: 'Every draft and revision of a tariff: who, when, why',
          params: Type.Object({ name: TariffName }),
          querystring: Page,
          response: { 200: TariffPage },
        },
      },
      async ({ params, query }) =>
        found(await services.tariffHistory({ name: params.name, ...pageRequest(query) }), 'tariff'),
    );

    app.get(
      '/tariffs/versions/:reference',
      {
        config: { policy: { scope: 'publications:read' } },
        schema: {
          tags,
          summary: 'A version, a revision or a draft as it was written',
          params: Type.Object({ reference: TariffReference }),
          response: { 200: TariffDocument },
        },
      },
      async ({ params }) => services.tariffDocument(params.reference),
    );

    app.post(
      '/tariffs/drafts',
      {
        bodyLimit: TARIFF_BYTES_MAX,
        config: { policy: { scope: 'drafts:write' } },
        schema: {
          tags,
          summary: 'Keep a tariff as a draft: it is checked, its tests are run, and it prices nothing',
          body: DraftRequest,
          response: { 200: DraftAnswer },
        },
      },
      async (request) => services.draftTariff({ ...request.body, by: callerOf(request).id }),
    );

    app.post(
      '/tariffs/drafts/:version/publish',
      {
        config: { policy: { scope: 'publications:write' } },
        schema: {
          tags,
          summary: 'Publish a draft as it was kept',
          params: Version,
          body: PublishDraftRequest,
          response: { 200: PublishAnswer },
        },
      },
      async (request) => services.publishDraft({ ...request.params, ...request.body, by: callerOf(request).id }),
    );

    app.post(
      '/tariffs/drafts/:version/withdraw',
      {
        config: { policy: { scope: 'drafts:write' } },
        schema: {
          tags,
          summary: 'Withdraw a draft',
          params: Version,
          body: WithdrawRequest,
          response: { 202: CommandAnswer },
        },
      },
      async (request, reply) => {
        reply.code(202);
        return services.withdrawDraft({ ...request.params, ...request.body, by: callerOf(request).id });
      },
    );

    app.post(
      '/tariffs/diff',
      {
        bodyLimit: TARIFF_BYTES_MAX,
        config: { policy: { scope: 'publications:read' } },
        schema: {
          tags,
          summary: 'What is different between two tariffs: published, drafts, or sent with the request',
          body: DiffRequest,
          response: { 200: DiffAnswer },
        },
      },
      async ({ body }) => services.diffTariffs({ ...body, shown: body.shown ?? SHOWN_DEFAULT }),
    );
  };
}
