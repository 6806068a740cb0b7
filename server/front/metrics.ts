/** What the front measures. The rater reports totals since its start; here they become counters. */
import { createMetrics, type Metrics } from '../http/index.ts';
import type { RerateMessage } from './rerates.ts';
import type { IdentityStatistics, KeptState, RaterStatistics, WatchState } from '../rater/messages.ts';
import type { Incident } from './incidents.ts';
import type { CopyStatus, LastBackup } from '../../schemas/api/operation.ts';
import type { FileFacts } from './log-state.ts';
import type { OutputItem } from '../../schemas/api/outputs.ts';
import type { SourceStatus } from './sources.ts';

/** Adds up totals that start anew when the rater does. */
class Totals {
  private readonly last = new Map<string, number>();

  /** What came on top since the last report. */
  growth(key: string, total: number): number {
    const before = this.last.get(key) ?? 0;
    this.last.set(key, total);
    return total >= before ? total - before : total;
  }
}

export interface Gauges {
  headNo: number;
  checkpointNo: number;
  processedNo: number;
  /** Of entries that wait for the ledger. */
  waitingMax: number;
  restarts: Readonly<Record<string, number>>;
  up: Readonly<Record<string, boolean>>;
  watched: WatchState | null;
  held: readonly FileFacts[];
  incidents: readonly Incident[];
  disk: { freeBytes: number; reserveBytes: number };
  sources: readonly SourceStatus[];
  outputs: readonly OutputItem[];
  copies: readonly CopyStatus[];
  lastBackup: LastBackup | null;
  tariffs: readonly { state: string }[];
  notices: readonly { code: string }[];
}

export class FrontMetrics {
  readonly metrics: Metrics;
  private readonly registry: ReturnType<typeof createMetrics>['registry'];
  private readonly totals = new Totals();
  private raterTotals = new Totals();
  private rater = '';
  private readonly gauges: () => Gauges;

  constructor(gauges: () => Gauges) {
    const { metrics, registry } = createMetrics({ processMetrics: true });
    this.metrics = metrics;
    this.registry = registry;
    this.gauges = gauges;
  }

  /** Takes in a report of the rater. */
  follow(statistics: RaterStatistics): void {
    if (statistics.rater !== this.rater) this.raterTotals = new Totals();
    this.rater = statistics.rater;
    const { metrics, raterTotals: totals } = this;
    for (const [source, dispositions] of Object.entries(statistics.records)) {
      for (const [disposition, count] of Object.entries(dispositions)) {
        metrics.tollgrid_records_total.inc({ source, disposition }, totals.growth(`r/${source}/${disposition}`, count));
      }
    }
    for (const [service, count] of Object.entries(statistics.charges)) {
      metrics.tollgrid_charges_total.inc({ service }, totals.growth(`c/${service}`, count));
    }
    for (const [code, count] of Object.entries(statistics.errors)) {
      metrics.tollgrid_errors_total.inc({ code }, totals.growth(`e/${code}`, count));
    }
    for (const [code, count] of Object.entries(statistics.settlementFailures)) {
      metrics.tollgrid_settlement_failures_total.inc({ code }, totals.growth(`s/${code}`, count));
    }
    for (const [table, count] of Object.entries(statistics.ledgerRows)) {
      metrics.tollgrid_ledger_rows_total.inc({ table }, totals.growth(`l/${table}`, count));
    }
    const writes = totals.growth('writes', statistics.writes);
    const seconds = totals.growth('writeSeconds', statistics.writeSeconds);
    for (let i = 0; i < writes; i++) metrics.tollgrid_ledger_write_seconds.observe(seconds / writes);
    if (statistics.identities !== null) this.followIdentities(statistics.identities);
    const open = statistics.openSessions ?? statistics.identities?.openSessions;
    if (open !== undefined) metrics.tollgrid_sessions_open.set(open);
  }

  /** Null: the ledger does not tell just now, and what was told last stays. */
  followSuspense(waiting: readonly { code: string; records: string | number }[] | null): void {
    if (waiting === null) return;
    const gauge = this.metrics.tollgrid_suspense_records;
    gauge.reset();
    for (const { code, records } of waiting) gauge.inc({ code }, Number(records));
  }

