/**
 * A ledger that answers the questions of the ledger's writer and has the defects that were seen in the real engine:
 * acknowledged rows that are gone after a power cut, an answer that is lost while the rows stay, rows that arrive after
 * the writer gave up, part of an insert only, a part that vanishes with or without a trace, a deletion undone.
 */
import { hash } from 'node:crypto';
import type { LedgerClient } from '../../../ledger/index.ts';
import { TABLES, type TableName } from '../../../ledger/tables.ts';
import { readNative, type Row } from './native-reader.ts';
import { currentProcess } from './process.ts';
import type { Random } from '../random.ts';

interface Part {
  table: TableName;
  rows: Row[];
  /** A power cut cannot take it away any more. */
  durable: boolean;
  /** Somebody had it synced: then it is not set aside as broken either. */
  synced: boolean;
  /** Rows that were deleted since the last sync: a power cut may bring them back. */
  deleted: Row[];
  /** Number of its block, and how often rows of it were deleted: its name. */
  block: number;
  mutations: number;
}

/** How often something goes wrong, 0 to 1. */
export interface LedgerFaults {
  lostAnswer: number;
  lateInsert: number;
  partialInsert: number;
  refused: number;
}

export const NO_FAULTS: LedgerFaults = { lostAnswer: 0, lateInsert: 0, partialInsert: 0, refused: 0 };

export class SimLedger {
  faults: LedgerFaults = NO_FAULTS;
  inserts = 0;
  private parts: Part[] = [];
  private detached: { table: string; name: string; reason: string }[] = [];
  /** An insert that the engine still works on though nobody waits for it. */
  private late: (() => void) | null = null;
  private readonly random: Random;
  /** What a planted bug does to rows on their way in. */
  alter: (row: Row) => Row = (row) => row;
  /** A planted bug leaves the sync out. */
  syncs = true;

  constructor(random: Random) {
    this.random = random;
  }

  rows(table: TableName): Row[] {
    this.finishLate();
    return this.parts.filter((part) => part.table === table).flatMap(({ rows }) => rows);
  }

  /** The file system of the engine's folder is synced. A part that is mutated later stays until the new one is safe. */
  async sync(): Promise<boolean> {
    await currentProcess()?.gate();
    if (this.syncs) for (const part of this.parts) Object.assign(part, { durable: true, synced: true, deleted: [] });
    await currentProcess()?.gate();
    return true;
  }

  powerCut(): void {
    const { random } = this;
    this.late = random.chance(0.5) ? this.late : null;
    this.finishLate();
    for (const part of this.parts) {
      if (random.chance(0.5)) part.rows.push(...part.deleted);
      part.deleted = [];
    }
    this.parts = this.parts.filter((part) => part.durable || random.chance(0.5));
    const unsynced = this.parts.filter(({ synced }) => !synced);
    if (random.chance(0.2) && unsynced.length > 0) this.vanish(random.pick(unsynced));
    for (const part of this.parts) part.durable = true;
  }

  private vanish(part: Part): void {
    const index = this.parts.indexOf(part);
    this.parts.splice(index, 1);
    if (this.random.chance(0.5)) {
      this.detached.push({ table: part.table, name: `part_${index}`, reason: 'broken-on-start' });
    }
  }

  /** The process of the engine ends: what it worked on may be done or not. */
  engineDies(): void {
    if (this.random.chance(0.5)) this.late = null;
    this.finishLate();
  }

  private finishLate(): void {
    this.late?.();
    this.late = null;
  }

  private insert(table: TableName, rows: Row[]): void {
    const made = {
      table,
      rows: rows.map(this.alter),
      durable: false,
      synced: false,
      deleted: [],
      block: this.inserts,
      mutations: 0,
    };
    this.parts.push(made);
    // From time to time the system writes back what has been waiting.
    if (this.random.chance(0.3)) for (const part of this.parts) Object.assign(part, { durable: true, deleted: [] });
  }

