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
    help: 'Records by what became of them (rated, absorbed, duplicate, suspended...).',
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
  tollgrid_log_entries: { kind: 'gauge', help: 'Entries that the log holds.', labels: [] },
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
  tollgrid_suspense_records: { kind: 'gauge', help: 'Records that wait in suspense.', labels: ['code'] },
  tollgrid_charges_total: { kind: 'counter', help: 'Charge rows written.', labels: ['service'] },
  tollgrid_ledger_write_seconds: {
    kind: 'histogram',
    help: 'Time of one ledger write, all its tables.',
    labels: [],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  tollgrid_ledger_rows_total: { kind: 'counter', help: 'Rows written to the ledger.', labels: ['table'] },
  tollgrid_rating_records_per_second: {
    kind: 'gauge',
    help: 'Records rated per second over the last write.',
    labels: [],
  },
  tollgrid_usage_delay_seconds: {
    kind: 'histogram',
    help: 'From the acceptance of a batch or slice until it is in the ledger.',
    labels: ['source'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600],
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
  tollgrid_errors_total: {
    kind: 'counter',
    help: 'Errors with a code that users met.',
    labels: ['code'],
  },
  tollgrid_http_request_seconds: {
    kind: 'histogram',
    help: 'Duration of HTTP requests by route pattern.',
    labels: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
