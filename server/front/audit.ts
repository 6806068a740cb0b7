/**
 * Conservation: every record received has one disposition, and what rating computed stands in the ledger and in the
 * daily sums, in units and in money.
 */
import { auditByFile, auditMoney, decimalOf, microsOf, type LedgerClient, type MoneySums } from '../../ledger/index.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';
import type { LogState } from './log-state.ts';

type Counts = AuditReport['total'];
const DISPOSITIONS = [
  'rated',
  'absorbed',
  'duplicate',
  'superseded',
  'filtered',
  'rejected',
  'suspended',
  'writtenOff',
] as const;

export interface AuditFacts {
  asOfEntry: number;
  inFlightEntries: number;
}

export async function audit(ledger: LedgerClient, state: LogState, facts: AuditFacts): Promise<AuditReport> {
  const [files, money] = await Promise.all([auditByFile(ledger), auditMoney(ledger)]);
  const records = new Map<string, AuditReport['records'][number]>();
  const total = emptyCounts();
  for (const row of files) {
    const file = state.files.get(Number(row.fileEntry));
    const key = file === undefined ? `push/${row.source}` : `file/${row.fileEntry}/${row.source}`;
    const line = records.get(key) ?? {
      source: row.source,
      file: file === undefined ? null : { entry: file.fileEntry, name: file.head.name },
      ...emptyCounts(),
    };
    for (const name of ['received', ...DISPOSITIONS] as const) {
      line[name] += Number(row[name]);
      total[name] += Number(row[name]);
    }
    line.difference = differenceOf(line);
    records.set(key, line);
  }
  total.inFlight = facts.inFlightEntries;
  total.difference = differenceOf(total);
  const units = unitLines(money);
  const sums = moneyLines(money);
  const closes =
    facts.inFlightEntries === 0 &&
    [...records.values()].every(({ difference }) => difference === 0) &&
    units.every(({ difference }) => difference === '0') &&
    sums.every(({ difference }) => microsOf(difference) === 0n);
  return { closes, asOfEntry: facts.asOfEntry, records: [...records.values()], total, units, money: sums };
}

function emptyCounts(): Counts {
  return {
    received: 0,
    rated: 0,
    absorbed: 0,
    duplicate: 0,
    superseded: 0,
    filtered: 0,
    rejected: 0,
    suspended: 0,
    writtenOff: 0,
    inFlight: 0,
    difference: 0,
  };
}

function differenceOf(counts: Counts): number {
  return counts.received - DISPOSITIONS.reduce((sum, name) => sum + counts[name], 0);
}

type Lists = Awaited<ReturnType<typeof auditMoney>>;
/** What rating computed, the ledger's rows, the daily sums, the hourly sums. */
type Sides = [computed: bigint, ledger: bigint, daily: bigint, hourly: bigint];

/** Sums of all sides under a key, in order of first sight. */
function sidesBy(
  lists: Lists,
  keyOf: (sums: MoneySums) => string | null,
  value: (sums: MoneySums) => bigint,
): Map<string, Sides> {
  const found = new Map<string, Sides>();
  for (const [side, list] of [lists.controls, lists.charges, lists.daily, lists.hourly].entries()) {
    for (const sums of list) {
      const key = keyOf(sums);
      if (key === null) continue;
      const sides: Sides = found.get(key) ?? [0n, 0n, 0n, 0n];
      sides[side] += value(sums);
      found.set(key, sides);
    }
  }
  return found;
}

/** How far they are apart: 0 only when all are equal. */
function spread([computed, ...others]: Sides): bigint {
  return others.map((other) => computed - other).find((apart) => apart !== 0n) ?? 0n;
}

function unitLines(lists: Lists): AuditReport['units'] {
  const found = sidesBy(
    lists,
    ({ view, service, kind }) => JSON.stringify([view, service, kind]),
    ({ quantity }) => BigInt(quantity),
  );
  return [...found].map(([key, sides]) => {
    const [view, service, kind] = JSON.parse(key) as [string, string, string];
    const [computed, ledger, aggregates] = sides.map(String) as [string, string, string];
    return { view, service, kind, computed, ledger, aggregates, difference: String(spread(sides)) };
  });
}

function moneyLines(lists: Lists): AuditReport['money'] {
  const found = sidesBy(
    lists,
    ({ view, currency, kind }) => (kind === 'valuation' ? null : JSON.stringify([view, currency])),
    ({ amount }) => microsOf(amount),
  );
  return [...found].map(([key, sides]) => {
    const [view, currency] = JSON.parse(key) as [string, string];
    const [computed, ledger, aggregates] = sides.map(decimalOf) as [string, string, string];
    return { view, currency, computed, ledger, aggregates, difference: decimalOf(spread(sides)) };
  });
}
