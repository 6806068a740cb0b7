/** Which usage is priced again: the records behind the charges of some months, narrowed to a tariff or an account. */
import { bodyHandover } from '../handover.ts';
import { ledgerError, streamRows } from '../client.ts';
import { Readable } from 'node:stream';
import { CHARGE_COLUMNS, type RerateWorkspace } from './workspace.ts';

/** Service periods [from, to), yyyymm. */
export interface RerateMonths {
  from: number;
  to: number;
}

/** A tariff's or an account's own charges, beside the subscriptions of the scope; neither: all charges. */
export interface RerateNarrowing {
  tariff?: string;
  accountNo?: number;
}

/** One view and service of a subscription. */
export interface ScopeItem {
  subscriptionNo: number;
  view: string;
  service: string;
}

const DAY_MS = 86_400_000;
/** Zones differ from UTC by whole quarters of an hour, so a border of months is one. */
const QUARTER_MS = 900_000;

export class WantedUsage {
  private readonly workspace: RerateWorkspace;
  private readonly months: RerateMonths;
  private readonly params: Record<string, string | number>;

  constructor(workspace: RerateWorkspace, months: RerateMonths, { tariff = '', accountNo = 0 }: RerateNarrowing) {
    this.workspace = workspace;
    this.months = months;
    const [borderFromMs, borderToMs] = [firstMs(months.from), firstMs(months.to)];
    this.params = {
      from: months.from,
      to: months.to,
      borderFromMs,
      borderToMs,
      tariff,
      account: accountNo,
    };
  }

  async addScope(items: readonly ScopeItem[]): Promise<void> {
    if (items.length === 0) return;
    const { client } = this.workspace;
    const values = Readable.from(
      items.map(({ subscriptionNo, view, service }) => ({ subscription_no: subscriptionNo, view, service })),
    );
    try {
      await client.insert({ table: this.workspace.table('scope'), values, format: 'JSONEachRow' });
    } catch (error) {
      throw ledgerError(error);
    }
  }

  /** Records of charges in the months; also of charges that do not stand any more: comparing leaves them out. */
  async find(narrowed: boolean): Promise<void> {
    const { workspace } = this;
    const inMonths = this.inMonths(narrowed);
    await workspace.run(
      `INSERT INTO ${workspace.table('wanted')} SELECT c.entry_no, c.record_no FROM charges AS c WHERE ${inMonths}`,
      this.params,
    );
    // A usage that was divided at the border has parts in months outside: it is compared as a whole.
    const divided = `(toUnixTimestamp64Milli(c.start_at) < {borderFromMs:Int64} + ${DAY_MS}
        AND toUnixTimestamp64Milli(c.start_at) % ${QUARTER_MS} = 0)
      OR (toUnixTimestamp64Milli(c.end_at) >= {borderToMs:Int64} - ${DAY_MS}
        AND toUnixTimestamp64Milli(c.end_at) % ${QUARTER_MS} = 0)`;
    await workspace.run(
      `INSERT INTO ${workspace.table('outside')} SELECT ${columns('c')} FROM charges AS c
       WHERE c.kind != 'settlement' AND c.posted_entry < {entry:UInt64} AND NOT (${this.between})
         AND (c.account_no, c.identity) IN (
           SELECT account_no, identity FROM charges AS c WHERE ${inMonths} AND (${divided}))`,
      this.params,
    );
  }

  private inMonths(narrowed: boolean): string {
    const ours = `(c.subscription_no, c.view, c.service) IN (SELECT subscription_no, view, service FROM ${this.workspace.table('scope')})`;
    const narrowing = `({tariff:String} != '' AND startsWith(c.tariff, concat({tariff:String}, '@')))
      OR ({account:UInt32} != 0 AND c.account_no = {account:UInt32}) OR ${ours}`;
    return `c.kind != 'settlement' AND c.sign = 1 AND c.posted_entry < {entry:UInt64}
      AND c.service_period >= {from:UInt32} AND c.service_period < {to:UInt32} AND ${this.between}
      ${narrowed ? `AND (${narrowing})` : ''}`;
  }

  /** A month of a tariff's zone lies in that of UTC, widened by a day on both sides. */
  private get between(): string {
    return `c.start_at >= fromUnixTimestamp64Milli({borderFromMs:Int64} - ${DAY_MS}, 'UTC')
      AND c.start_at < fromUnixTimestamp64Milli({borderToMs:Int64} + ${DAY_MS}, 'UTC')`;
  }

  /** Entries that hold wanted records, in order, with about how many. */
  async *entries(): AsyncGenerator<{ entryNo: number; records: number }, void> {
    const portions = streamRows<{ entry: string; n: string }>(
      this.workspace.client,
      `SELECT entry_no AS entry, count() AS n FROM ${this.workspace.table('wanted')} GROUP BY entry ORDER BY entry`,
    );
    for await (const rows of portions) {
      for (const { entry, n } of rows) yield { entryNo: Number(entry), records: Number(n) };
    }
  }

  /** What stands of the wanted records of some entries, into the workspace. */
  async takeStanding(fromEntry: number, toEntry: number): Promise<void> {
    const { workspace } = this;
    const near = `c.entry_no BETWEEN {first:UInt64} AND {last:UInt64} AND c.posted_entry < {entry:UInt64} AND c.kind != 'settlement'`;
    const wanted = `${near} AND (c.entry_no, c.record_no) IN (
      SELECT entry_no, record_no FROM ${workspace.table('wanted')} WHERE entry_no BETWEEN {first:UInt64} AND {last:UInt64})`;
    const source = `(SELECT * FROM charges AS c WHERE ${this.between} UNION ALL SELECT * FROM ${workspace.table('outside')})`;
    await workspace.run(
      `INSERT INTO ${workspace.table('standing')} SELECT ${CHARGE_COLUMNS.join(', ')} FROM (
         SELECT *, max(if(sign = -1, posted_entry, 0)) OVER (PARTITION BY entry_no, record_no, charge_no) AS reversed_by
         FROM ${source} AS c WHERE ${wanted}
       ) WHERE sign = 1 AND posted_entry >= reversed_by`,
      { ...this.params, first: fromEntry, last: toEntry },
    );
  }
}

function columns(of: string): string {
  return CHARGE_COLUMNS.map((name) => `${of}.${name}`).join(', ');
}

function firstMs(yyyymm: number): number {
  return Date.UTC(Math.floor(yyyymm / 100), (yyyymm % 100) - 1, 1);
}

/** Native blocks of `charges`, into the workspace. */
export async function addRated(workspace: RerateWorkspace, chunks: readonly Uint8Array[]): Promise<void> {
  try {
    await bodyHandover(workspace.client).insert(`INSERT INTO ${workspace.table('rated')} FORMAT Native`, chunks);
  } catch (error) {
    throw ledgerError(error);
  }
}

/** Rows of `charges` that are differences already: settlement lines. */
export async function addDifferences(workspace: RerateWorkspace, chunks: readonly Uint8Array[]): Promise<void> {
  try {
    await bodyHandover(workspace.client).insert(`INSERT INTO ${workspace.table('differences')} FORMAT Native`, chunks);
  } catch (error) {
    throw ledgerError(error);
  }
}
