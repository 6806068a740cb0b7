/**
 * Writes to the ledger, one at a time, so that after any crash it can be told what is there.
 *
 * A write is the rows of consecutive log entries, as one insert per table and month. Their control totals are durable in
 * a journal before the first insert is sent. Each insert makes one part, so it is whole or absent. No deduplication
 * tokens: the engine keeps them in memory first, and after a power cut they and the rows need not agree. The ledger is
 * asked instead.
 */
import { rm } from 'node:fs/promises';
import { AppendJournal } from '../platform/durable-file.ts';
import { TollgridError } from '../platform/errors.ts';
import { mergeBlocks, type LedgerBlock } from './blocks.ts';
import { command, ledgerError, queryRows, type LedgerClient } from './client.ts';
import {
  compareTotals,
  foldWrites,
  readTotals,
  type BlockTotals,
  type Difference,
  type FoundTotals,
  type JournalledWrite,
} from './control-totals.ts';
import { inventoryOf, missingParts, type Inventory } from './inventory.ts';
import { comparePartRows, expectedTotals } from './part-totals.ts';
import { detachedParts, ledgerParts } from './queries/audit-parts.ts';
import { andMine, endStatements, insertQuery, mutationSettings, type LedgerFence } from './fence.ts';
import { bodyHandover, fileHandover, type Handover } from './handover.ts';
import { createTables } from './schema.ts';
import { TABLE_NAMES, TABLES, type TableName } from './tables.ts';

export interface LedgerWrite {
  /** First and last log entry whose rows the blocks hold (by `posted_entry`). */
  fromEntry: number;
  toEntry: number;
  blocks: LedgerBlock[];
}

/** Copied rows go in portions that bound the engine's memory. */
const COPY_SETTINGS =
  'SETTINGS min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 0, max_insert_threads = 1';

export type BlockState = 'whole' | 'absent';

/** What recovery found: `state` of each block of a journalled write. Partial ones were deleted and are absent. */
export interface RecoveredWrite {
  fromEntry: number;
  toEntry: number;
  blocks: { table: TableName; month: number; state: BlockState }[];
}

export interface WriterOptions {
  client: LedgerClient;
  path: string;
  handoverFolder?: string;
  fence?: LedgerFence;
}

export interface VerifyResult {
  writes: number;
  differences: Difference[];
  /** Parts the engine set aside because they were broken: their rows are missing, silently. */
  detachedParts: { table: string; name: string; reason: string }[];
}

/** Lines of the journal behind which the older ones become one. */
const LINES_MAX = 512;

export class LedgerWriter {
  private readonly client: LedgerClient;
  private readonly handover: Handover;
  private readonly path: string;
  private readonly fence: LedgerFence | undefined;
  private journal: AppendJournal<JournalledWrite>;
  /** Every write since the last `truncate`, by its first entry; those before a checkpoint may be folded into one. */
  private readonly writes: Map<number, JournalledWrite>;
  /** What `recover` found of writes that have not been repeated since, by their first entry. */
  private readonly recovered = new Map<number, BlockState[]>();
  private last = 0;
  private tail: Promise<unknown> = Promise.resolve();

  private constructor(
    client: LedgerClient,
    handover: Handover,
    path: string,
    journal: AppendJournal<JournalledWrite>,
    writes: Map<number, JournalledWrite>,
    fence: LedgerFence | undefined,
  ) {
    this.fence = fence;
    this.client = client;
    this.handover = handover;
    this.path = path;
    this.journal = journal;
    this.writes = writes;
    for (const { toEntry } of writes.values()) this.last = Math.max(this.last, toEntry);
  }

  /**
   * `handoverFolder`: where an engine on this machine takes the data of inserts from, instead of the request's body. `fence`:
   * raters with directories of their own follow each other; `takeLedger` went before.
   */
  static async open(options: WriterOptions): Promise<LedgerWriter> {
    const writes = new Map<number, JournalledWrite>();
    const journal = await AppendJournal.open<JournalledWrite>(options.path, (write) =>
      writes.set(write.fromEntry, write),
    );
    const { client, path, handoverFolder, fence } = options;
    const handover = handoverFolder === undefined ? bodyHandover(client) : fileHandover(client, handoverFolder);
    return new LedgerWriter(client, handover, path, journal, writes, fence);
  }

