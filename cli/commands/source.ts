import { collect, items, show } from '../answers.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { tableLines, whole } from '../table.ts';
import type { ReloadAnswer, SourceItem, SourceTestAnswer } from '../../schemas/api/sources.ts';

const ALL = 10_000;

const list: CommandSpec = {
  usage: 'list',
  summary: 'List the ways in: how each is, and what arrived by it',
  configured: true,
  examples: ['tollgrid source list'],
  run: async (context) => {
    const rows = await context.withApi((api) => collect(items<SourceItem>(api, '/v1/sources', {}, ALL)));
    show(context, rows, () => (rows.length === 0 ? ['No sources.'] : [...sourceLines(rows), ...refusedLines(rows)]));
  },
};

function sourceLines(rows: readonly SourceItem[]): string[] {
  return tableLines(
    [
      { head: 'source', value: (row) => row.name },
      { head: 'kind', value: (row) => row.kind },
      { head: 'state', value: (row) => row.state },
      { head: 'received', value: (row) => whole(row.received), align: 'right' },
      { head: 'suspended', value: (row) => whole(row.suspended), align: 'right' },
      { head: 'refused', value: (row) => whole(row.refused), align: 'right' },
      {
        head: 'lag',
        value: (row) => (row.lag === null ? '' : `${whole(row.lag.amount)} ${row.lag.unit}`),
        align: 'right',
      },
      { head: 'last accepted', value: (row) => row.lastAcceptedAt ?? 'never' },
      { head: '', value: (row) => row.detail ?? '' },
    ],
    rows,
  );
}

/** Files that somebody has to look at. */
function refusedLines(rows: readonly SourceItem[]): string[] {
  return rows.flatMap(({ name, refusedFiles: { count, first } }) => [
    ...first.map((file) => `REFUSED: ${name}: ${file.name}: ${file.detail} (${file.code})`),
    ...(count > first.length ? [`REFUSED: ${name}: ${whole(count - first.length)} more files`] : []),
  ]);
}

const test: CommandSpec = {
  usage: 'test <source>',
  summary: 'Try a way in once, taking nothing; exits 1 when usage could not arrive',
  args: { source: 'Name of the source' },
  configured: true,
  examples: ['tollgrid source test exchange'],
  run: async (context, [source]) => {
    const answer: SourceTestAnswer = await context.withApi((api) => api.post(routeOf(source, 'test'), {}));
    show(context, answer, () => answer.lines);
    return answer.reachable ? 0 : 1;
  },
};

const pause: CommandSpec = {
  usage: 'pause <source>',
  summary: 'Take nothing from a source until it is resumed, also after a restart',
  args: { source: 'Name of the source' },
  configured: true,
  examples: ['tollgrid source pause exchange'],
  run: async (context, [source]) => {
    const item: SourceItem = await context.withApi((api) => api.post(routeOf(source, 'pause'), {}));
    show(context, item, () => [
      item.state === 'paused'
        ? `${item.name} is paused; what it had taken is in the log.`
        : `${item.name}: ${item.state}${item.detail === null ? '' : `, ${item.detail}`}. It takes nothing more.`,
    ]);
  },
};

const resume: CommandSpec = {
  usage: 'resume <source>',
  summary: 'Take from a paused source again',
  args: { source: 'Name of the source' },
  configured: true,
  examples: ['tollgrid source resume exchange'],
  run: async (context, [source]) => {
    const item: SourceItem = await context.withApi((api) => api.post(routeOf(source, 'resume'), {}));
    show(context, item, () => [`${item.name}: ${item.state}${item.detail === null ? '' : `, ${item.detail}`}.`]);
  },
};

const reload: CommandSpec = {
  usage: 'reload',
  summary: 'Read the sources of tollgrid.yaml again; the others go on meanwhile',
  configured: true,
  examples: ['tollgrid source reload'],
  run: async (context) => {
    const done: ReloadAnswer = await context.withApi((api) => api.post('/v1/sources/reload', {}));
    const said = (what: string, names: readonly string[]): string[] =>
      names.length === 0 ? [] : [`${what}: ${names.join(', ')}`];
    show(context, done, () => {
      const lines = [...said('added', done.added), ...said('changed', done.changed), ...said('removed', done.removed)];
      lines.push(...said('underway, when what they took is in the log', done.underway));
      const later = said('at the next start', done.atNextStart);
      return lines.length === 0 ? ['No source changed.', ...later] : [...lines, ...later];
    });
  },
};

function routeOf(source: string, action: string): string {
  return `/v1/sources/${encodeURIComponent(source)}/${action}`;
}

export const source: CommandGroup = {
  name: 'source',
  summary: 'The ways in for usage: folders, and what listens or connects',
  commands: [list, test, pause, resume, reload],
};
