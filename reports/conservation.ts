/** The identities of conservation as folds over sums: records by disposition, units and money by side. No I/O. */
import { decimalOf, microsOf, type DispositionCounts, type MoneySums } from '../ledger/index.ts';

/** What a received record can have become. */
export const DISPOSITIONS = [
  'rated',
  'absorbed',
  'duplicate',
  'superseded',
  'filtered',
  'rejected',
  'suspended',
  'writtenOff',
] as const;
export type DispositionName = (typeof DISPOSITIONS)[number];

export type RecordCounts = Record<'received' | DispositionName, number>;
/** `difference`: received less all others. */
export type RecordIdentity = RecordCounts & { inFlight: number; difference: number };

export function noRecords(): RecordIdentity {
  const none = Object.fromEntries(DISPOSITIONS.map((name) => [name, 0])) as Record<DispositionName, number>;
  return { received: 0, ...none, inFlight: 0, difference: 0 };
}

/** Adds a row of the ledger to a line, whose difference follows. */
export function addRecords(line: RecordIdentity, row: DispositionCounts): void {
  line.received += Number(row.received);
  for (const name of DISPOSITIONS) line[name] += Number(row[name]);
  line.difference = line.received - DISPOSITIONS.reduce((sum, name) => sum + line[name], 0);
}

export interface MoneyLists {
  /** What rating computed. */
  controls: MoneySums[];
  charges: MoneySums[];
  daily: MoneySums[];
  hourly: MoneySums[];
}

export interface SidesLine {
  computed: string;
  ledger: string;
  aggregates: string;
  difference: string;
}

/** What rating computed, the ledger's rows, the daily sums, the hourly sums. */
type Sides = [computed: bigint, ledger: bigint, daily: bigint, hourly: bigint];

/** Sums of all sides under a key, in order of first sight. */
function sidesBy(
  lists: MoneyLists,
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

export function unitLines(lists: MoneyLists): ({ view: string; service: string; kind: string } & SidesLine)[] {
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

/** Valuations are no money: they price usage whose line is settled later. */
export function moneyLines(lists: MoneyLists): ({ view: string; currency: string } & SidesLine)[] {
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
