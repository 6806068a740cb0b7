/** The last rows of the operators' board: what runs, and what is kept elsewhere. */
import { query, type Row } from './panel.ts';

const NOT_KEPT = 'no second copy is configured';

export const MACHINE_ROWS: readonly Row[] = [
  {
    title: 'Processes',
    panels: [
      {
        title: 'Children',
        description: '1 while the rater and the engine run. A restart now and again is survived; many are not normal.',
        queries: [
          query('min by (role) (tollgrid_child_up{})', '{{role}} up'),
          query('sum by (role) (increase(tollgrid_child_restarts_total{}[1h]))', '{{role}} restarts in an hour'),
        ],
      },
      {
        title: 'The front: processor and event loop',
        description: 'Cores in use by the front process alone, and how late its event loop is.',
        queries: [
          query('rate(process_cpu_seconds_total{}[$__rate_interval])', 'cores, {{instance}}'),
          query('nodejs_eventloop_lag_p99_seconds{}', 'loop lag 99 % (s), {{instance}}'),
        ],
      },
      {
        title: 'Memory of the front and of the duplicate check',
        description: 'The duplicate check moves its oldest months to disk when `duplicates.memoryBytesMax` is reached.',
        unit: 'bytes',
        queries: [
          query('process_resident_memory_bytes{}', 'front, {{instance}}'),
          query('sum by (place) (tollgrid_identities_bytes{})', 'identities, {{place}}'),
        ],
      },
    ],
  },
  {
    title: 'Copies and archive',
    panels: [
      {
        title: 'Second copy: behind',
        description: 'Age of the oldest log entry that is not in the copy: what would be lost with this machine.',
        unit: 's',
        queries: [query('max by (copy) (tollgrid_copy_lag_seconds{})', '{{copy}}')],
        emptyWhile: NOT_KEPT,
      },
      {
        title: 'Age of the last backup',
        description: 'docs/operating/backup.md says how to make them by night.',
        unit: 's',
        queries: [query('time() - (tollgrid_backup_timestamp_seconds{} > 0)', '{{instance}}')],
        emptyWhile: 'no backup was made yet',
      },
      {
        title: 'Archive and retention failed',
        description: '1: `tollgrid status` says why (docs/operating/retention.md).',
        queries: [query('tollgrid_archive_failed{}', '{{instance}}')],
      },
    ],
  },
];