  /** The client that a process speaks with. */
  client(): LedgerClient {
    return {
      exec: (given: { query: string; values?: AsyncIterable<Uint8Array> }) => this.exec(given),
      command: (given: { query: string; query_params?: Record<string, unknown> }) => this.command(given),
      query: (given: { query: string; query_params?: Record<string, unknown> }) => this.query(given),
      close: async () => undefined,
    } as unknown as LedgerClient;
  }

  private async exec({ query, values }: { query: string; values?: AsyncIterable<Uint8Array> }): Promise<unknown> {
    const table = /^INSERT INTO (\w+) SETTINGS .* FORMAT Native$/.exec(query)?.[1] as TableName | undefined;
    if (table === undefined || values === undefined) throw new Error(`the simulated ledger does not know: ${query}`);
    const process = currentProcess();
    await process?.gate();
    const chunks: Uint8Array[] = [];
    for await (const chunk of values) chunks.push(chunk);
    await process?.gate();
    const { random, faults } = this;
    if (random.chance(faults.refused)) throw new Error('connection refused');
    this.finishLate();
    this.inserts++;
    const rows = readNative(Buffer.concat(chunks));
    if (random.chance(faults.lateInsert)) {
      this.late = () => this.insert(table, rows);
      throw new Error('timed out');
    }
    if (rows.length > 1 && random.chance(faults.partialInsert)) {
      this.insert(table, rows.slice(0, 1 + random.below(rows.length - 1)));
      throw new Error('connection reset');
    }
    this.insert(table, rows);
    for (let turns = random.below(3); turns > 0; turns--) await new Promise(setImmediate);
    await process?.gate();
    if (random.chance(faults.lostAnswer)) throw new Error('connection reset');
    return { stream: [] };
  }

  private async command({ query, query_params: params = {} }: Statement): Promise<void> {
    await currentProcess()?.gate();
    this.finishLate();
    const dropped = /^DROP TABLE IF EXISTS (\w+)/.exec(query)?.[1];
    const [, cleaned, where] = /^ALTER TABLE (\w+) DELETE WHERE (.*) SETTINGS/.exec(query) ?? [];
    if (dropped !== undefined) {
      this.parts = this.parts.filter(({ table }) => table !== dropped);
      this.detached = this.detached.filter(({ table }) => table !== dropped);
    } else if (cleaned !== undefined) {
      const matches = selector(cleaned as TableName, where!, params);
      for (const part of this.parts) {
        if (part.table !== cleaned) continue;
        const gone = part.rows.filter(matches);
        if (gone.length > 0) part.mutations++;
        part.deleted.push(...gone);
        part.rows = part.rows.filter((row) => !matches(row));
      }
    } else if (/^ALTER TABLE \w+ DROP DETACHED PART/.test(query)) {
      this.detached = [];
    } else if (!/^\s*(CREATE|INSERT INTO ledger_schema|ALTER TABLE \w+ MODIFY COMMENT|KILL QUERY)/.test(query)) {
      throw new Error(`the simulated ledger does not know: ${query}`);
    }
    await currentProcess()?.gate();
  }

  private async query({ query, query_params: params = {} }: Statement): Promise<unknown> {
    await currentProcess()?.gate();
    const rows = this.answer(query.trim(), params);
    await new Promise(setImmediate);
    await currentProcess()?.gate();
    return { json: async () => rows };
  }

