/**
 * Which parts the ledger had at a checkpoint. At the next start each of them must be there with the same files, or lie
 * within a part that it was merged into: so a lost part is noticed without reading a row.
 */
import type { LedgerPart } from './queries/audit-parts.ts';

export type Inventory = Pick<LedgerPart, 'table' | 'name' | 'hash'>[];

export function inventoryOf(parts: readonly LedgerPart[]): Inventory {
  return parts.map(({ table, name, hash }) => ({ table, name, hash }));
}

/** Parts that are not there any more, or not as they were. */
export function missingParts(inventory: Inventory, parts: readonly LedgerPart[]): string[] {
  const there = new Map(parts.map((part) => [`${part.table} ${part.name}`, part]));
  const ranges = new Map<string, [from: number, to: number][]>();
  for (const { table, name } of parts) {
    const { partition, from, to } = blocksOf(name);
    const key = `${table} ${partition}`;
    ranges.set(key, [...(ranges.get(key) ?? []), [from, to]]);
  }
  return inventory.flatMap(({ table, name, hash }) => {
    const same = there.get(`${table} ${name}`);
    if (same !== undefined) return same.hash === hash ? [] : [`part ${name} of ${table} has other files than before`];
    const { partition, from, to } = blocksOf(name);
    const within = (ranges.get(`${table} ${partition}`) ?? []).some(([a, b]) => a <= from && to <= b);
    return within ? [] : [`part ${name} of ${table} is gone`];
  });
}

/** `partition_firstBlock_lastBlock_level[_mutation]`, as ClickHouse names its parts. */
function blocksOf(name: string): { partition: string; from: number; to: number } {
  const [partition, from, to] = name.split('_');
  return { partition, from: Number(from), to: Number(to) };
}