  private followIdentities(identities: IdentityStatistics): void {
    const { metrics } = this;
    metrics.tollgrid_identities.set({ place: 'memory' }, identities.inMemory);
    metrics.tollgrid_identities.set({ place: 'disk' }, identities.onDisk);
    metrics.tollgrid_identities_bytes.set({ place: 'memory' }, identities.memoryBytes);
    metrics.tollgrid_identities_bytes.set({ place: 'disk' }, identities.diskBytes);
    metrics.tollgrid_identity_files.set(identities.files);
    metrics.tollgrid_identity_filter_bits.set(identities.filterBits);
  }

  followRerate(message: RerateMessage): void {
    const { metrics } = this;
    if (message.type === 'rerating') {
      const { done, total } = message.progress;
      const of = 'entryNo' in message.of ? 'command' : 'preview';
      metrics.tollgrid_rerate_progress_ratio.set({ of }, total === 0 ? 0 : done / total);
    } else if (message.type === 'previewed') {
      metrics.tollgrid_rerate_progress_ratio.remove({ of: 'preview' });
    } else {
      const { state, figures, reversed, posted } = message.result;
      metrics.tollgrid_rerate_progress_ratio.remove({ of: 'command' });
      metrics.tollgrid_rerates_total.inc({ outcome: state === 'posted' && figures === null ? 'undone' : state });
      metrics.tollgrid_rerated_charges_total.inc({ what: 'reversed' }, reversed);
      metrics.tollgrid_rerated_charges_total.inc({ what: 'posted' }, posted);
    }
  }

  private followWatch({ findings, checkedAtMs, lastRoundMs, lastRoundAtMs, stepsDone, steps }: WatchState): void {
    const { metrics } = this;
    metrics.tollgrid_stored_findings.set(findings.length);
    metrics.tollgrid_stored_steps.set({ state: 'done' }, stepsDone);
    metrics.tollgrid_stored_steps.set({ state: 'all' }, steps);
    if (checkedAtMs !== null) metrics.tollgrid_stored_checked_timestamp_seconds.set(checkedAtMs / 1000);
    if (lastRoundMs !== null) metrics.tollgrid_stored_round_seconds.set(lastRoundMs / 1000);
    if (lastRoundAtMs !== null) metrics.tollgrid_stored_round_timestamp_seconds.set(lastRoundAtMs / 1000);
  }

  /** One pass over archive and retention. */
  followKept({ atMs, sizeBytes, archivedBytes, removedSegments, failure }: KeptState): void {
    const { metrics } = this;
    metrics.tollgrid_archive_pass_timestamp_seconds.set(atMs / 1000);
    metrics.tollgrid_archive_failed.set(failure === null ? 0 : 1);
    metrics.tollgrid_archived_bytes_total.inc({ size: 'before' }, sizeBytes);
    metrics.tollgrid_archived_bytes_total.inc({ size: 'after' }, archivedBytes);
    metrics.tollgrid_removed_segments_total.inc(removedSegments);
  }

  private followIntake({ held, incidents, disk }: Pick<Gauges, 'held' | 'incidents' | 'disk'>): void {
    const { metrics } = this;
    metrics.tollgrid_disk_free_bytes.set(disk.freeBytes);
    metrics.tollgrid_disk_reserve_bytes.set(disk.reserveBytes);
    metrics.tollgrid_held_files.reset();
    for (const { head } of held) metrics.tollgrid_held_files.inc({ source: head.source, code: head.held!.code });
    metrics.tollgrid_open_incidents.reset();
    for (const { source, kind, closed } of incidents) {
      if (closed === null) metrics.tollgrid_open_incidents.inc({ source, kind });
    }
  }

