import type { ErrorEntry } from '../errors.ts';

export const ledgerErrors = {
  LEDGER_BEYOND_RETENTION: {
    cause:
      'Rows of the ledger that were sealed are not what they were, and retention has removed the entries they came from.',
    cure: 'They cannot be computed again: restore `engine/`, `ledger/` and `rater/` from one backup. The seal names what differs; docs/operating/retention.md.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 1,
  },
  BASE_DAMAGED: {
    cause: 'The state that stands in the place of removed entries (`base/`) is missing or not what was written.',
    cure: 'Restore `base/` from a backup; while the rater’s own checkpoint is whole nothing else needs it.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 1,
  },
  LEDGER_NOT_WHOLE: {
    cause: 'Retention was to remove entries whose rows in the ledger are not what was written.',
    cure: 'Nothing was removed. Run `tollgrid verify`, then `tollgrid rebuild` while the log still holds these entries.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 1,
  },
  LEDGER_NOT_SYNCED: {
    cause:
      'Retention was to remove entries, and the file system of the embedded engine could not be synced (`sync -f` of coreutils).',
    cure: 'Nothing was removed. The message says why: the disk, or the command is missing. It is tried again within the hour.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 1,
  },
  LEDGER_UNAVAILABLE: {
    cause: 'The ledger (ClickHouse, or the embedded engine) did not start or does not answer.',
    cure: 'Look at the log lines of the engine. Nothing is lost: what arrived stands in the log and is written when it answers again.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  LEDGER_FOREIGN: {
    cause:
      'The tables in the database of the ClickHouse server were written by another installation: mixing two ledgers would spoil both.',
    cure: 'Check `ledger.url` and `ledger.database`: each Tollgrid has a database of its own. When this installation is to have it (after a restore, say), drop the tables there: they are computed again from the log.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  LEDGER_FENCED: {
    cause:
      'Another rater of the same log took over while this one was frozen or cut off. This one writes nothing any more; what it had not written the other computes.',
    cure: 'Nothing is lost. Look which of the two was meant to run, and end the other; started again it takes over in its turn.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  LEDGER_LOCKED: {
    cause: 'Another process has the data folder of the embedded engine open.',
    cure: 'Stop the other Tollgrid that uses this data directory, or choose another directory.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  LEDGER_SCHEMA_NEWER: {
    cause: 'The ledger was made by a newer Tollgrid than this one.',
    cure: 'Use that version or a later one, or rebuild the ledger with this one: `tollgrid rebuild`.',
    counter: 'tollgrid_errors_total',
    http: 503,
    exit: 3,
  },
  LEDGER_OVERFLOW: {
    cause: 'A number does not fit the ledger: a quantity or a sum of money lies beyond the exact range of its column.',
    cure: 'Look at the record that the message names: such a value nearly always comes from a wrong unit or a damaged file.',
    counter: 'tollgrid_errors_total',
    http: 500,
    exit: 1,
  },
  LEDGER_REPLAY_DIFFERS: {
    cause:
      'Computing a write again gave other control totals than the first time: the program or its inputs changed without a new semantics number.',
    cure: 'Keep the data directory, run `tollgrid verify`, and report it; `tollgrid rebuild` makes a ledger that is consistent in itself.',
    counter: 'tollgrid_errors_total',
    http: 500,
    exit: 1,
  },
  LEDGER_QUERY_REFUSED: {
    cause: 'The ledger refused a query or an insert.',
    cure: 'The message holds the reason that ClickHouse gave; report it with the version when it comes from Tollgrid itself.',
    counter: 'tollgrid_errors_total',
    http: 500,
    exit: 1,
  },
  LEDGER_BAD_CURSOR: {
    cause: 'The cursor of a list was not made by this list.',
    cure: 'Pass the `next` of the previous answer unchanged, or leave it out to start from the beginning.',
    counter: 'tollgrid_http_requests_total',
    http: 400,
    exit: 2,
  },
} satisfies Record<string, ErrorEntry>;
