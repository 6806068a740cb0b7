/**
 * Counters since the rater started. The front turns them into metrics. What is replayed was counted before: the front tells a
 * new rater how far, and a rebuild goes on where it was.
 */
import { randomUUID } from 'node:crypto';
import { DISPOSITION_NAMES } from '../../schemas/columns/record-columns.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';
import type { GatheredWrite } from './gather.ts';
import type { IdentityStatistics, NewestEvent, RaterStatistics, SliceOutcome } from './messages.ts';

/** Results of settlements that the front can still be asked for. */
const SETTLEMENTS_KEPT = 20;

export class Statistics {
  private readonly rater = randomUUID();
  /** Entries up to this one are not counted any more. */
  private afterNo: number;
  /** The highest entry counted; they come in their order. */
  private countedNo: number;
  private readonly records: Record<string, Record<string, number>> = {};
  private readonly charges: Record<string, number> = {};
  private readonly errors: Record<string, number> = {};
  private readonly ledgerRows: Record<string, number> = {};
  private settlements: SettlementResult[] = [];
  private readonly settlementFailures: Record<string, number> = {};
  private writes = 0;
  private writeMs = 0;
  private openSessions: number | null = null;
  /** Of entries that are not in the ledger yet, in their order. */
  private newestEvents: NewestEvent[] = [];

  /** `countedNo`: the entries up to this one were counted by raters before. */
  constructor(countedNo: number) {
    this.afterNo = countedNo;
    this.countedNo = countedNo;
  }

  /** Everything that was read is read again. */
  again(): void {
    this.afterNo = this.countedNo;
  }

  /**
   * Counts of one batch by disposition; index 0 (received) is the sum of the others and not counted again. A batch that
   * received nothing moves records of earlier ones, which were counted by what became of them first.
   */
  count(entryNo: number, source: string, counts: readonly number[]): void {
    if (entryNo <= this.afterNo || !(counts[0] > 0)) return;
    this.countedNo = Math.max(this.countedNo, entryNo);
    const bySource = (this.records[source] ??= {});
    for (let number = 1; number < counts.length; number++) {
      const count = counts[number];
      if (count > 0) bySource[DISPOSITION_NAMES[number]] = (bySource[DISPOSITION_NAMES[number]] ?? 0) + count;
    }
  }

  outcome(entryNo: number, outcome: SliceOutcome): void {
    this.openSessions = outcome.openSessions;
    if (outcome.newestEventMs > 0) this.newestEvents.push([entryNo, outcome.newestEventMs]);
    if (entryNo <= this.afterNo) return;
    this.countedNo = Math.max(this.countedNo, entryNo);
    for (const { service, rows } of outcome.controls) this.charges[service] = (this.charges[service] ?? 0) + rows;
    for (const [code, count] of Object.entries(outcome.suspendedByCode)) {
      this.errors[code] = (this.errors[code] ?? 0) + count;
    }
  }

  /** Those of entries up to that one, once. */
  takeNewestEvents(entryNo: number): NewestEvent[] {
    const taken = this.newestEvents.filter(([of]) => of <= entryNo);
    this.newestEvents = this.newestEvents.slice(taken.length);
    return taken;
  }

  settled(result: SettlementResult): void {
    const isNew = result.entry > this.afterNo;
    for (const { code, count } of isNew ? result.failures : []) {
      this.errors[code] = (this.errors[code] ?? 0) + count;
      this.settlementFailures[code] = (this.settlementFailures[code] ?? 0) + count;
    }
    this.countedNo = Math.max(this.countedNo, result.entry);
    this.settlements = [...this.settlements, result].slice(-SETTLEMENTS_KEPT);
  }

  wrote(write: GatheredWrite, elapsedMs: number): void {
    if (write.blocks.length === 0) return;
    this.writes++;
    this.writeMs += elapsedMs;
    for (const { table, rows } of write.blocks) this.ledgerRows[table] = (this.ledgerRows[table] ?? 0) + rows;
  }

  snapshot(identities: IdentityStatistics | null): RaterStatistics {
    return {
      rater: this.rater,
      countedNo: this.countedNo,
      records: this.records,
      charges: this.charges,
      errors: this.errors,
      ledgerRows: this.ledgerRows,
      settlements: this.settlements,
      settlementFailures: this.settlementFailures,
      writes: this.writes,
      writeSeconds: this.writeMs / 1000,
      openSessions: this.openSessions,
      identities,
    };
  }
}
