/** Every metric Tollgrid exposes. No label ever holds a customer, an account or a number. */

export interface MetricDefinition {
  kind: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
  /** Upper bounds, histograms only. */
  buckets?: readonly number[];
}

export const METRICS = {
  tollgrid_records_total: {
    kind: 'counter',
    help: 'Records received, by what became of each then (rated, absorbed, duplicate, suspended...).',
    labels: ['source', 'disposition'],
  },
  tollgrid_batches_total: {
    kind: 'counter',
    help: 'Batches and slices of files accepted into the log.',
    labels: ['source'],
  },
  tollgrid_received_bytes_total: {
    kind: 'counter',
    help: 'Bytes of usage accepted into the log.',
    labels: ['source'],
  },
  tollgrid_source_up: {
    kind: 'gauge',
    help: '1 while a configured source takes usage; 0 when it waits for its other side or is paused.',
    labels: ['source', 'kind'],
  },
  tollgrid_source_connections: { kind: 'gauge', help: 'Open connections of a source.', labels: ['source'] },
  tollgrid_source_lag_messages: {
    kind: 'gauge',
    help: 'Messages that brokers hold for a source and that are not durable here yet; of MQTT those that came and are not acknowledged.',
    labels: ['source'],
  },
  tollgrid_source_lag_files: {
    kind: 'gauge',
    help: 'Closed files that a source has seen and not taken yet.',
    labels: ['source'],
  },
  tollgrid_source_lag_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest records that arrived over TCP, UDP or RADIUS and are not durable; 0 when there are none.',
    labels: ['source'],
  },
  tollgrid_source_refused_total: {
    kind: 'counter',
    help: 'Connections and packets that a source refused: strangers, forged or malformed ones, no room.',
    labels: ['source', 'reason'],
  },
  tollgrid_source_last_seen_timestamp_seconds: {
    kind: 'gauge',
    help: 'When anything arrived at a source last; of a folder, when it was looked at.',
    labels: ['source'],
  },
  tollgrid_output_up: {
    kind: 'gauge',
    help: '1 while an output sends; 0 when it waits for its other side or is paused.',
    labels: ['output', 'kind'],
  },
  tollgrid_output_lag_entries: {
    kind: 'gauge',
    help: 'Log entries in the ledger whose charges an output has not sent.',
    labels: ['output'],
  },
  tollgrid_output_sent_total: {
    kind: 'counter',
    help: 'Events of an output that its other side acknowledged.',
    labels: ['output'],
  },
  tollgrid_log_head: { kind: 'gauge', help: 'Number of the last durable log entry.', labels: [] },
  tollgrid_processed_entry: {
    kind: 'gauge',
    help: 'Last log entry whose effect is in the ledger.',
    labels: [],
  },
  tollgrid_in_flight_entries: {
    kind: 'gauge',
    help: 'Log entries accepted and not yet in the ledger.',
    labels: [],
  },
  tollgrid_in_flight_entries_max: {
    kind: 'gauge',
    help: 'How many of them may wait: beyond that pushed usage is refused and what listens makes its senders wait.',
    labels: [],
  },
  tollgrid_suspense_records: { kind: 'gauge', help: 'Records that wait in suspense.', labels: ['code'] },
  tollgrid_tariffs: {
    kind: 'gauge',
    help: 'Tariff versions by state: published, and drafts that wait.',
    labels: ['state'],
  },
  tollgrid_start_notices: {
    kind: 'gauge',
    help: 'Files that differ from what is published under their date: the start did not apply them.',
    labels: ['code'],
  },
  tollgrid_held_files: {
    kind: 'gauge',
    help: 'Closed files that wait for a decision, because they are not whole or their totals differ.',
    labels: ['source', 'code'],
  },
  tollgrid_open_incidents: {
    kind: 'gauge',
    help: 'Gaps and repeats in the numbers of a source that nobody has explained.',
    labels: ['source', 'kind'],
  },
  tollgrid_disk_free_bytes: { kind: 'gauge', help: 'Free space on the disk of the data directory.', labels: [] },
  tollgrid_disk_reserve_bytes: {
    kind: 'gauge',
    help: 'Free space below which nothing is taken in.',
    labels: [],
  },
  tollgrid_charges_total: { kind: 'counter', help: 'Charge rows written.', labels: ['service'] },
  tollgrid_ledger_write_seconds: {
    kind: 'histogram',
    help: 'Time of one ledger write, all its tables.',
    labels: [],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  tollgrid_ledger_rows_total: { kind: 'counter', help: 'Rows written to the ledger.', labels: ['table'] },
  tollgrid_usage_delay_seconds: {
    kind: 'histogram',
    help: 'From the acceptance of a batch or slice until it is in the ledger.',
    labels: ['source'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
  },
  tollgrid_event_delay_seconds: {
    kind: 'histogram',
    help: 'From the newest event of a batch or slice, as its device dates it, until it is in the ledger; events of the last day only.',
    labels: ['source'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600],
  },
  tollgrid_identities: {
    kind: 'gauge',
    help: 'Identities of usage that the duplicate check remembers: in memory or on disk.',
    labels: ['place'],
  },
  tollgrid_identities_bytes: {
    kind: 'gauge',
    help: 'What the duplicate check takes: memory (with all that finds identities on disk) and disk.',
    labels: ['place'],
  },
  tollgrid_sessions_open: { kind: 'gauge', help: 'Sessions that go on at access servers.', labels: [] },
  tollgrid_identity_files: { kind: 'gauge', help: 'Files of identities on disk.', labels: [] },
  tollgrid_identity_filter_bits: {
    kind: 'gauge',
    help: 'Size of the filter that spares new records a look into these files; below 10 for each identity they get slow.',
    labels: [],
  },
  tollgrid_child_up: { kind: 'gauge', help: '1 while the child process of that role runs.', labels: ['role'] },
  tollgrid_child_restarts_total: {
    kind: 'counter',
    help: 'Times a child process was started again after it ended.',
    labels: ['role'],
  },
  tollgrid_audit_difference: {
    kind: 'gauge',
    help: 'Records received less all dispositions, at the last audit; anything but 0 is a loss or an invention.',
    labels: [],
  },
  tollgrid_conservation_difference: {
    kind: 'gauge',
    help: 'How far apart each identity was at the last whole audit (records, units, money, meters, checks); 0 when it closes.',
    labels: ['of'],
  },
  tollgrid_conservation_audit_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the last whole audit was made.',
    labels: [],
  },
  tollgrid_verify_failed_checks: {
    kind: 'gauge',
    help: 'Checks that failed at the last `tollgrid verify`; anything but 0 is damage.',
    labels: [],
  },
  tollgrid_checkpoint_entry: {
    kind: 'gauge',
    help: 'A start reads the log from behind this entry on.',
    labels: [],
  },
  tollgrid_archive_pass_timestamp_seconds: {
    kind: 'gauge',
    help: 'When archive and retention were looked after last.',
    labels: [],
  },
  tollgrid_archive_failed: {
    kind: 'gauge',
    help: '1 when the last pass over archive and retention failed: `tollgrid status` says why.',
    labels: [],
  },
  tollgrid_archived_bytes_total: {
    kind: 'counter',
    help: 'Bytes of segments and received files that were archived, before and after compression.',
    labels: ['size'],
  },
  tollgrid_removed_segments_total: {
    kind: 'counter',
    help: 'Segments of the log that retention removed.',
    labels: [],
  },
  tollgrid_stored_findings: {
    kind: 'gauge',
    help: 'Stored bytes that are not what was written, in log, spool and ledger; anything but 0 is damage.',
    labels: [],
  },
  tollgrid_stored_checked_timestamp_seconds: {
    kind: 'gauge',
    help: 'When segments, their chain and the hashes of parts were looked at last.',
    labels: [],
  },
  tollgrid_stored_round_seconds: {
    kind: 'gauge',
    help: 'How long it last took to read everything stored once again.',
    labels: [],
  },
  tollgrid_stored_round_timestamp_seconds: {
    kind: 'gauge',
    help: 'When everything stored had been read once again.',
    labels: [],
  },
  tollgrid_stored_steps: {
    kind: 'gauge',
    help: 'Steps of the round of reading again that is under way.',
    labels: ['state'],
  },
  tollgrid_copy_up: {
    kind: 'gauge',
    help: '1 while the second copy is kept up; 0 when it fails or its follower is silent.',
    labels: ['copy'],
  },
  tollgrid_copy_entry: { kind: 'gauge', help: 'Last log entry that is durable in the second copy.', labels: ['copy'] },
  tollgrid_copy_lag_entries: {
    kind: 'gauge',
    help: 'Log entries that are not in the second copy yet: what would be lost with this machine.',
    labels: ['copy'],
  },
  tollgrid_copy_lag_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest log entry that is not in the second copy yet; 0 when there is none.',
    labels: ['copy'],
  },
  tollgrid_copied_bytes_total: {
    kind: 'counter',
    help: 'Bytes of log and spool that went to the second copy.',
    labels: ['copy'],
  },
  tollgrid_backup_timestamp_seconds: { kind: 'gauge', help: 'When the last backup was made.', labels: [] },
  tollgrid_backup_entry: { kind: 'gauge', help: 'Last log entry in the last backup.', labels: [] },
  tollgrid_errors_total: {
    kind: 'counter',
    help: 'Errors with a code that users met.',
    labels: ['code'],
  },
  tollgrid_settlement_failures_total: {
    kind: 'counter',
    help: 'Subscriptions that a settlement could not settle.',
    labels: ['code'],
  },
  tollgrid_rerates_total: {
    kind: 'counter',
    help: 'Commands to re-rate by what became of them: posted, nothing, refused, undone.',
    labels: ['outcome'],
  },
  tollgrid_rerated_charges_total: {
    kind: 'counter',
    help: 'Charges that re-ratings took back (reversed) and made (posted).',
    labels: ['what'],
  },
  tollgrid_rerate_progress_ratio: {
    kind: 'gauge',
    help: 'How far the re-rating under way is, 0 to 1 in each phase: of a command, of a preview.',
    labels: ['of'],
  },
  tollgrid_http_request_seconds: {
    kind: 'histogram',
    help: 'Duration of HTTP requests by route pattern.',
    labels: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
