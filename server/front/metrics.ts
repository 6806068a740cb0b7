/** What the front measures. The rater reports totals since its start; here they become counters. */
import { createMetrics, type Metrics } from '../http/index.ts';
import type { RaterStatistics } from '../rater/messages.ts';

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
  processedNo: number;
  restarts: Readonly<Record<string, number>>;
  up: Readonly<Record<string, boolean>>;
}

export class FrontMetrics {
  readonly metrics: Metrics;
  private readonly registry: ReturnType<typeof createMetrics>['registry'];
  private readonly totals = new Totals();
  private readonly gauges: () => Gauges;

  constructor(gauges: () => Gauges) {
    const { metrics, registry } = createMetrics({ processMetrics: true });
    this.metrics = metrics;
    this.registry = registry;
    this.gauges = gauges;
  }

  /** Takes in a report of the rater. */
  follow(statistics: RaterStatistics): void {
    const { metrics, totals } = this;
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
    for (const [table, count] of Object.entries(statistics.ledgerRows)) {
      metrics.tollgrid_ledger_rows_total.inc({ table }, totals.growth(`l/${table}`, count));
    }
    const writes = totals.growth('writes', statistics.writes);
    const seconds = totals.growth('writeSeconds', statistics.writeSeconds);
    for (let i = 0; i < writes; i++) metrics.tollgrid_ledger_write_seconds.observe(seconds / writes);
  }

  async text(): Promise<string> {
    const { metrics } = this;
    const { headNo, processedNo, restarts, up } = this.gauges();
    metrics.tollgrid_log_head.set(headNo);
    metrics.tollgrid_processed_entry.set(processedNo);
    metrics.tollgrid_in_flight_entries.set(headNo - processedNo);
    for (const [role, isUp] of Object.entries(up)) metrics.tollgrid_child_up.set({ role }, isUp ? 1 : 0);
    for (const [role, count] of Object.entries(restarts)) {
      metrics.tollgrid_child_restarts_total.inc({ role }, this.totals.growth(`restarts/${role}`, count));
    }
    return this.registry.metrics();
  }
}
