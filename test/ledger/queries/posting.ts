/** A ledger for tests of questions: rows are posted entry by entry, as the rater would. */
import path from 'node:path';
import {
  createTables,
  encodeRows,
  LedgerWriter,
  type LedgerClient,
  type LedgerRow,
  type TableName,
} from '../../../ledger/index.ts';
import { openTestLedger } from '../harness.ts';

export interface PostedLedger {
  readonly client: LedgerClient;
  /** Where the embedded engine keeps its files; null when a server is used. */
  readonly folder: string | null;
  /** Posts rows with the next entry and resolves to its number. */
  post(table: TableName, rows: readonly LedgerRow[]): Promise<number>;
  close(): Promise<void>;
}

export async function openPostedLedger(): Promise<PostedLedger> {
  const ledger = await openTestLedger();
  const { client } = ledger;
  await createTables(client);
  const writer = await LedgerWriter.open({ client, path: path.join(ledger.folder, 'totals') });
  let entry = 0;
  return {
    client,
    folder: ledger.engine === undefined ? null : ledger.folder,
    post: async (table, rows) => {
      entry++;
      const posted = rows.map((one) => ({ ...one, posted_entry: entry }));
      await writer.write({ fromEntry: entry, toEntry: entry, blocks: encodeRows(table, posted) });
      return entry;
    },
    close: async () => {
      await writer.close();
      await ledger.close();
    },
  };
}

export async function collect<T>(portions: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const portion of portions) all.push(...portion);
  return all;
}

/** An entry behind all others. */
export const NEVER = 1_000_000;
