/**
 * The canonical export: what the same records must give in any order, batching and size of installation.
 *
 * Business columns of the charges that stand, without addresses and entry numbers; accounts and subscriptions by their
 * outside ids; by (account, start, identity, charge) and then by every other column, so that the order is total. Tab
 * between columns, decimals as text with six places, UTC milliseconds, a line feed behind each row, SHA-256 over it all.
 */
import { createHash, randomUUID } from 'node:crypto';
import { Readable, type Writable } from 'node:stream';
import { once } from 'node:events';
import { command, ledgerError, queryBytes, type LedgerClient } from './client.ts';

/** Dense number → outside id. */
export type OutsideIds = Iterable<readonly [number, string]>;

export interface CanonicalExport {
  sha256: string;
  rows: number;
  bytes: number;
}

/** The columns of a line, in order. `count` is 1 unless the same charge stands twice. */
export const CANONICAL_COLUMNS = [
  'account',
  'start_ms',
  'identity',
  'charge_no',
  'subscription',
  'kind',
  'view',
  'service',
  'end_ms',
  'quantity',
  'quantity_up',
  'party',
  'other_party',
  'zone',
  'band',
  'tariff',
  'component',
  'billed',
  'currency',
  'amount',
  'tax',
  'service_period',
  'posting_period',
  'count',
] as const;

/**
 * Writes the export to `output`, when given, and resolves to its hash. Memory does not grow with the ledger: rows stream,
 * and the server sorts on disk beyond its limit.
 */
export async function exportCanonically(
  client: LedgerClient,
  ids: { accounts: OutsideIds; subscriptions: OutsideIds },
  output?: Writable,
): Promise<CanonicalExport> {
  const names = `canonical_ids_${randomUUID().replaceAll('-', '')}`;
  await command(
    client,
    `CREATE TABLE ${names} (class UInt8, no UInt32, id String) ENGINE = MergeTree ORDER BY (class, no)`,
  );
  try {
    await insertIds(client, names, ids);
    return await copyHashing(await queryBytes(client, exportQuery(names)), output);
  } finally {
    await command(client, `DROP TABLE ${names}`);
  }
}

async function insertIds(
  client: LedgerClient,
  table: string,
  ids: { accounts: OutsideIds; subscriptions: OutsideIds },
): Promise<void> {
  function* rows(): Generator<{ class: number; no: number; id: string }> {
    for (const [no, id] of ids.accounts) yield { class: 1, no, id };
    for (const [no, id] of ids.subscriptions) yield { class: 2, no, id };
  }
  try {
    await client.insert({ table, values: Readable.from(rows()), format: 'JSONEachRow' });
  } catch (error) {
    throw ledgerError(error);
  }
}

/** Business columns of one charge, with the sign taken off so that a charge and its reversal are alike. */
const CHARGE = `account_no, subscription_no, toUnixTimestamp64Milli(start_at) AS start_ms,
  toUnixTimestamp64Milli(end_at) AS end_ms, lower(hex(identity)) AS identity_hex, charge_no % 16 AS charge_no, kind, view, service,
  charges.quantity * sign AS quantity, charges.quantity_up * sign AS quantity_up, party, other_party, zone, band, tariff,
  component, charges.billed * sign AS billed, currency, charges.amount * sign AS amount, charges.tax * sign AS tax,
  service_period`;

function exportQuery(names: string): string {
  const id = (number: string, from: string): string =>
    `if(${from}.id = '', concat('#', toString(${number})), ${from}.id)`;
  // Only usages that were ever reversed need to be grouped: to group them all would take more memory than the engine has.
  const reversed = 'identity IN (SELECT identity FROM charges WHERE sign = -1)';
  return `
    SELECT ${id('c.account_no', 'a')} AS account, start_ms, identity_hex, charge_no,
      ${id('c.subscription_no', 's')} AS subscription, kind, view, service, end_ms, quantity, quantity_up,
      party, other_party, zone, band, tariff, component, billed, currency, amount, tax,
      service_period, posting_period, count
    FROM (
      SELECT ${CHARGE}, posting_period, toInt64(sign) AS count FROM charges WHERE NOT ${reversed}
      UNION ALL
      SELECT ${CHARGE}, maxIf(charges.posting_period, sign = 1) AS posting_period, sum(sign) AS count
      FROM charges WHERE ${reversed} GROUP BY ALL HAVING count != 0
    ) AS c
    LEFT JOIN (SELECT no, id FROM ${names} WHERE class = 1) AS a ON c.account_no = a.no
    LEFT JOIN (SELECT no, id FROM ${names} WHERE class = 2) AS s ON c.subscription_no = s.no
    ORDER BY ALL
    FORMAT TabSeparated`;
}

async function copyHashing(rows: Readable, output: Writable | undefined): Promise<CanonicalExport> {
  const hash = createHash('sha256');
  const result = { rows: 0, bytes: 0 };
  try {
    for await (const chunk of rows as AsyncIterable<Buffer>) {
      hash.update(chunk);
      result.bytes += chunk.length;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) result.rows++;
      if (output && !output.write(chunk)) await once(output, 'drain');
    }
  } catch (error) {
    throw ledgerError(error);
  }
  return { sha256: hash.digest('hex'), ...result };
}
