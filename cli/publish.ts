/** Publishing documents: the same for formats and guiding. */
import type { Static } from 'typebox';
import type { PublishAnswer, PublishRequest } from '../schemas/api/registry.ts';
import { show } from './answers.ts';
import type { CommandSpec, Context } from './command.ts';
import { readDocuments, type DocumentFile } from './documents.ts';

export interface PublishOptions {
  note?: string;
}

export function publishSpec(facts: {
  noun: string;
  args: Record<string, string>;
  example: string;
  run: CommandSpec<PublishOptions>['run'];
}): CommandSpec<PublishOptions> {
  return {
    usage: 'publish <file...>',
    summary: `Put ${facts.noun} files into the log, where they hold from then on; unchanged ones are left alone`,
    args: facts.args,
    configured: true,
    options: [{ flags: '--note <text>', text: 'Why, for those who read the log later' }],
    examples: [facts.example],
    run: facts.run,
  };
}

/** All files are read and checked before the first one is published. */
export async function publishAll(
  context: Context,
  { note }: PublishOptions,
  names: readonly string[],
  prepare: (document: DocumentFile) => Static<typeof PublishRequest>,
): Promise<void> {
  const requests = readDocuments(names).map((document) => ({ file: document.file, request: prepare(document) }));
  const answers = await context.withApi(async (api) => {
    const done: ({ file: string; name: string } & Static<typeof PublishAnswer>)[] = [];
    for (const { file, request } of requests) {
      const body = { ...request, ...(note !== undefined && { note }) };
      const answer: Static<typeof PublishAnswer> = await api.post('/v1/publications', body);
      done.push({ file, name: request.name, ...answer });
    }
    return done;
  });
  show(context, answers, () =>
    answers.map(({ name, entry, unchanged }) =>
      unchanged ? `${name}: as published by entry ${entry}` : `${name}: published by entry ${entry}`,
    ),
  );
}
