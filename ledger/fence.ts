/**
 * One rater at a time writes a ledger on a server: the one with the highest epoch. A server knows no conditional insert, but
 * a statement may read before it writes: each one that changes rows looks at the highest epoch when it begins, and fails
 * when that is another's. What began before the epoch was raised is ended by who raised it. So nothing of an older rater gets
 * in afterwards, however long it was frozen and wherever its request has been meanwhile.
 */
import { command, queryRows, type LedgerClient } from './client.ts';
import type { JournalledWrite } from './control-totals.ts';
import { ownLedger } from './schema.ts';
import { TABLES, type TableName } from './tables.ts';

/** What becomes of the journal: one write more, or none behind that entry. */
export type JournalLine = JournalledWrite | { behind: number };

/** Where raters with a directory of their own follow each other. */
export interface LedgerFence {
  epoch: number;
  /** Resolves when the next rater would find the line, and nobody has taken over so far. Error: LEDGER_FENCED. */
  announce(line: JournalLine): Promise<void>;
}

export function isWrite(line: JournalLine): line is JournalledWrite {
  return 'fromEntry' in line;
}

/**
 * Takes a ledger over. When this resolves nothing of an older rater is under way any more, or can begin.
 * Errors: LEDGER_FOREIGN, LEDGER_FENCED when a newer one has it.
 */
export async function takeLedger(client: LedgerClient, word: string, epoch: number): Promise<void> {
  await ownLedger(client, word);
  await command(client, 'CREATE TABLE IF NOT EXISTS ledger_epoch (epoch UInt64) ENGINE = MergeTree ORDER BY epoch');
  const [row] = await queryRows<{ highest: string }>(client, 'SELECT max(epoch) AS highest FROM ledger_epoch');
  if (Number(row?.highest ?? 0) < epoch)
    await command(client, 'INSERT INTO ledger_epoch SELECT {epoch:UInt64}', { epoch });
  await queryRows(client, `SELECT 1 AS mine WHERE ${condition(epoch)}`);
  await endStatements(client);
}

/**
 * What changes rows and whose answer was lost may still run: on a server it is ended. The embedded engine works on one
 * writing statement after the other, so that this one waits for it there.
 */
export function endStatements(client: LedgerClient): Promise<void> {
  return command(
    client,
    `KILL QUERY WHERE query_kind IN ('Insert', 'Alter') AND user = currentUser() AND current_database = currentDatabase() SYNC`,
  );
}

/** Worked out once, when a statement begins; otherwise the server answers what `ledgerError` calls LEDGER_FENCED. */
function condition(epoch: number): string {
  return `(SELECT throwIf(max(epoch) != ${epoch}, 'another rater writes this ledger') FROM ledger_epoch) = 0`;
}

/** Behind another condition. */
export function andMine(fence: LedgerFence | undefined): string {
  return fence === undefined ? '' : ` AND ${condition(fence.epoch)}`;
}

/** Of mutations that have such a condition: worked out by who asks for them, and never again. */
export function mutationSettings(fence: LedgerFence | undefined): string {
  const once = fence === undefined ? '' : ', mutations_execute_subqueries_on_initiator = 1';
  return `SETTINGS mutations_sync = 2${once}`;
}

/** Takes Native blocks. Those that arrive behind each other are joined up to these limits: one insert, one part. */
export function insertQuery(table: TableName, fence: LedgerFence | undefined): string {
  const settings = 'min_insert_block_size_rows = 1048449, min_insert_block_size_bytes = 0';
  if (fence === undefined) return `INSERT INTO ${table} SETTINGS async_insert = 0, ${settings} FORMAT Native`;
  const { columns } = TABLES[table];
  const names = columns.map(({ name }) => `\`${name}\``).join(', ');
  const structure = columns.map(({ name, type }) => `\`${name}\` ${type}`).join(', ');
  return `INSERT INTO ${table} (${names}) SELECT ${names} FROM input('${structure.replace(/[\\']/g, '\\$&')}')
    WHERE ${condition(fence.epoch)} SETTINGS max_insert_threads = 1, ${settings} FORMAT Native`;
}
