/** What is published, what waits as a draft, and how it came to that. */
import type { TariffItem } from '../../schemas/api/tariffs.ts';
import { collect, items, show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { tableLines } from '../table.ts';

const COUNT_MAX = 100_000;

export const tariffList: CommandSpec = {
  usage: 'list',
  summary: 'Published versions and drafts',
  configured: true,
  examples: ['tollgrid tariff list'],
  run: async (context) => {
    const all = await context.withApi((api) => collect(items<TariffItem>(api, '/v1/tariffs', {}, COUNT_MAX)));
    show(context, all, () => (all.length === 0 ? ['No tariff is published.'] : lines(all)));
  },
};

export const tariffHistory: CommandSpec = {
  usage: 'history <name>',
  summary: 'Drafts and revisions of a tariff: who, when, why, and the hash of the content',
  args: { name: 'Name of the tariff' },
  configured: true,
  examples: ['tollgrid tariff history town-phone'],
  run: async (context, [name]) => {
    const all = await context.withApi((api) =>
      collect(items<TariffItem>(api, `/v1/tariffs/${encodeURIComponent(name)}/history`, {}, COUNT_MAX)),
    );
    show(context, all, () => lines(all));
  },
};

function lines(all: readonly TariffItem[]): string[] {
  return tableLines(
    [
      { head: 'version', value: ({ version }) => version },
      { head: 'state', value: stateOf },
      { head: 'entry', value: ({ entry }) => String(entry), align: 'right' },
      { head: 'when', value: ({ at }) => at.replace(/\.\d+Z$/, 'Z') },
      { head: 'who', value: ({ person, by }) => person ?? by },
      { head: 'hash', value: ({ sha256 }) => sha256.slice(0, 12) },
      { head: 'note', value: ({ note }) => note ?? '' },
    ],
    all,
  );
}

function stateOf({ kind, state, endedBy }: TariffItem): string {
  if (endedBy === null) return state;
  if (kind === 'publication') return `corrected by entry ${endedBy}`;
  return `${state === 'published' ? 'published' : 'withdrawn'} by entry ${endedBy}`;
}
