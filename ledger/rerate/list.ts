/** The differences row by row: of a preview from its workspace, of what was posted from the ledger. */
import { queryRows, type LedgerClient, type QueryParameters } from '../client.ts';
import { CHARGE_COLUMNS, toCharge, type Charge, type ChargeRow } from '../queries/charges.ts';
import { decodeCursor, pageOf, type Page, type PageRequest } from '../queries/page.ts';
import { workspaceTable } from './workspace.ts';

const ORDER = 'account_no, start_at, identity, charge_no, entry_no, record_no, sign';

/** By account and start; a charge that is taken back stands before the one that takes its place. */
export async function listDifferences(
  client: LedgerClient,
  of: { preview: string } | { postedEntry: number },
  { limit, cursor }: PageRequest,
): Promise<Page<Charge>> {
  const where = ['1'];
  const params: QueryParameters = { limit: limit + 1 };
  if ('postedEntry' in of) {
    where.push('posted_entry = {posted:UInt64}');
    params['posted'] = of.postedEntry;
  }
  if (cursor !== undefined) {
    const shape = ['integer', 'integer', 'hex', 'integer', 'integer', 'integer', 'integer'] as const;
    const [account, startMs, identity, chargeNo, entryNo, recordNo, sign] = decodeCursor(cursor, shape);
    Object.assign(params, { account, startMs, identity, chargeNo, entryNo, recordNo, sign });
    where.push(
      'account_no >= {account:UInt32}',
      `(account_no, toUnixTimestamp64Milli(start_at), identity, charge_no, entry_no, record_no, sign)
        > ({account:UInt32}, {startMs:Int64}, toFixedString(unhex({identity:String}), 16), {chargeNo:UInt16},
           {entryNo:UInt64}, {recordNo:UInt32}, {sign:Int8})`,
    );
  }
  const table = 'preview' in of ? workspaceTable(of.preview, 'differences') : 'charges';
  const rows = await queryRows<ChargeRow>(
    client,
    `SELECT ${CHARGE_COLUMNS} FROM ${table} WHERE ${where.join(' AND ')} ORDER BY ${ORDER} LIMIT {limit:UInt32}`,
    params,
  );
  return pageOf(rows.map(toCharge), limit, (charge) => {
    const [entryNo, recordNo, chargeNo] = charge.address.split('.');
    return [charge.accountNo, charge.startMs, charge.identity, chargeNo, entryNo, recordNo, charge.sign];
  });
}

/** Charges as a re-rating settled over them: those before it, and what it made of usage. See `standingRows`. */
export function usageCorrectedBy(entryNo: number): string {
  return `(SELECT * FROM charges WHERE posted_entry < ${entryNo} OR (posted_entry = ${entryNo} AND kind != 'settlement'))`;
}

/** What an entry added to the ledger: rows, and money without valuations. */
export interface PostedRows {
  entryNo: number;
  reversed: number;
  posted: number;
  money: { currency: string; amount: string; tax: string }[];
}

export async function postedBy(client: LedgerClient, entryNos: readonly number[]): Promise<PostedRows[]> {
  const rows = await queryRows<Record<'entry' | 'currency' | 'reversed' | 'posted' | 'amount' | 'tax', string>>(
    client,
    `SELECT posted_entry AS entry, currency, countIf(c.sign = -1) AS reversed, countIf(c.sign = 1) AS posted,
       sumIf(toDecimal128(c.amount, 6), c.kind != 'valuation') AS amount,
       sumIf(toDecimal128(c.tax, 6), c.kind != 'valuation') AS tax
     FROM charges AS c WHERE posted_entry IN {entries:Array(UInt64)}
     GROUP BY entry, currency ORDER BY entry, currency`,
    { entries: entryNos },
  );
  const byEntry = new Map<number, PostedRows>();
  for (const { entry, currency, reversed, posted, amount, tax } of rows) {
    const entryNo = Number(entry);
    const sums = byEntry.get(entryNo) ?? { entryNo, reversed: 0, posted: 0, money: [] };
    sums.reversed += Number(reversed);
    sums.posted += Number(posted);
    if (currency !== '') sums.money.push({ currency, amount, tax });
    byEntry.set(entryNo, sums);
  }
  return [...byEntry.values()];
}
