import { show } from '../answers.ts';
import type { CommandSpec } from '../command.ts';
import { whole } from '../table.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Restored } from '../../server/index.ts';

interface Options {
  from: string;
  at?: string;
  into?: string;
  drill?: boolean;
}

export const restore: CommandSpec<Options> = {
  usage: 'restore',
  summary: 'Make a data directory from a backup or a second copy, and check every byte of it',
  options: [
    { flags: '--from <folder>', text: 'Folder of backups, or of a second copy', required: true },
    { flags: '--at <name>', text: 'Which backup (default: the last one)' },
    { flags: '--into <folder>', text: 'Data directory to make: absent or empty (default: as configured)' },
    {
      flags: '--drill',
      text: 'Only to be looked at: the original goes on, `start` refuses this one',
    },
  ],
  configured: true,
  examples: [
    'tollgrid restore --from /mnt/second/tollgrid --into /var/lib/tollgrid',
    'tollgrid restore --from /mnt/backup/tollgrid --at 000012-20261122T020000Z --into /tmp/drill --drill',
  ],
  run: async (context, _args, { from, at, into, drill }) => {
    const target = into ?? (await context.config()).dataDir;
    const { restore: restoreFrom } = await import('../../server/index.ts');
    const restored = await restoreFrom({ from, at, into: target, drill: drill === true, clock: systemClock });
    show(context, restored, () => restoredLines(restored));
  },
};

export function restoredLines(restored: Restored): string[] {
  const { into, backup, from, firstEntry, lastEntry, lastAcceptedAt, bytes, spoolFiles, chain } = restored;
  const { missing, heardOf, leftOut, drill, kind, fenced } = restored;
  return [
    `${into} holds entries ${whole(firstEntry)} to ${whole(lastEntry)} of ${backup === null ? from : `${from}, backup ${backup}`}.`,
    `The last one was accepted at ${lastAcceptedAt ?? '(there is none)'}; chain ${chain}.`,
    `${whole(bytes)} bytes, ${whole(spoolFiles)} received files: all read back and sound.`,
    ...(heardOf === null || missing !== null
      ? []
      : [
          `The original had no later entry when it was last heard of (${heardOf.at}); what came after that is not here.`,
        ]),
    ...(missing === null
      ? []
      : [
          `NOT HERE: entries ${whole(missing.from)} to ${whole(missing.to)}, which the original had at ${missing.heardAt}, and any after.`,
        ]),
    ...leftOut.map(
      (file) => `Not in it: ${file}. Put it back, or a new one is made; what the old one signed stays checked.`,
    ),
    drill
      ? 'A drill: use it with export, audit and verify, then delete it. `tollgrid start` refuses it.'
      : kind === 'copy' && fenced
        ? 'The original cannot go on with this copy any more. See that it does not run, then: tollgrid start'
        : 'Nothing keeps the original from going on: see that it does not run, then: tollgrid start',
  ];
}
