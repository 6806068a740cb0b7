import type { ErrorEntry } from '../errors.ts';

const counter = 'tollgrid_copy_up';
const command = '(none: the exit code tells)';

/** Backups, the second copy, and restoring. */
export const copyErrors = {
  COPY_DIVERGED: {
    cause: 'The log does not go on from where the copy or the last backup ends: they are of different histories.',
    cure: 'Keep both. Somebody restored an older state, or the folder belongs to another installation: give each a folder of its own.',
    counter,
    http: 409,
    exit: 1,
  },
  COPY_BEHIND: {
    cause: 'The log does not hold the entries any more that the copy needs next.',
    cure: 'Keep the copy: it holds what retention has removed from the log. A new one would have to begin with entry 1, so none can begin after a removal; docs/operating/retention.md.',
    counter,
    http: 409,
    exit: 1,
  },
  COPY_FENCED: {
    cause: 'Another installation was restored from the second copy and goes on with its log: this one was replaced.',
    cure: 'Do not run this one any more. If the restore was a mistake, stop the restored one and delete `fenced.json` in the copy.',
    counter,
    http: 503,
    exit: 3,
  },
  COPY_DAMAGED: {
    cause: 'Bytes of the second copy, or on the way to it, are not what was written; all that was found is listed.',
    cure: 'On the way it is tried again by itself. Otherwise use a backup, or let the copy begin anew in an empty folder.',
    counter,
    http: 503,
    exit: 1,
  },
  COPY_FOLDER_FOREIGN: {
    cause: 'The folder for the second copy holds something else.',
    cure: 'Name an empty folder, or one that holds the copy of this installation.',
    counter,
    http: 503,
    exit: 2,
  },
  COPY_WRITE_FAILED: {
    cause: 'A backup, a copy or a restored directory could not be written or its source could not be read.',
    cure: 'Look at the reason in the message (room, rights, the mount). What is there already stays valid; call it again.',
    counter,
    http: 503,
    exit: 1,
  },
  BACKUP_UNKNOWN: {
    cause: 'The folder holds no backups, or none of that name.',
    cure: '`tollgrid backup list DIR` shows what there is.',
    counter: command,
    http: 404,
    exit: 2,
  },
  BACKUP_DAMAGED: {
    cause: 'Files of a backup are missing or are not what was written; all that was found is listed.',
    cure: 'Use another backup (`--at`) or the second copy. Delete the parts named: the next backup writes them again.',
    counter: command,
    http: 500,
    exit: 1,
  },
  BACKUP_FOLDER_FOREIGN: {
    cause: 'The folder for backups holds something else.',
    cure: 'Name an empty folder, or one that holds backups of this installation.',
    counter: command,
    http: 400,
    exit: 2,
  },
  BACKUP_VERSION_UNKNOWN: {
    cause: 'The backup or copy was written by a newer Tollgrid.',
    cure: 'Use that version; an older program never reads a newer layout.',
    counter: command,
    http: 500,
    exit: 1,
  },
  RESTORE_TARGET_USED: {
    cause: 'The directory to restore into is not empty.',
    cure: 'Name another one, or move what is there away first: it is never overwritten.',
    counter: command,
    http: 400,
    exit: 2,
  },
  RESTORE_UNFINISHED: {
    cause: 'The data directory is half restored: the restore was broken off.',
    cure: 'Delete the directory and call `tollgrid restore` again.',
    counter: command,
    http: 503,
    exit: 3,
  },
  DATA_DIR_DRILL: {
    cause: 'The data directory was restored with --drill: the original goes on, so this one does not take anything in.',
    cure: 'Use it with `tollgrid export`, `audit` and `verify`, then delete it. To go on with it, restore again without --drill.',
    counter: command,
    http: 503,
    exit: 3,
  },
} satisfies Record<string, ErrorEntry>;
