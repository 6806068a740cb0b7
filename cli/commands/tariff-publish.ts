/** A tariff on its way into the log: kept as a draft, published, withdrawn. */
import type { Static } from 'typebox';
import { TollgridError } from '../../platform/errors.ts';
import type { PublishAnswer } from '../../schemas/api/registry.ts';
import type { CommandAnswer } from '../../schemas/api/common.ts';
import type { DraftAnswer, TariffSource } from '../../schemas/api/tariffs.ts';
import { show } from '../answers.ts';
import type { Api } from '../client.ts';
import type { CommandSpec } from '../command.ts';
import { isReference, tariffSources } from '../tariff-source.ts';

interface Signed {
  by?: string;
  note?: string;
}

const by = '--by <person>';
const note = '--note <text>';

export const tariffDraft: CommandSpec<Signed> = {
  usage: 'draft <file...>',
  summary: 'Keep tariff files as drafts: checked and tested, compared and tried, pricing nothing yet',
  args: { file: 'Tariff files, or folders of them' },
  configured: true,
  options: [
    { flags: by, text: 'Whose draft it is, by name' },
    { flags: note, text: 'What it is for' },
  ],
  examples: ['tollgrid tariff draft phone-2027.yaml --by "O. Petrenko" --note "winter prices"'],
  run: async (context, names, signature) => {
    const sources = await tariffSources(names);
    const answers = await context.withApi((api) =>
      inTurn(sources, (source) => api.post<DraftAnswer>('/v1/tariffs/drafts', { ...source, ...signedBy(signature) })),
    );
    show(context, answers, () => answers.flatMap(draftLines));
    return answers.every(({ tests }) => tests.every(({ ok }) => ok)) ? 0 : 1;
  },
};

function draftLines({ version, entry, unchanged, tests }: DraftAnswer): string[] {
  const failed = tests.filter(({ ok }) => !ok);
  return [
    `${version}: ${unchanged ? `waits as kept by entry ${entry}` : `kept as a draft by entry ${entry}`}; ` +
      `${tests.length - failed.length} of its tests hold, ${failed.length} do not.`,
    ...failed.flatMap(({ name, differences }) => [`  FAILED ${name}`, ...differences.map((one) => `         ${one}`)]),
  ];
}

interface PublishOptions {
  by: string;
  note: string;
  correct?: boolean;
}

export const tariffPublish: CommandSpec<PublishOptions> = {
  usage: 'publish <tariff...>',
  summary: 'Publish tariffs, which hold from then on; unchanged ones are left alone',
  args: { tariff: 'Tariff files, folders of them, or drafts by NAME@DATE' },
  configured: true,
  options: [
    { flags: by, text: 'Who answers for it, by name', required: true },
    { flags: note, text: 'Why, for those who read the log later', required: true },
    { flags: '--correct', text: 'Correct what is published under the same name and date: a revision beside it' },
  ],
  examples: [
    'tollgrid tariff publish examples/town/tariffs --by "O. Petrenko" --note "prices of 2026"',
    'tollgrid tariff publish phone@2027-01-01 --by "O. Petrenko" --note "winter prices"',
    'tollgrid tariff publish phone.yaml --correct --by "O. Petrenko" --note "night price was that of 2025"',
  ],
  run: async (context, names, options) => {
    const files = names.filter((name) => !isReference(name));
    const sources = files.length === 0 ? [] : await tariffSources(files);
    // All are checked before the first one is published; a single one is checked where it is published.
    if (names.length > 1 || sources.length > 1) await requireGood(sources);
    const signature = { person: options.by, note: options.note, correct: options.correct === true };
    const answers = await context.withApi(async (api) => [
      ...(await inTurn(sources, (source) => publishFile(api, source, signature))),
      ...(await inTurn(names.filter(isReference), (version) =>
        api.post<Answer>(`/v1/tariffs/drafts/${encodeURIComponent(version.replace('#draft', ''))}/publish`, signature),
      )),
    ]);
    show(context, answers, () =>
      answers.map(
        ({ version, entry, unchanged }) => `${version}: ${unchanged ? 'as published' : 'published'} by entry ${entry}`,
      ),
    );
  },
};

type Answer = Static<typeof PublishAnswer>;

function publishFile(api: Api, { name, document, files }: TariffSource, signature: object): Promise<Answer> {
  const body = { kind: 'tariff', name: safeName(name ?? ''), document, files, ...signature };
  return api.post('/v1/publications', body);
}

/** The name of a publication request is for messages only. */
function safeName(file: string): string {
  const name = file.replace(/^.*[/\\]/, '').replace(/[^A-Za-z0-9._@-]/g, '-');
  return /^[A-Za-z0-9]/.test(name) ? name.slice(0, 128) : 'tariff.yaml';
}

async function requireGood(sources: readonly TariffSource[]): Promise<void> {
  const { checkTariff, formatMistake } = await import('../../rating/index.ts');
  const mistakes = sources.flatMap(({ name, document, files = {} }) =>
    checkTariff(
      document,
      (file) => {
        if (!Object.hasOwn(files, file)) throw new Error('it cannot be read');
        return files[file];
      },
      name,
    ),
  );
  if (mistakes.length === 0) return;
  const shown = mistakes.slice(0, 50).map(formatMistake).join('\n');
  throw new TollgridError('TARIFF_INVALID', `The tariffs have ${mistakes.length} mistake(s):\n${shown}`);
}

export const tariffWithdraw: CommandSpec<Signed> = {
  usage: 'withdraw <draft...>',
  summary: 'Withdraw drafts',
  args: { draft: 'NAME@DATE' },
  configured: true,
  options: [
    { flags: by, text: 'Who withdraws it, by name' },
    { flags: note, text: 'Why' },
  ],
  examples: ['tollgrid tariff withdraw phone@2027-01-01 --note "prices stay"'],
  run: async (context, names, signature) => {
    const answers = await context.withApi((api) =>
      inTurn(names, async (name) => {
        const version = name.replace('#draft', '');
        const route = `/v1/tariffs/drafts/${encodeURIComponent(version)}/withdraw`;
        const { entry } = await api.post<CommandAnswer>(route, signedBy(signature));
        return { version, entry };
      }),
    );
    show(context, answers, () => answers.map(({ version, entry }) => `${version}: draft withdrawn by entry ${entry}`));
  },
};

function signedBy({ by: person, note: text }: Signed): { person?: string; note?: string } {
  return { ...(person !== undefined && { person }), ...(text !== undefined && { note: text }) };
}

async function inTurn<T, U>(list: readonly T[], work: (one: T) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  for (const one of list) done.push(await work(one));
  return done;
}
