/** What the front does by itself: an audit every so often, for the metrics, and each day's statement once it is over. */
import type { Clock } from '../../platform/clock.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';
import type { Statement } from '../../schemas/api/statements.ts';

export interface AuditClockParts {
  clock: Clock;
  log: Logger;
  /** 0 = never. */
  auditEveryMinutes: number;
  dailyStatements: boolean;
  /** Nothing waits for the ledger. */
  idle(): boolean;
  audit(): Promise<AuditReport>;
  /** Acceptance of the first entry that is kept; null in an empty log. */
  firstAcceptedMs(): number | null;
  hasStatement(date: string): Promise<boolean>;
  makeStatement(date: string): Promise<Statement>;
}

const LOOK_MS = 60_000;
const DAY_MS = 86_400_000;

export class AuditClock {
  private readonly parts: AuditClockParts;
  private nextAuditMs: number;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(parts: AuditClockParts) {
    this.parts = parts;
    this.nextAuditMs = parts.clock.now() + parts.auditEveryMinutes * 60_000;
  }

  start(): void {
    this.timer = setInterval(() => (this.running = this.running.then(() => this.look())), LOOK_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.running;
  }

  /** Does what is due. Never throws: what failed is told and tried again. */
  async look(): Promise<void> {
    const { parts } = this;
    try {
      await this.auditIfDue();
      await this.stateYesterday();
    } catch (error) {
      const { code, message } = toTollgridError(error);
      parts.log.warn({ code }, `the audit could not be made: ${message}`);
    }
  }

  private async auditIfDue(): Promise<void> {
    const { parts } = this;
    const nowMs = parts.clock.now();
    if (parts.auditEveryMinutes === 0 || nowMs < this.nextAuditMs || !parts.idle()) return;
    this.nextAuditMs = nowMs + parts.auditEveryMinutes * 60_000;
    const report = await parts.audit();
    // An entry that came meanwhile makes no difference, but it keeps the audit open.
    const { inFlight } = report.total;
    if (!report.closes && inFlight === 0) parts.log.error({ asOfEntry: report.asOfEntry }, 'the audit does not close');
  }

  /** Days without entries before the first one have none. */
  private async stateYesterday(): Promise<void> {
    const { parts } = this;
    if (!parts.dailyStatements) return;
    const todayMs = Math.floor(parts.clock.now() / DAY_MS) * DAY_MS;
    const date = new Date(todayMs - DAY_MS).toISOString().slice(0, 10);
    const firstMs = parts.firstAcceptedMs();
    if (firstMs === null || firstMs >= todayMs || (await parts.hasStatement(date))) return;
    const { closes, toEntry } = await parts.makeStatement(date);
    parts.log.info({ date, toEntry, closes }, 'the day is stated and signed');
    if (!closes) parts.log.error({ date }, 'the statement does not close');
  }
}
