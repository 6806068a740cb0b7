/** Makes the ledger's tables, and refuses a ledger that a newer program made. */
import { TollgridError } from '../platform/errors.ts';
import { command, queryRows, type LedgerClient } from './client.ts';
import { createTableSql, LEDGER_SCHEMA_VERSION, TABLE_NAMES, TABLES, USAGE_VIEW } from './tables.ts';

const VERSION_TABLE = 'CREATE TABLE IF NOT EXISTS ledger_schema (version UInt32) ENGINE = MergeTree ORDER BY version';

/** Safe to call at every start. Throws LEDGER_SCHEMA_NEWER. */
export async function createTables(client: LedgerClient): Promise<void> {
  await command(client, VERSION_TABLE);
  const [row] = await queryRows<{ version: number }>(client, 'SELECT max(version) AS version FROM ledger_schema');
  const found = Number(row?.version ?? 0);
  if (found > LEDGER_SCHEMA_VERSION) {
    throw new TollgridError(
      'LEDGER_SCHEMA_NEWER',
      `The ledger has schema ${found}, this program ${LEDGER_SCHEMA_VERSION}`,
      {
        found,
        known: LEDGER_SCHEMA_VERSION,
      },
    );
  }
  const isBroken = await hasBrokenParts(client);
  if (isBroken) {
    // The engine set the version's part aside after a power cut. It says nothing that is not known, and goes with its table.
    await command(client, 'DROP TABLE ledger_schema SYNC');
    await command(client, VERSION_TABLE);
  }
  for (const name of TABLE_NAMES) await command(client, createTableSql(TABLES[name]));
  await command(client, USAGE_VIEW);
  if (isBroken || found < LEDGER_SCHEMA_VERSION) {
    await command(client, 'INSERT INTO ledger_schema SELECT {version:UInt32}', { version: LEDGER_SCHEMA_VERSION });
  }
}

/**
 * On a server a ledger could be anybody's, and a rater would compute what it does not know again: it is written by the one
 * whose word stands in it. Throws LEDGER_FOREIGN.
 */
export async function ownLedger(client: LedgerClient, word: string): Promise<void> {
  await command(client, 'CREATE TABLE IF NOT EXISTS ledger_owner (word String) ENGINE = MergeTree ORDER BY word');
  const words = (): Promise<{ word: string }[]> =>
    queryRows(client, 'SELECT DISTINCT word FROM ledger_owner ORDER BY word');
  if ((await words()).length === 0) await command(client, 'INSERT INTO ledger_owner SELECT {word:String}', { word });
  const found = await words();
  if (found.length === 1 && found[0].word === word) return;
  throw new TollgridError('LEDGER_FOREIGN', 'The tables of the ledger on the server belong to another installation');
}

async function hasBrokenParts(client: LedgerClient): Promise<boolean> {
  const sql = `SELECT name FROM system.detached_parts WHERE database = currentDatabase() AND table = 'ledger_schema'`;
  return (await queryRows<{ name: string }>(client, sql)).length > 0;
}
