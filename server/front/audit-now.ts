/** An audit of what runs: the front's parts go in, the metrics follow. */
import type { AuditReport } from '../../schemas/api/audit.ts';
import type { AuditQueryInput } from '../http/index.ts';
import { audit, differencesOf } from './audit.ts';
import type { FrontParts } from './front.ts';

/** `dueEntry`: everything up to it was waited for; what is not in the ledger by now is missing. */
export async function auditNow(
  front: FrontParts,
  wish: Omit<AuditQueryInput, 'wait'>,
  dueEntry: number,
): Promise<AuditReport> {
  const { source, fromMs, toMs } = wish;
  const read = (): Promise<AuditReport> =>
    audit(
      {
        ledger: front.children.ledger,
        state: front.state,
        meters: () => front.registry.queries.meterFacts(),
        findings: front.children.watched?.findings ?? [],
      },
      {
        asOfEntry: front.processed.entryNo,
        inFlightEntries: front.inFlightEntries,
        overdueEntries: Math.max(0, dueEntry - front.processed.entryNo),
      },
      {
        by: wish.by ?? 'file',
        ...(source !== undefined && { source }),
        ...(fromMs !== undefined && { fromMs }),
        ...(toMs !== undefined && { toMs }),
      },
    );
  // Usage streams in meanwhile: all figures have to be of the same moment.
  const report = await front.children.whileHeld(read);
  const { metrics } = front.metrics;
  const filtered = source !== undefined || fromMs !== undefined || toMs !== undefined;
  // A part of the records says nothing about all of them.
  if (!filtered) {
    metrics.tollgrid_conservation_audit_timestamp_seconds.set(front.clock.now() / 1000);
    metrics.tollgrid_audit_difference.set(report.total.difference);
    for (const [of, difference] of Object.entries(differencesOf(report))) {
      metrics.tollgrid_conservation_difference.set({ of }, difference);
    }
  }
  return report;
}
