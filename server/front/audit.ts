/**
 * Conservation: every record received has one disposition; what rating computed stands in the ledger and in the sums;
 * usage of meters is what the meters showed; each entry of the log is accounted for once, in every table.
 */
import {
  accountedEntries,
  auditMoney,
  auditRecords,
  microsOf,
  ratedAgainstCharges,
  suspendedAgainstSuspense,
  type LedgerClient,
  type RecordsFilter,
  type RecordsRow,
} from '../../ledger/index.ts';
import { addRecords, metersClose, moneyLines, noRecords, unitLines } from '../../reports/index.ts';
import type { AuditBy, AuditCheck, AuditReport } from '../../schemas/api/audit.ts';
import { compareEntries, entriesInWords } from './audit-entries.ts';
import { auditMeters, type MetersSource } from './audit-meters.ts';
import type { LogState } from './log-state.ts';

export interface AuditParts {
  ledger: LedgerClient;
  state: LogState;
  meters: MetersSource;
  /** What the watch over the stored bytes found. */
  findings: readonly string[];
}

export interface AuditFacts {
  asOfEntry: number;
  inFlightEntries: number;
  /** Entries that should be in the ledger by now and are not. */
  overdueEntries: number;
}

export interface AuditWish extends RecordsFilter {
  by: AuditBy;
}

type RecordLine = AuditReport['records'][number];

export async function audit(parts: AuditParts, facts: AuditFacts, wish: AuditWish): Promise<AuditReport> {
  const { ledger, state } = parts;
  const rows = await auditRecords(ledger, wish.by, wish);
  const records = recordLines(rows, state, wish.by);
  const total = noRecords();
  for (const row of rows) addRecords(total, row);
  total.inFlight = facts.inFlightEntries;
  const money = await auditMoney(ledger);
  const units = unitLines(money);
  const sums = moneyLines(money);
  const meters = await auditMeters(ledger, parts.meters);
  const checks = [...(await crossChecks(parts, facts.asOfEntry)), ...meters.checks, watched(parts.findings)];
  const closes =
    facts.overdueEntries === 0 &&
    records.every(({ difference }) => difference === 0) &&
    units.every(({ difference }) => difference === '0') &&
    sums.every(({ difference }) => microsOf(difference) === 0n) &&
    metersClose(meters.report) &&
    checks.every((check) => check.closes);
  const { asOfEntry } = facts;
  return {
    closes,
    asOfEntry,
    by: wish.by,
    records,
    total,
    held: heldLines(state),
    meters: meters.report.lines,
    checks,
    units,
    money: sums,
  };
}

/** Not received yet, so in no sum: told beside them. */
function heldLines(state: LogState): NonNullable<AuditReport['held']> {
  return state.held().map(({ fileEntry, head: { source, name, held, check } }) => {
    return { entry: fileEntry, source, name, code: held!.code, records: check?.rows ?? 0 };
  });
}

/** By file, the batches that one source pushed are one line. */
function recordLines(rows: readonly RecordsRow[], state: LogState, by: AuditBy): RecordLine[] {
  const lines = new Map<string, RecordLine>();
  for (const row of rows) {
    const file = by === 'file' ? state.files.get(row.fileEntry) : undefined;
    const hour = by === 'hour' ? new Date(row.hourMs).toISOString() : null;
    const key = JSON.stringify([row.source, file?.fileEntry ?? null, hour]);
    let line = lines.get(key);
    if (line === undefined) {
      const named = file === undefined ? null : { entry: file.fileEntry, name: file.head.name };
      lines.set(key, (line = { source: row.source, file: named, hour, ...noRecords() }));
    }
    addRecords(line, row);
  }
  return [...lines.values()];
}

async function crossChecks({ ledger, state }: AuditParts, upTo: number): Promise<AuditCheck[]> {
  const entries = compareEntries(state, upTo, await accountedEntries(ledger, upTo));
  const rated = await ratedAgainstCharges(ledger);
  const suspended = await suspendedAgainstSuspense(ledger);
  const named = ({ examples }: typeof rated): string =>
    examples.map(({ entryNo, difference }) => `entry ${entryNo}: ${difference}`).join(', ');
  return [
    check('entries of the log accounted for once', entries.total, entriesInWords(entries)),
    check('rated records with charges', rated.total, named(rated)),
    check('suspended records in suspense', suspended.total, named(suspended)),
  ];
}

function watched(findings: readonly string[]): AuditCheck {
  return check('stored bytes, as watched', findings.length, findings.join('; '));
}

export function check(name: string, difference: number, detail: string): AuditCheck {
  return { name, closes: difference === 0, difference: String(difference), detail };
}

/** How far apart each identity is, for the metric. */
export function differencesOf(report: AuditReport): Record<string, number> {
  const size = (values: readonly string[]): number => values.reduce((sum, value) => sum + Math.abs(Number(value)), 0);
  return {
    records: report.records.reduce((sum, { difference }) => sum + Math.abs(difference), 0),
    units: size(report.units.map(({ difference }) => difference)),
    money: size(report.money.map(({ difference }) => difference)),
    meters: size(report.meters.map(({ difference }) => difference)),
    checks: size(report.checks.map(({ difference }) => difference)),
  };
}