  private followSources(sources: readonly SourceStatus[]): void {
    const { metrics, totals } = this;
    metrics.tollgrid_source_up.reset();
    metrics.tollgrid_source_connections.reset();
    metrics.tollgrid_source_lag_messages.reset();
    metrics.tollgrid_source_lag_files.reset();
    metrics.tollgrid_source_lag_seconds.reset();
    for (const { config, state, connections, refused, lastSeenMs, lag = null } of sources) {
      const source = config.name;
      metrics.tollgrid_source_up.set({ source, kind: config.kind }, state === 'taking' ? 1 : 0);
      metrics.tollgrid_source_connections.set({ source }, connections);
      if (lag?.unit === 'messages') metrics.tollgrid_source_lag_messages.set({ source }, lag.amount);
      if (lag?.unit === 'files') metrics.tollgrid_source_lag_files.set({ source }, lag.amount);
      if (lag?.unit === 'ms') metrics.tollgrid_source_lag_seconds.set({ source }, lag.amount / 1000);
      // A counter that is there from the start can be seen to stand still: so a silent source is found.
      metrics.tollgrid_received_bytes_total.inc({ source }, 0);
      for (const [reason, count] of Object.entries(refused)) {
        metrics.tollgrid_source_refused_total.inc(
          { source, reason },
          totals.growth(`refused/${source}/${reason}`, count),
        );
      }
      if (lastSeenMs !== null) metrics.tollgrid_source_last_seen_timestamp_seconds.set({ source }, lastSeenMs / 1000);
    }
  }

  private followOutputs(outputs: readonly OutputItem[]): void {
    const { metrics, totals } = this;
    for (const { name: output, kind, state, lagEntries, sent } of outputs) {
      metrics.tollgrid_output_up.set({ output, kind }, state === 'sending' ? 1 : 0);
      if (lagEntries !== null) metrics.tollgrid_output_lag_entries.set({ output }, lagEntries);
      metrics.tollgrid_output_sent_total.inc({ output }, totals.growth(`sent/${output}`, sent));
    }
  }

  private followCopies({ copies, lastBackup }: Pick<Gauges, 'copies' | 'lastBackup'>): void {
    const { metrics } = this;
    for (const { name: copy, up, copiedEntry, missingEntries, missingMs } of copies) {
      metrics.tollgrid_copy_up.set({ copy }, up ? 1 : 0);
      metrics.tollgrid_copy_lag_entries.set({ copy }, missingEntries);
      if (copiedEntry !== null) metrics.tollgrid_copy_entry.set({ copy }, copiedEntry);
      if (missingMs !== null) metrics.tollgrid_copy_lag_seconds.set({ copy }, missingMs / 1000);
    }
    if (lastBackup === null) return;
    metrics.tollgrid_backup_timestamp_seconds.set(Date.parse(lastBackup.madeAt) / 1000);
    metrics.tollgrid_backup_entry.set(lastBackup.lastEntry);
  }

  private followTariffs({ tariffs, notices }: Pick<Gauges, 'tariffs' | 'notices'>): void {
    const { metrics } = this;
    for (const state of ['published', 'draft']) metrics.tollgrid_tariffs.set({ state }, 0);
    for (const { state } of tariffs) metrics.tollgrid_tariffs.inc({ state });
    metrics.tollgrid_start_notices.reset();
    for (const { code } of notices) metrics.tollgrid_start_notices.inc({ code });
  }

  async text(): Promise<string> {
    const { metrics } = this;
    const { headNo, checkpointNo, processedNo, waitingMax, restarts, up, watched, sources, outputs, ...waiting } =
      this.gauges();
    this.followSources(sources);
    this.followOutputs(outputs);
    this.followTariffs(waiting);
    if (watched !== null) this.followWatch(watched);
    this.followIntake(waiting);
    this.followCopies(waiting);
    metrics.tollgrid_log_head.set(headNo);
    metrics.tollgrid_checkpoint_entry.set(checkpointNo);
    metrics.tollgrid_processed_entry.set(processedNo);
    metrics.tollgrid_in_flight_entries.set(headNo - processedNo);
    metrics.tollgrid_in_flight_entries_max.set(waitingMax);
    for (const [role, isUp] of Object.entries(up)) metrics.tollgrid_child_up.set({ role }, isUp ? 1 : 0);
    for (const [role, count] of Object.entries(restarts)) {
      metrics.tollgrid_child_restarts_total.inc({ role }, this.totals.growth(`restarts/${role}`, count));
    }
    return this.registry.metrics();
  }
}
