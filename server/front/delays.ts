/** How long accepted usage takes until it stands in the ledger, per source; and how much was accepted. */
import type { Clock } from '../../platform/clock.ts';
import { EntryType, type BatchHead, type SliceHead } from '../../schemas/log-entries.ts';
import type { Metrics } from '../http/index.ts';
import type { EntryFacts } from './log-state.ts';

export class Delays {
  private readonly metrics: Metrics;
  private readonly clock: Clock;
  /** Accepted and not yet in the ledger, in order. */
  private waiting: { entryNo: number; acceptedAtMs: number; source: string }[] = [];

  constructor(metrics: Metrics, clock: Clock) {
    this.metrics = metrics;
    this.clock = clock;
  }

  appended({ entryNo, type, acceptedAtMs, head, bodyBytes }: EntryFacts & { bodyBytes: number }): void {
    if (type !== EntryType.slice && type !== EntryType.batch) return;
    const { source } = head as SliceHead | BatchHead;
    const bytes = type === EntryType.slice ? (head as SliceHead).lengthBytes : bodyBytes;
    this.metrics.tollgrid_batches_total.inc({ source });
    this.metrics.tollgrid_received_bytes_total.inc({ source }, bytes);
    this.waiting.push({ entryNo, acceptedAtMs, source });
  }

  reached(processedNo: number): void {
    const nowMs = this.clock.now();
    let done = 0;
    while (done < this.waiting.length && this.waiting[done].entryNo <= processedNo) {
      const { acceptedAtMs, source } = this.waiting[done++];
      this.metrics.tollgrid_usage_delay_seconds.observe({ source }, Math.max(0, nowMs - acceptedAtMs) / 1000);
    }
    if (done > 0) this.waiting = this.waiting.slice(done);
  }
}
