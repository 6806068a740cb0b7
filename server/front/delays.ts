/**
 * How long usage takes until it stands in the ledger, per source: from its acceptance, and from the event itself as its
 * device dates it; and how much was accepted. Once per entry of the log, never per record.
 */
import type { Clock } from '../../platform/clock.ts';
import { EntryType, type BatchHead, type SliceHead } from '../../schemas/log-entries.ts';
import type { Metrics } from '../http/index.ts';
import type { NewestEvent } from '../rater/messages.ts';
import type { EntryFacts } from './log-state.ts';

/** What is older came late, in a file of yesterday: that says nothing about Tollgrid. */
const LATE_MS = 86_400_000;

export class Delays {
  private readonly metrics: Metrics;
  private readonly clock: Clock;
  /** Accepted and not yet in the ledger, in order. */
  private waiting: { entryNo: number; acceptedAtMs: number; source: string }[] = [];

  constructor(metrics: Metrics, clock: Clock) {
    this.metrics = metrics;
    this.clock = clock;
  }

  appended({
    entryNo,
    type,
    acceptedAtMs,
    head,
    bodyBytes,
  }: Omit<EntryFacts, 'position'> & { bodyBytes: number }): void {
    if (type !== EntryType.slice && type !== EntryType.batch) return;
    const { source } = head as SliceHead | BatchHead;
    const bytes = type === EntryType.slice ? (head as SliceHead).lengthBytes : bodyBytes;
    this.metrics.tollgrid_batches_total.inc({ source });
    this.metrics.tollgrid_received_bytes_total.inc({ source }, bytes);
    this.waiting.push({ entryNo, acceptedAtMs, source });
  }

  /** `newestEvents`: in the order of their entries. Of clocks that run ahead there is no delay to tell. */
  reached(processedNo: number, newestEvents: readonly NewestEvent[]): void {
    const nowMs = this.clock.now();
    let done = 0;
    let event = 0;
    while (done < this.waiting.length && this.waiting[done].entryNo <= processedNo) {
      const { entryNo, acceptedAtMs, source } = this.waiting[done++];
      this.metrics.tollgrid_usage_delay_seconds.observe({ source }, Math.max(0, nowMs - acceptedAtMs) / 1000);
      while (event < newestEvents.length && newestEvents[event][0] < entryNo) event++;
      if (newestEvents[event]?.[0] !== entryNo) continue;
      const sinceMs = nowMs - newestEvents[event][1];
      if (sinceMs >= 0 && sinceMs <= LATE_MS) {
        this.metrics.tollgrid_event_delay_seconds.observe({ source }, sinceMs / 1000);
      }
    }
    if (done > 0) this.waiting = this.waiting.slice(done);
  }
}
