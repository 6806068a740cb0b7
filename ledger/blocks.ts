/** Blocks: what one insert carries, with its control totals. */
import { TollgridError } from '../platform/errors.ts';
import type { TableName } from './tables.ts';

/** Rows of one table and one month, ready to send. */
export interface LedgerBlock {
  table: TableName;
  /** yyyymm of the partition; 0 when the table is not divided. */
  month: number;
  rows: number;
  /** Sums over the table's `sums` columns; 0 where it has none. */
  amountMicros: bigint;
  quantity: bigint;
  /** Native blocks; several are sent behind each other in one insert. */
  chunks: Uint8Array[];
  /** Rows that stand in tables of the ledger already, to be copied: what a re-rating posts is too much for memory. */
  copies?: RowCopy[];
}

/** `where` says which rows of a table with the same columns. Both are texts of our own. */
export interface RowCopy {
  from: string;
  where: string;
}

/** Joins blocks of the same table and month. Order of tables and months in the answer is fixed. */
export function mergeBlocks(blocks: readonly LedgerBlock[]): LedgerBlock[] {
  const merged = new Map<string, LedgerBlock>();
  for (const block of blocks) {
    if (block.rows === 0) continue;
    const key = `${block.table}:${block.month}`;
    const into = merged.get(key);
    if (!into) merged.set(key, { ...block, chunks: [...block.chunks] });
    else {
      if (block.copies !== undefined) into.copies = [...(into.copies ?? []), ...block.copies];
      into.rows += block.rows;
      into.amountMicros += block.amountMicros;
      into.quantity += block.quantity;
      into.chunks.push(...block.chunks);
    }
  }
  return [...merged.keys()].sort().map((key) => merged.get(key)!);
}

/** Exact sum of safe integers: it leaves the numbers for BigInt before it could round. */
export class ExactSum {
  private whole = 0n;
  private part = 0;

  add(value: number): void {
    if (value > 2 ** 51 || value < -(2 ** 51)) {
      this.whole += BigInt(value);
      return;
    }
    this.part += value;
    if (this.part > 2 ** 52 || this.part < -(2 ** 52)) this.carry();
  }

  get value(): bigint {
    this.carry();
    return this.whole;
  }

  private carry(): void {
    this.whole += BigInt(this.part);
    this.part = 0;
  }
}

/** Finds the UTC month of a time; remembers the last one, because neighbours nearly always share it. */
export class MonthFinder {
  month = 0;
  private fromMs = 0;
  private toMs = -1;

  find(ms: number): number {
    if (ms >= this.fromMs && ms < this.toMs) return this.month;
    const date = new Date(ms);
    const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
    if (!(year >= 1970 && year <= 2105)) {
      throw new TollgridError('LEDGER_OVERFLOW', 'A time lies outside of 1970 to 2105', { column: 'start_at' });
    }
    this.fromMs = Date.UTC(year, month, 1);
    this.toMs = Date.UTC(year, month + 1, 1);
    return (this.month = year * 100 + month + 1);
  }
}