  /** Every write since the last `truncate`, as the journal has it. */
  get journalled(): Iterable<JournalledWrite> {
    return this.writes.values();
  }

  /** Last entry of the last journalled write; 0 when there is none. */
  get lastEntry(): number {
    return this.last;
  }

  /**
   * Resolves when every block is in the ledger. Writes asked for at the same time follow each other, in order of their
   * entries. May be repeated, after a failure or a crash: what is whole is not sent again. A repeated write must have the
   * cuts and the totals of the first time, else LEDGER_REPLAY_DIFFERS.
   */
  write(write: LedgerWrite): Promise<void> {
    const done = this.tail.then(() => this.writeNow(write));
    this.tail = done.catch(() => undefined);
    return done;
  }

  private async writeNow({ fromEntry, toEntry, blocks: given }: LedgerWrite): Promise<void> {
    const blocks = mergeBlocks(given);
    if (blocks.length === 0) return;
    const totals: JournalledWrite = { fromEntry, toEntry, blocks: blocks.map(totalsOf) };
    if (fromEntry > this.last) {
      await this.journal.append(totals);
      this.writes.set(fromEntry, totals);
      this.last = toEntry;
      // Behind the line here: what others find is never more than what this one knows.
      await this.fence?.announce(totals);
      return this.insertAll(blocks);
    }
    if (JSON.stringify(this.writes.get(fromEntry)) !== JSON.stringify(totals)) {
      throw new TollgridError(
        'LEDGER_REPLAY_DIFFERS',
        `Entries ${fromEntry} to ${toEntry} gave other cuts or other control totals than the first time`,
        { fromEntry, toEntry },
      );
    }
    const states = this.recovered.get(fromEntry) ?? (await this.statesOf(totals));
    // Once: a second attempt has to ask what became of the first.
    this.recovered.delete(fromEntry);
    const absent = blocks.filter((_, i) => states[i] === 'absent');
    if (absent.length > 0) await this.fence?.announce(totals);
    return this.insertAll(absent);
  }

  private async statesOf(write: JournalledWrite): Promise<BlockState[]> {
    await endStatements(this.client);
    const tables = new Set(write.blocks.map(({ table }) => table));
    return this.clean(write, await readTotals(this.client, write.fromEntry, write.toEntry, tables));
  }

