/**
 * The operators' board: from what arrives to what stands in the ledger, then what threatens it. Top to bottom is the order
 * in which one looks: is all well, does it flow, how late, what waits, does it add up, is there room, who sends.
 */
import { MACHINE_ROWS } from './board-machine.ts';
import { query, quantiles, type Row } from './panel.ts';

const NOBODY_WAITS = 'nobody is told to wait';

export const ROWS: readonly Row[] = [
  {
    title: 'Is all well',
    panels: [
      {
        title: 'Answers',
        description: 'Tollgrids that Prometheus reaches. A lower number than usual: look at the process and its log.',
        kind: 'stat',
        queries: [query('sum(up{})', 'up')],
        red: { below: 1 },
      },
      {
        title: 'Audit difference',
        description:
          'The largest difference of any identity at the last whole audit. Not 0: docs/operating/audit.md, now.',
        kind: 'stat',
        queries: [query('max(abs(tollgrid_conservation_difference{}))', 'difference')],
        emptyWhile: 'no audit was made since the start',
        red: { from: 1 },
      },
      {
        title: 'Damage found',
        description:
          'Stored bytes that are not what was written. Not 0: docs/operating/audit.md, and keep the data directory.',
        kind: 'stat',
        queries: [query('sum(tollgrid_stored_findings{} + tollgrid_verify_failed_checks{})', 'findings')],
        red: { from: 1 },
      },
      {
        title: 'Waits for the ledger',
        description: 'Share of the log entries that may wait for the ledger. At 1 senders are told to wait.',
        unit: 'percentunit',
        kind: 'stat',
        queries: [query('max(tollgrid_in_flight_entries{} / tollgrid_in_flight_entries_max{})', 'of the limit')],
        red: { from: 0.8 },
      },
      {
        title: 'In suspense',
        description: 'Records that wait because they cannot be read, owned or priced: docs/operating/suspense.md.',
        kind: 'stat',
        queries: [query('sum(tollgrid_suspense_records{})', 'records')],
        emptyWhile: 'nothing waits in suspense',
      },
      {
        title: 'Room on the disk',
        description: 'Free bytes above the reserve. At 0 nothing is taken in: docs/operating/files.md.',
        unit: 'bytes',
        kind: 'stat',
        queries: [query('min(tollgrid_disk_free_bytes{} - tollgrid_disk_reserve_bytes{})', 'above the reserve')],
        red: { below: 1 },
      },
    ],
  },
  {
    title: 'Flow: from collectors to the ledger',
    panels: [
      {
        title: 'Accepted by source',
        description: 'Bytes of usage that became durable in the log.',
        unit: 'Bps',
        kind: 'stack',
        queries: [query('sum by (source) (rate(tollgrid_received_bytes_total{}[$__rate_interval]))', '{{source}}')],
      },
      {
        title: 'Batches by source',
        description: 'Log entries of usage: batches that were pushed or listened for, and slices of files.',
        unit: 'cps',
        kind: 'stack',
        queries: [query('sum by (source) (rate(tollgrid_batches_total{}[$__rate_interval]))', '{{source}}')],
      },
      {
        title: 'Records by what became of them',
        description:
          'Every record received is in one of these, once: rated, absorbed, duplicate, filtered, suspended...',
        unit: 'cps',
        kind: 'stack',
        queries: [query('sum by (disposition) (rate(tollgrid_records_total{}[$__rate_interval]))', '{{disposition}}')],
      },
      {
        title: 'Charges by service',
        description: 'Charge rows written.',
        unit: 'cps',
        kind: 'stack',
        queries: [query('sum by (service) (rate(tollgrid_charges_total{}[$__rate_interval]))', '{{service}}')],
      },
      {
        title: 'Ledger rows by table',
        description: 'Rows written to the ledger: docs/ledger.md says what each table holds.',
        unit: 'cps',
        kind: 'stack',
        queries: [query('sum by (table) (rate(tollgrid_ledger_rows_total{}[$__rate_interval]))', '{{table}}')],
      },
      {
        title: 'Rated in this view',
        description: 'Records by what became of them, over the time that is shown.',
        kind: 'stat',
        queries: [query('sum by (disposition) (increase(tollgrid_records_total{}[$__range]))', '{{disposition}}')],
        width: 8,
      },
    ],
  },
  {
    title: 'Lag and delay',
    panels: [
      {
        title: 'From acceptance to the ledger',
        description: 'How long usage takes from its acceptance until it can be queried.',
        unit: 's',
        queries: quantiles('tollgrid_usage_delay_seconds', [0.5, 0.95, 0.99]),
      },
      {
        title: 'From the event to the ledger',
        description: 'From the newest event of a batch, as its device dates it. Usage older than a day is not counted.',
        unit: 's',
        queries: quantiles('tollgrid_event_delay_seconds', [0.5, 0.95]),
      },
      {
        title: 'Entries that wait for the ledger',
        description:
          'Accepted and not yet in the ledger. A line that only rises: the ledger is behind, or stands still.',
        queries: [
          query('tollgrid_in_flight_entries{}', 'waiting, {{instance}}'),
          query('tollgrid_in_flight_entries_max{}', 'limit, {{instance}}'),
        ],
      },
      {
        title: 'Positions in the log',
        description: 'Entries a second: durable at the head, and in the ledger. A start reads from the checkpoint on.',
        unit: 'cps',
        queries: [
          query('deriv(tollgrid_log_head{}[$__rate_interval])', 'head, {{instance}}'),
          query('deriv(tollgrid_processed_entry{}[$__rate_interval])', 'in the ledger, {{instance}}'),
        ],
      },
      {
        title: 'One write to the ledger',
        description: 'Time of one write, all its tables. Seconds mean that the engine wants processor, memory or disk.',
        unit: 's',
        queries: quantiles('tollgrid_ledger_write_seconds', [0.5, 0.95]),
      },
      {
        title: 'What a start would read again',
        description: 'Log entries behind the last checkpoint.',
        queries: [query('tollgrid_log_head{} - tollgrid_checkpoint_entry{}', '{{instance}}')],
      },
    ],
  },
  {
    title: 'Suspense',
    panels: [
      {
        title: 'Waiting by code',
        description: 'The code says what to do: docs/errors.md. Recycle when the cause is mended.',
        kind: 'stack',
        queries: [query('sum by (code) (tollgrid_suspense_records{})', '{{code}}')],
        emptyWhile: 'nothing waits in suspense',
      },
      {
        title: 'Suspended share of what arrives',
        description: 'A jump means that a source has changed its format or customers are missing in the registry.',
        unit: 'percentunit',
        queries: [
          query(
            'sum by (source) (rate(tollgrid_records_total{disposition="suspended"}[$__rate_interval])) / ' +
              'sum by (source) (rate(tollgrid_records_total{}[$__rate_interval]))',
            '{{source}}',
          ),
        ],
        emptyWhile: 'nothing was suspended since the start',
      },
      {
        title: 'Held files and open incidents',
        description:
          'Files that wait for a decision, gaps and repeats in the numbers of a source: docs/operating/files.md.',
        queries: [
          query('sum by (source, code) (tollgrid_held_files{})', '{{source}}: {{code}}'),
          query('sum by (source, kind) (tollgrid_open_incidents{})', '{{source}}: {{kind}}'),
        ],
        emptyWhile: 'no file is held and no number is missing',
      },
    ],
  },
  {
    title: 'Conservation',
    panels: [
      {
        title: 'Difference by identity',
        description: 'Records, units, money, meters and checks of the last whole audit. All must be 0.',
        queries: [query('max by (instance, of) (tollgrid_conservation_difference{})', '{{of}}, {{instance}}')],
        emptyWhile: 'no audit was made since the start',
      },
      {
        title: 'Age of the last audit',
        description: 'An audit is made every `audit.everyMinutes` when nothing waits for the ledger.',
        unit: 's',
        queries: [query('time() - (tollgrid_conservation_audit_timestamp_seconds{} > 0)', '{{instance}}')],
        emptyWhile: 'no audit was made since the start',
      },
      {
        title: 'Age of the last look at stored bytes',
        description:
          'Segments, their chain and parts are looked at every `watch.everySeconds`; all is read once a round.',
        unit: 's',
        queries: [
          query('time() - (tollgrid_stored_checked_timestamp_seconds{} > 0)', 'looked at, {{instance}}'),
          query('time() - (tollgrid_stored_round_timestamp_seconds{} > 0)', 'all read, {{instance}}'),
        ],
      },
    ],
  },
  {
    title: 'Overload and room',
    panels: [
      {
        title: 'Told to wait',
        description: 'Pushes refused with INTAKE_BUSY or INTAKE_DISK_LOW, packets that found no room. They come again.',
        unit: 'cps',
        queries: [
          query(
            'sum by (code) (rate(tollgrid_errors_total{code=~"INTAKE_BUSY|INTAKE_DISK_LOW"}[$__rate_interval]))',
            '{{code}}',
          ),
          query(
            'sum by (source) (rate(tollgrid_source_refused_total{reason="busy"}[$__rate_interval]))',
            '{{source}}: busy',
          ),
        ],
        emptyWhile: NOBODY_WAITS,
      },
      {
        title: 'Disk',
        description: 'Free bytes of the data directory and the reserve, below which nothing is taken in.',
        unit: 'bytes',
        queries: [
          query('tollgrid_disk_free_bytes{}', 'free, {{instance}}'),
          query('tollgrid_disk_reserve_bytes{}', 'reserve, {{instance}}'),
        ],
      },
      {
        title: 'Full in',
        description: 'Time until the reserve is reached, as the last six hours went. Nothing while room grows.',
        unit: 's',
        queries: [
          query(
            '(tollgrid_disk_free_bytes{} - tollgrid_disk_reserve_bytes{}) / ' +
              '(-deriv(tollgrid_disk_free_bytes{}[6h]) > 0)',
            '{{instance}}',
          ),
        ],
        emptyWhile: 'the disk does not fill up',
      },
      {
        title: 'Requests by answer',
        description: 'HTTP requests by status. 429 and 503 tell senders to wait, 5xx else is a fault: the log has it.',
        unit: 'reqps',
        kind: 'stack',
        queries: [
          query('sum by (status) (rate(tollgrid_http_request_seconds_count{}[$__rate_interval]))', '{{status}}'),
        ],
      },
      {
        title: 'Duration of requests',
        description: 'The slower 5 % of each route.',
        unit: 's',
        queries: [
          query(
            'histogram_quantile(0.95, sum by (le, route) (rate(tollgrid_http_request_seconds_bucket{}[$__rate_interval])))',
            '{{route}}',
          ),
        ],
      },
      {
        title: 'Errors by code',
        description: 'Errors that users met: docs/errors.md has cause and cure of each.',
        unit: 'cps',
        queries: [query('sum by (code) (rate(tollgrid_errors_total{}[$__rate_interval]))', '{{code}}')],
        emptyWhile: 'nobody met an error since the start',
      },
    ],
  },
  {
    title: 'Sources',
    panels: [
      {
        title: 'Takes usage',
        description: '1 while a source takes usage; 0 when it is paused or waits for its other side.',
        unit: 'bool_on_off',
        queries: [query('min by (source) (tollgrid_source_up{})', '{{source}}')],
      },
      {
        title: 'Silent for',
        description: 'Since anything arrived; of a folder, since it was looked at.',
        unit: 's',
        queries: [query('time() - max by (source) (tollgrid_source_last_seen_timestamp_seconds{})', '{{source}}')],
      },
      {
        title: 'Connections and refusals',
        description: 'Open connections; strangers, forged and malformed packets that were refused.',
        queries: [
          query('sum by (source) (tollgrid_source_connections{})', '{{source}}'),
          query(
            'sum by (source, reason) (rate(tollgrid_source_refused_total{}[$__rate_interval]))',
            '{{source}}: {{reason}} a second',
          ),
        ],
      },
    ],
  },
  {
    title: 'Brokers and outputs',
    panels: [
      {
        title: 'Behind brokers and folders',
        description: 'Messages that brokers hold or wait to see acknowledged, files in a folder: not in the log yet.',
        queries: [
          query('sum by (source) (tollgrid_source_lag_messages{})', '{{source}}: messages'),
          query('sum by (source) (tollgrid_source_lag_files{})', '{{source}}: files'),
        ],
        emptyWhile: 'no source is fed by brokers or folders',
      },
      {
        title: 'Behind its senders',
        description: 'Age of the oldest records that a source received and that are not durable yet.',
        unit: 's',
        queries: [query('max by (source) (tollgrid_source_lag_seconds{})', '{{source}}')],
        emptyWhile: 'no source is sent to',
      },
      {
        title: 'Outputs: behind the ledger',
        description: 'Log entries in the ledger whose charges an output has not sent.',
        queries: [query('sum by (output) (tollgrid_output_lag_entries{})', '{{output}}')],
        emptyWhile: 'no output is configured',
      },
      {
        title: 'Outputs: acknowledged',
        description: 'Events that the other side acknowledged.',
        unit: 'cps',
        queries: [query('sum by (output) (rate(tollgrid_output_sent_total{}[$__rate_interval]))', '{{output}}')],
        emptyWhile: 'no output is configured',
      },
    ],
  },
  ...MACHINE_ROWS,
];
