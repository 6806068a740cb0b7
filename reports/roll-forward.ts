/**
 * The roll-forward of a run of log entries: what waited in suspense before, what was received, what it became, what
 * waits afterwards; and units and money likewise. Pure: the ledger's sums go in, a document comes out.
 *
 *   opening + received − (rated + absorbed + duplicate + superseded + filtered + rejected + written off) = closing
 */
import { decimalOf, microsOf, type PeriodRecords, type PeriodSums } from '../ledger/index.ts';

/** All that a received record can have become, save to wait. */
export const RESOLUTIONS = [
  'rated',
  'absorbed',
  'duplicate',
  'superseded',
  'filtered',
  'rejected',
  'writtenOff',
] as const;

export interface SourceRoll extends Record<(typeof RESOLUTIONS)[number], number> {
  source: string;
  opening: number;
  received: number;
  /** As the suspense table has it, asked apart from the movements. */
  closing: number;
  /** What the identity leaves over; 0 when it holds. */
  difference: number;
}

export interface SumsRoll {
  view: string;
  service: string;
  kind: string;
  currency: string;
  charges: number;
  /** Base units before, in, and at the end of the period. */
  openingUnits: string;
  units: string;
  closingUnits: string;
  openingAmount: string;
  amount: string;
  closingAmount: string;
}

export interface Figures {
  records: SourceRoll[];
  sums: SumsRoll[];
}

export function rollForward(
  movements: readonly PeriodRecords[],
  waiting: ReadonlyMap<string, number>,
  sums: readonly PeriodSums[],
): Figures {
  const bySource = new Map(movements.map((row) => [row.source, row]));
  const sources = [...new Set([...bySource.keys(), ...waiting.keys()])].sort();
  return {
    records: sources.map((source) => sourceRoll(source, bySource.get(source), waiting.get(source) ?? 0)),
    sums: sums.map(sumsRoll),
  };
}

function sourceRoll(source: string, row: PeriodRecords | undefined, closing: number): SourceRoll {
  const resolved = Object.fromEntries(RESOLUTIONS.map((name) => [name, Number(row?.[name] ?? 0)])) as Record<
    (typeof RESOLUTIONS)[number],
    number
  >;
  const opening = Number(row?.opening ?? 0);
  const received = Number(row?.received ?? 0);
  const left = opening + received - RESOLUTIONS.reduce((sum, name) => sum + resolved[name], 0);
  return { source, opening, received, ...resolved, closing, difference: left - closing };
}

function sumsRoll(row: PeriodSums): SumsRoll {
  const { view, service, kind, currency } = row;
  return {
    view,
    service,
    kind,
    currency,
    charges: Number(row.charges),
    openingUnits: row.openingQuantity,
    units: row.quantity,
    closingUnits: String(BigInt(row.openingQuantity) + BigInt(row.quantity)),
    openingAmount: decimalOf(microsOf(row.openingAmount)),
    amount: decimalOf(microsOf(row.amount)),
    closingAmount: decimalOf(microsOf(row.openingAmount) + microsOf(row.amount)),
  };
}

export function figuresClose({ records }: Figures): boolean {
  return records.every(({ difference }) => difference === 0);
}

/** Names what differs: `exchange rated: 12 stands in it, 11 is found now`. Empty when equal. */
export function compareFigures(stated: Figures, found: Figures): string[] {
  return [
    ...compareRows(stated.records, found.records, ({ source }) => source || '(no source)'),
    ...compareRows(stated.sums, found.sums, ({ view, service, kind, currency }) =>
      [view, service, kind, currency].filter((part) => part !== '').join(' '),
    ),
  ];
}

function compareRows<T extends object>(
  stated: readonly T[],
  found: readonly T[],
  nameOf: (row: T) => string,
): string[] {
  const differences: string[] = [];
  const now = new Map(found.map((row) => [nameOf(row), row as Record<string, unknown>]));
  for (const row of stated as readonly (T & Record<string, unknown>)[]) {
    const name = nameOf(row);
    const other = now.get(name);
    now.delete(name);
    if (other === undefined) {
      differences.push(`${name}: stands in it, nothing is found now`);
      continue;
    }
    for (const key of Object.keys(row)) {
      if (row[key] !== other[key]) {
        differences.push(`${name} ${key}: ${String(row[key])} stands in it, ${String(other[key])} is found now`);
      }
    }
  }
  for (const name of now.keys()) differences.push(`${name}: found now, does not stand in it`);
  return differences;
}

/** Where one statement ends the next begins: what the first one closed with is what the second opens with. */
export function compareJoint(before: Figures, after: Figures): string[] {
  const differences: string[] = [];
  const opened = new Map(after.records.map(({ source, opening }) => [source, opening]));
  for (const { source, closing } of before.records) {
    const opening = opened.get(source) ?? 0;
    if (opening !== closing) {
      differences.push(`${source}: the one before closed with ${closing} in suspense, this one opens with ${opening}`);
    }
  }
  const sums = new Map(after.sums.map((row) => [`${row.view} ${row.service} ${row.kind} ${row.currency}`, row]));
  for (const row of before.sums) {
    const name = `${row.view} ${row.service} ${row.kind} ${row.currency}`;
    const next = sums.get(name);
    if (next?.openingUnits !== row.closingUnits || next.openingAmount !== row.closingAmount) {
      differences.push(`${name}: units or money of the one before do not go on in this one`);
    }
  }
  return differences;
}