  private answer(query: string, params: Record<string, unknown>): unknown[] {
    if (query.includes('FROM ledger_schema')) return [{ version: 0 }];
    if (query.includes(`table = 'ledger_schema'`)) return [];
    if (query.includes('system.detached_parts')) return this.detached;
    // Only the tables of the ledger itself are simulated.
    if (query.includes('system.tables')) return [];
    if (query.includes('FROM system.parts')) return this.parts.filter(({ rows }) => rows.length > 0).map(partFacts);
    const sealed = /sum\(cityHash64\(.*FROM (\w+) AS t WHERE (posted_entry BETWEEN \S+ AND \S+)/s.exec(query);
    if (sealed !== null) {
      const table = sealed[1] as TableName;
      return sealsOf(table, this.rows(table).filter(selector(table, sealed[2]!, params)));
    }
    const counted = /^SELECT count\(\) AS n FROM (\w+) WHERE (.*)$/s.exec(query);
    if (counted !== null) {
      const table = counted[1] as TableName;
      return [{ n: String(this.rows(table).filter(selector(table, counted[2]!, params)).length) }];
    }
    const totals = /posted_entry AS entry, count\(\) AS n.*FROM (\w+) WHERE (posted_entry BETWEEN \S+ AND \S+)/s.exec(
      query,
    );
    if (totals === null) throw new Error(`the simulated ledger does not know: ${query}`);
    const table = totals[1] as TableName;
    return totalsOf(table, this.rows(table).filter(selector(table, totals[2]!, params)));
  }
}

/** As the engine tells of a part. */
function partFacts({ table, rows, block, mutations }: Part): Record<string, string> {
  const partition = monthOf(table, rows[0]!) || 'all';
  const text = textOf(rows);
  return {
    table,
    name: `${partition}_${block}_${block}_0${mutations === 0 ? '' : `_${mutations}`}`,
    partition: String(partition),
    rows: String(rows.length),
    bytes_on_disk: String(text.length),
    hash_of_all_files: hash('md5', text),
  };
}

interface Statement {
  query: string;
  query_params?: Record<string, unknown>;
}

function selector(table: TableName, where: string, params: Record<string, unknown>): (row: Row) => boolean {
  const byMonth = where.includes('{month:');
  return (row) => {
    const entry = Number(row['posted_entry']);
    if (entry < Number(params['from']) || entry > Number(params['to'])) return false;
    return !byMonth || monthOf(table, row) === Number(params['month']);
  };
}

/** yyyymm by the table's own column of time; 0 where it is not divided. */
function monthOf(table: TableName, row: Row): number {
  const expression = (TABLES[table] as { month?: string }).month;
  if (expression === undefined) return 0;
  const column = /\((\w+)\)/.exec(expression)![1]!;
  const value = Number(row[column]);
  const ms = column === 'day' ? value * 86_400_000 : column === 'hour' ? value * 1000 : value;
  const date = new Date(ms);
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1;
}

function totalsOf(table: TableName, rows: readonly Row[]): unknown[] {
  const { sums } = TABLES[table] as { sums: { amount?: string; quantity?: string } };
  const groups = new Map<string, { month: number; entry: number; n: number; quantity: bigint; amount: bigint }>();
  for (const row of rows) {
    const month = monthOf(table, row);
    const entry = Number(row['posted_entry']);
    const key = `${month}:${entry}`;
    const group = groups.get(key) ?? { month, entry, n: 0, quantity: 0n, amount: 0n };
    groups.set(key, group);
    group.n += 1;
    if (sums.quantity !== undefined) group.quantity += BigInt(row[sums.quantity]!);
    if (sums.amount !== undefined) group.amount += BigInt(row[sums.amount]!);
  }
  return [...groups.values()]
    .sort((a, b) => a.month - b.month || a.entry - b.entry)
    .map(({ month, entry, n, quantity, amount }) => ({
      month,
      entry: String(entry),
      n: String(n),
      total_quantity: String(quantity),
      total_amount: decimal(amount),
    }));
}

/** A hash over the rows of each month, in whatever order they are. */
function sealsOf(table: TableName, rows: readonly Row[]): unknown[] {
  const months = new Map<number, { n: number; sum: bigint }>();
  for (const row of rows) {
    const month = monthOf(table, row);
    const found = months.get(month) ?? { n: 0, sum: 0n };
    months.set(month, { n: found.n + 1, sum: found.sum + BigInt(`0x${hash('md5', textOf(row)).slice(0, 12)}`) });
  }
  return [...months].map(([month, { n, sum }]) => ({ month, n: String(n), hash: String(sum) }));
}

function textOf(rows: unknown): string {
  return JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

function decimal(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
