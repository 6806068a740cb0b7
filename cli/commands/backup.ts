import { setPriority } from 'node:os';
import { show } from '../answers.ts';
import { connect, findFront } from '../client.ts';
import type { CommandSpec, Context, ExitCode } from '../command.ts';
import { wholeNumber } from '../options.ts';
import { tableLines, whole } from '../table.ts';
import { systemClock } from '../../platform/clock.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { Status } from '../../schemas/api/operation.ts';

interface Options {
  to?: string;
  withoutKeys?: boolean;
  at?: string;
  keep?: number;
}

/** As `nice` has it when nothing is said. */
const BEHIND_OTHERS = 10;

export const backup: CommandSpec<Options> = {
  usage: 'backup [action] [folder]',
  summary:
    'Copy what is needed to restore (log, received files, statements, keys); only what is new since the last time',
  args: {
    action:
      '`list`, `verify` (reads all parts again; exits 1 when one is damaged) or `prune` the backups of a folder; `release`: retention keeps nothing for it any more',
    folder: 'The folder of backups; `verify` also takes the one of a second copy',
  },
  options: [
    { flags: '--to <folder>', text: 'Make a backup into this folder, made when there is none' },
    { flags: '--without-keys', text: 'Leave out the private keys that statements are signed with' },
    { flags: '--at <name>', text: 'With `verify`: only this backup' },
    { flags: '--keep <n>', text: 'With `prune`: how many backups stay', parse: wholeNumber },
  ],
  configured: true,
  examples: [
    'tollgrid backup --to /mnt/backup/tollgrid',
    'tollgrid backup list /mnt/backup/tollgrid',
    'tollgrid backup verify /mnt/backup/tollgrid',
    'tollgrid backup prune /mnt/backup/tollgrid --keep 30',
    'tollgrid backup release /mnt/backup/tollgrid',
  ],
  run: async (context, [action, folder], { to, withoutKeys, at, keep }) => {
    if (action === undefined) {
      if (to === undefined) throw new TollgridError('ARGUMENTS_INVALID', '`backup` needs --to, or an action.');
      return make(context, to, withoutKeys !== true);
    }
    if (folder === undefined) throw new TollgridError('ARGUMENTS_INVALID', `\`backup ${action}\` needs a folder.`);
    if (action === 'list') return list(context, folder);
    if (action === 'verify') return verify(context, folder, at);
    if (action === 'prune') return prune(context, folder, keep);
    if (action === 'release') return release(context, folder);
    throw new TollgridError(
      'ARGUMENTS_INVALID',
      `\`backup\` has no action "${action}": list, verify, prune, release, or none.`,
    );
  },
};

async function make(context: Context, to: string, keys: boolean): Promise<void> {
  const { dataDir } = await context.config();
  const { makeBackup, settledHead, version } = await import('../../server/index.ts');
  const front = findFront(dataDir);
  const headNo =
    front === null
      ? await settledHead(dataDir)
      : (await connect(front.url, front.token).get<Status>('/v1/status')).logHead;
  // Beside a Tollgrid that serves, a backup comes second.
  if (front !== null) setPriority(BEHIND_OTHERS);
  const made = await makeBackup({ dataDir, to, headNo, keys, program: version, clock: systemClock });
  const { manifest, unreadable, unheld, ...counts } = made;
  const { name, firstEntry, lastEntry, chain, lastAcceptedAt, leftOut } = manifest;
  const secrets = manifest.files.map((file) => file.path).filter((file) => file.endsWith('.key'));
  const answer = {
    name,
    to,
    firstEntry,
    lastEntry,
    chain,
    lastAcceptedAt,
    ...counts,
    secrets,
    leftOut,
    unreadable,
    unheld,
  };
  show(context, answer, () => [
    `Backup ${name}: entries ${whole(firstEntry)} to ${whole(lastEntry)}, ${whole(made.parts)} parts, ${whole(made.bytes)} bytes.`,
    `New since the one before: ${whole(made.newParts)} parts, ${whole(made.newBytes)} bytes.`,
    ...secrets.map((file) => `It holds a secret, readable by its owner only: ${file}`),
    ...leftOut.map((file) => `Left out: ${file}`),
    ...unreadable.map((why) => `An earlier backup cannot be read: ${why}`),
    ...(unheld === null ? [] : [`Retention may remove what the next backup needs: ${unheld}`]),
  ]);
}

async function list(context: Context, folder: string): Promise<void> {
  const { listBackups } = await import('../../server/index.ts');
  const listed = await listBackups(folder);
  const rows = listed.map(({ name, manifest, wrong }) => ({
    name,
    madeAt: manifest?.madeAt ?? null,
    firstEntry: manifest?.firstEntry ?? null,
    lastEntry: manifest?.lastEntry ?? null,
    lastAcceptedAt: manifest?.lastAcceptedAt ?? null,
    wrong: wrong ?? null,
  }));
  show(context, { items: rows }, () =>
    tableLines(
      [
        { head: 'name', value: (row) => row.name },
        { head: 'made', value: (row) => row.madeAt ?? '' },
        { head: 'last entry', value: (row) => (row.lastEntry === null ? '' : whole(row.lastEntry)), align: 'right' },
        { head: 'accepted', value: (row) => row.lastAcceptedAt ?? '' },
        { head: '', value: (row) => (row.wrong === null ? '' : `CANNOT BE READ: ${row.wrong}`) },
      ],
      rows,
    ),
  );
}

async function verify(context: Context, folder: string, at: string | undefined): Promise<ExitCode> {
  const { verifyCopies } = await import('../../server/index.ts');
  const report = await verifyCopies(folder, at);
  const { kind, backups, parts, bytes, lastEntry, problems, ok } = report;
  const what = kind === 'backup' ? `${whole(backups)} backups` : `A copy up to entry ${whole(lastEntry)}`;
  show(context, report, () => [
    `${what}: ${whole(parts)} files, ${whole(bytes)} bytes read.`,
    ...problems.map((problem) => `  WRONG ${problem}`),
    ok ? 'All of it is as it was written.' : problems.length > 0 ? 'It is damaged.' : 'There is no backup to check.',
  ]);
  return ok ? 0 : 1;
}

async function prune(context: Context, folder: string, keep: number | undefined): Promise<void> {
  if (keep === undefined || keep < 1) throw new TollgridError('ARGUMENTS_INVALID', '`prune` needs --keep, at least 1.');
  const { pruneBackups } = await import('../../server/index.ts');
  const { kept, removed, removedParts, removedBytes } = await pruneBackups(folder, keep);
  show(context, { kept, removed, removedParts, removedBytes }, () => [
    `${whole(removed.length)} backups removed, ${whole(kept.length)} kept.`,
    `${whole(removedParts)} parts removed that none of them needs: ${whole(removedBytes)} bytes.`,
  ]);
}

/** Also of a folder that is gone. */
async function release(context: Context, folder: string): Promise<void> {
  const { dataDir } = await context.config();
  const { releaseBackup } = await import('../../server/index.ts');
  const released = await releaseBackup(dataDir, folder);
  show(context, { released }, () => [
    released ? `Retention keeps nothing for ${folder} any more.` : `Nothing was kept for ${folder}.`,
  ]);
}
