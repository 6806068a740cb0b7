/** An audit of what runs: the front's parts go in, the metrics follow. */
import type { AuditReport } from '../../schemas/api/audit.ts';
import type { AuditQueryInput } from '../http/index.ts';
import { audit, differencesOf } from './audit.ts';
import type { FrontParts } from './front.ts';

export async function auditNow(front: FrontParts, wish: Omit<AuditQueryInput, 'wait'>): Promise<AuditReport> {
  const { source, fromMs, toMs } = wish;
  const report = await audit(
    {
      ledger: front.children.ledger,
      state: front.state,
      meters: () => front.registry.queries.meterFacts(),
      findings: front.children.watched?.findings ?? [],
    },
    { asOfEntry: front.processed.entryNo, inFlightEntries: front.inFlightEntries },
    {
      by: wish.by ?? 'file',
      ...(source !== undefined && { source }),
      ...(fromMs !== undefined && { fromMs }),
      ...(toMs !== undefined && { toMs }),
    },
  );
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
