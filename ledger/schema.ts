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
  for (const name of TABLE_NAMES) await command(client, createTableSql(TABLES[name]));
  await command(client, USAGE_VIEW);
  if (found < LEDGER_SCHEMA_VERSION) {
    await command(client, 'INSERT INTO ledger_schema SELECT {version:UInt32}', { version: LEDGER_SCHEMA_VERSION });
  }
}