  /** The engine works on one after the other; meanwhile the data of the next is handed over. */
  private async insertAll(blocks: readonly LedgerBlock[]): Promise<void> {
    // All are waited for, so that nothing is under way when a failure is told.
    const results = await Promise.allSettled(blocks.map((block) => this.insert(block)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  private async insert({ table, chunks, copies = [] }: LedgerBlock): Promise<void> {
    if (chunks.length > 0) await this.insertChunks(table, chunks);
    // Each makes parts of its own: a crash between them leaves a partial block, which recovery deletes and sends again.
    for (const { from, where } of copies) {
      const mine = `(${where})${andMine(this.fence)}`;
      await command(this.client, `INSERT INTO ${table} SELECT * FROM ${from} WHERE ${mine} ${COPY_SETTINGS}`);
    }
  }

  private async insertChunks(table: TableName, chunks: readonly Uint8Array[]): Promise<void> {
    try {
      await this.handover.insert(insertQuery(table, this.fence), chunks);
    } catch (error) {
      throw ledgerError(error);
    }
  }

  /**
   * Asks the ledger which blocks of the writes after `checkpointEntry` are whole; deletes partial ones. The caller then
   * replays the entries with the same cuts, and `write` sends what is absent: asked here for all of them together, because
   * hours of usage that came record by record are thousands of small writes.
   */
  async recover(checkpointEntry: number): Promise<RecoveredWrite[]> {
    const pending = [...this.writes.values()].filter(({ toEntry }) => toEntry > checkpointEntry);
    pending.sort((a, b) => a.fromEntry - b.fromEntry);
    await endStatements(this.client);
    const found = await readTotals(this.client, pending[0]?.fromEntry ?? checkpointEntry + 1);
    const recovered: RecoveredWrite[] = [];
    for (const write of pending) {
      const states = await this.clean(write, found);
      this.recovered.set(write.fromEntry, states);
      const blocks = write.blocks.map(({ table, month }, i) => ({ table, month, state: states[i] }));
      recovered.push({ fromEntry: write.fromEntry, toEntry: write.toEntry, blocks });
    }
    return recovered;
  }

  /** State of each block of a write, after the rows of partial ones were removed. */
  private async clean(write: JournalledWrite, found: FoundTotals): Promise<BlockState[]> {
    const states: BlockState[] = [];
    for (const block of write.blocks) {
      const state = found.stateOf(write, block);
      if (state === 'partial') await this.remove(block.table, block.month, write.fromEntry, write.toEntry);
      states.push(state === 'whole' ? 'whole' : 'absent');
    }
    return states;
  }

  private async remove(table: TableName, month: number, fromEntry: number, toEntry: number): Promise<void> {
    const expression = TABLES[table].month;
    const where = `posted_entry BETWEEN {from:UInt64} AND {to:UInt64}${expression ? ` AND ${expression} = {month:UInt32}` : ''}`;
    const params = { from: fromEntry, to: toEntry, month };
    await command(
      this.client,
      `ALTER TABLE ${table} DELETE WHERE ${where}${andMine(this.fence)} ${mutationSettings(this.fence)}`,
      params,
    );
    const [left] = await queryRows<{ n: string }>(
      this.client,
      `SELECT count() AS n FROM ${table} WHERE ${where}`,
      params,
    );
    if (left?.n !== '0')
      throw new TollgridError('LEDGER_UNAVAILABLE', `Rows of ${table} could not be removed`, { table });
  }

  /** Last entry of the writes that were folded; 0 when none were. Only a checkpoint behind it can be gone on from. */
  get foldedTo(): number {
    let last = 0;
    for (const { toEntry, folded } of this.writes.values()) if (folded !== undefined) last = Math.max(last, toEntry);
    return last;
  }

  /** Parts of the ledger as they are now, for a checkpoint. Nothing may be written meanwhile. */
  async inventory(): Promise<Inventory> {
    return inventoryOf(await ledgerParts(this.client));
  }

  /**
   * Makes one line of all writes up to an entry, so that the journal stays short. Only when a durable checkpoint stands at
   * that entry: where these writes were cut is forgotten.
   */
  fold(upTo: number): Promise<void> {
    const done = this.tail.then(() => this.foldNow(upTo));
    this.tail = done.catch(() => undefined);
    return done;
  }

  private async foldNow(upTo: number): Promise<void> {
    const old = [...this.writes.values()].filter(({ toEntry }) => toEntry <= upTo);
    if (old.length <= LINES_MAX) return;
    const folded = foldWrites(old);
    const rest = [...this.writes.values()].filter(({ toEntry }) => toEntry > upTo);
    const journal = await AppendJournal.replace(this.path, [folded, ...rest]);
    await this.journal.close();
    this.journal = journal;
    this.writes.clear();
    for (const write of [folded, ...rest]) this.writes.set(write.fromEntry, write);
  }

  /**
   * The same question as `verify`, answered in bounded time: writes behind the checkpoint by their rows, all before it by
   * the parts that were there then and the rows that parts claim to have. Names what is wrong.
   */
  async verifySince(checkpointEntry: number, inventory: Inventory): Promise<string[]> {
    const pending = [...this.writes.values()].filter(({ toEntry }) => toEntry > checkpointEntry);
    const months = new Map<TableName, Set<number>>();
    for (const { table, month } of pending.flatMap(({ blocks }) => blocks)) {
      months.set(table, (months.get(table) ?? new Set<number>()).add(month));
    }
    await endStatements(this.client);
    const found = await readTotals(this.client, checkpointEntry + 1, undefined, months.keys(), months);
    const parts = await ledgerParts(this.client);
    const expected = expectedTotals([...this.writes.values()].filter(({ toEntry }) => toEntry <= checkpointEntry));
    const unexplained = compareTotals(pending, found).filter(({ expected: { rows } }) => rows === 0);
    for (const [key, entries] of found.groups) {
      const [table, month] = key.split(':') as [TableName, string];
      const sums = expected.get(key) ?? { table, month: Number(month), rows: 0, amountMicros: 0n, quantity: 0n };
      expected.set(key, { ...sums, rows: entries.reduce((sum, { rows }) => sum + rows, sums.rows) });
    }
    return [
      ...missingParts(inventory, parts),
      ...comparePartRows(expected, parts),
      ...unexplained.map(({ table, fromEntry }) => `${table}: rows of entry ${fromEntry} that no write explains`),
      ...(await detachedParts(this.client)).map(({ table, name }) => `part ${name} of ${table} was set aside`),
    ];
  }

  /** Holds every journalled total against the ledger, rows without a write included. */
  async verify(): Promise<VerifyResult> {
    const found = await readTotals(this.client);
    const detached = await queryRows<{ table: string; name: string; reason: string }>(
      this.client,
      `SELECT table, name, reason FROM system.detached_parts WHERE database = currentDatabase() ORDER BY table, name`,
    );
    return {
      writes: [...this.writes.values()].reduce((sum, { folded = 1 }) => sum + folded, 0),
      differences: compareTotals([...this.writes.values()], found),
      detachedParts: detached,
    };
  }

  /** Empties the ledger and the journal, to compute everything again. */
  async truncate(): Promise<void> {
    // A table cannot be dropped on a condition.
    if (this.fence !== undefined) return this.truncateBehind(0);
    await this.tail;
    // Dropped, not truncated: parts that were set aside as broken go with the table.
    for (const table of TABLE_NAMES) await command(this.client, `DROP TABLE IF EXISTS ${table} SYNC`);
    await createTables(this.client);
    await this.journal.close();
    await rm(this.path);
    this.writes.clear();
    this.recovered.clear();
    this.last = 0;
    this.journal = await AppendJournal.open<JournalledWrite>(this.path);
  }

  /** Removes all rows behind an entry, and what the journal says of them; a write must have ended there. */
  async truncateBehind(entryNo: number): Promise<void> {
    await this.tail;
    await endStatements(this.client);
    for (const table of TABLE_NAMES) {
      const where = 'posted_entry BETWEEN {from:UInt64} AND {to:UInt64}';
      const params = { from: entryNo + 1, to: Number.MAX_SAFE_INTEGER };
      await command(
        this.client,
        `ALTER TABLE ${table} DELETE WHERE ${where}${andMine(this.fence)} ${mutationSettings(this.fence)}`,
        params,
      );
    }
    // Rows of parts that were set aside are computed again; the sealed ones among them are missed by the seal.
    for (const { table, name } of await detachedParts(this.client)) {
      const part = name.replace(/[^\w-]/g, '');
      await command(this.client, `ALTER TABLE ${table} DROP DETACHED PART '${part}' SETTINGS allow_drop_detached = 1`);
    }
    await this.fence?.announce({ behind: entryNo });
    const rest = [...this.writes.values()].filter(({ toEntry }) => toEntry <= entryNo);
    this.recovered.clear();
    await this.journal.close();
    this.journal = await AppendJournal.replace(this.path, rest);
    this.writes.clear();
    this.last = 0;
    for (const write of rest) {
      this.writes.set(write.fromEntry, write);
      this.last = Math.max(this.last, write.toEntry);
    }
  }

  async close(): Promise<void> {
    await this.tail;
    await this.journal.close();
  }
}

function totalsOf({ table, month, rows, amountMicros, quantity }: LedgerBlock): BlockTotals {
  return { table, month, rows, amountMicros: amountMicros.toString(), quantity: quantity.toString() };
}
