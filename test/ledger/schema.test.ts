import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, queryRows } from '../../ledger/client.ts';
import { createTables, LEDGER_SCHEMA_VERSION, ledgerReference, TABLE_NAMES, TABLES } from '../../ledger/index.ts';
import { openTestLedger, type TestLedger } from './harness.ts';

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.close());

describe('the tables of the ledger', () => {
  it('are made with the columns and types they are described with, again and again', async () => {
    await createTables(ledger.client);
    await createTables(ledger.client);
    for (const table of TABLE_NAMES) {
      const columns = await queryRows(
        ledger.client,
        'SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position',
        { table },
      );
      expect(columns).toEqual(TABLES[table].columns.map(({ name, type }) => ({ name, type })));
    }
  });

  it('divide what has a month by it', async () => {
    const found = await queryRows<{ name: string; partition_key: string }>(
      ledger.client,
      `SELECT name, partition_key FROM system.tables WHERE database = currentDatabase() AND engine = 'MergeTree'`,
    );
    const keys = Object.fromEntries(found.map(({ name, partition_key }) => [name, partition_key]));
    expect(keys).toMatchObject({
      charges: 'toYYYYMM(start_at)',
      charges_daily: 'toYYYYMM(day)',
      readings: 'toYYYYMM(read_at)',
      batches: '',
      controls: '',
      suspense: '',
    });
  });

  it('get their version back when the engine has set its part aside', async () => {
    await command(ledger.client, 'ALTER TABLE ledger_schema DETACH PARTITION tuple()');
    await createTables(ledger.client);
    const detached = 'SELECT name FROM system.detached_parts WHERE database = currentDatabase()';
    expect(await queryRows(ledger.client, detached)).toEqual([]);
    expect(await queryRows(ledger.client, 'SELECT version FROM ledger_schema')).toEqual([
      { version: LEDGER_SCHEMA_VERSION },
    ]);
  });

  it('of a newer program are refused', async () => {
    await command(ledger.client, 'INSERT INTO ledger_schema SELECT {v:UInt32}', { v: LEDGER_SCHEMA_VERSION + 1 });
    await expect(createTables(ledger.client)).rejects.toMatchObject({ code: 'LEDGER_SCHEMA_NEWER', exitCode: 3 });
  });

  it('are all described in the reference, with the class of personal data of each column', () => {
    const reference = ledgerReference();
    for (const table of TABLE_NAMES) {
      expect(reference).toContain(`## ${table}\n`);
      for (const { name, personal } of TABLES[table].columns) {
        expect(reference).toMatch(new RegExp(`\\| \`${name}\` \\| \`[^\`]+\` \\| ${personal} \\|`));
      }
    }
  });
});
