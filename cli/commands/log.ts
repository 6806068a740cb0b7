import { show } from '../answers.ts';
import type { CommandGroup, CommandSpec } from '../command.ts';
import { tableLines, whole } from '../table.ts';
import type { ArchiveAnswer, LogReport } from '../../schemas/api/log.ts';

const list: CommandSpec = {
  usage: 'list',
  summary: 'List the segments of the log: which entries, whether archived, what retention took and for whom it waits',
  configured: true,
  examples: ['tollgrid log list'],
  run: async (context) => {
    const report: LogReport = await context.withApi((api) => api.get('/v1/log'));
    show(context, report, () => reportLines(report));
  },
};

function reportLines({ firstEntry, lastEntry, removed, holds, segments, spool }: LogReport): string[] {
  const kept =
    removed === null
      ? 'everything is kept'
      : `up to entry ${whole(removed.sealedEntry)} (accepted ${removed.sealedAcceptedAt}) sealed and removed at ${removed.at}`;
  return [
    `entries ${whole(firstEntry)} to ${whole(lastEntry)}; ${kept}`,
    `received files: ${whole(spool.files)}, archived ${whole(spool.archivedFiles)}, ${whole(spool.storedBytes)} bytes`,
    ...holds.map(({ name, of, entry }) => `retention keeps what is behind entry ${whole(entry)} for ${of || name}`),
    ...tableLines(
      [
        { head: 'from', value: (row) => whole(row.firstEntry), align: 'right' },
        { head: 'to', value: (row) => (row.lastEntry < row.firstEntry ? '' : whole(row.lastEntry)), align: 'right' },
        { head: 'accepted', value: (row) => row.acceptedAt ?? '' },
        { head: 'bytes', value: (row) => whole(row.storedBytes), align: 'right' },
        { head: '', value: (row) => (row.archived ? 'archived' : '') },
      ],
      segments,
    ),
  ];
}

const archive: CommandSpec<{ all?: boolean }> = {
  usage: 'archive',
  summary: 'Archive old segments and received files now, and apply the retention (otherwise done every hour)',
  configured: true,
  options: [{ flags: '--all', text: 'Closed segments of any age, not only those after log.archiveAfterDays' }],
  examples: ['tollgrid log archive', 'tollgrid log archive --all'],
  run: async (context, _args, { all }) => {
    const done: ArchiveAnswer = await context.withApi((api) => api.post('/v1/admin/archive', { all: all === true }));
    show(context, done, () => [
      `Archived: ${whole(done.archivedSegments)} segments and ${whole(done.archivedFiles)} received files, ` +
        `${whole(done.sizeBytes)} bytes, now ${whole(done.archivedBytes)}.`,
      `Removed: ${whole(done.removedSegments)} segments and ${whole(done.removedFiles)} received files.`,
    ]);
  },
};

export const log: CommandGroup = {
  name: 'log',
  summary: 'The files of the log: segments, archive, retention',
  commands: [list, archive],
};
