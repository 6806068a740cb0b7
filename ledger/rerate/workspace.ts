/**
 * The tables that one re-rating works in, beside the ledger's own: what it prices again, what stands of it, and the
 * differences, which have the columns of `charges`. They hold what would be too much for memory, and are dropped when the
 * differences are posted, or when nobody looks at them any more.
 */
import { command, queryRows, type LedgerClient, type QueryParameters } from '../client.ts';
import { TABLES, type Table } from '../tables.ts';

const PREFIX = 'rerate_';
const PARTS = ['wanted', 'scope', 'outside', 'standing', 'rated', 'differences', 'daily', 'hourly'] as const;
type Part = (typeof PARTS)[number];

/** Columns that say how a charge was posted; all others say what it is. */
const POSTING_COLUMNS = ['posted_entry', 'sign', 'posting_period', 'corrects'];
export const CHARGE_COLUMNS = TABLES.charges.columns.map(({ name }) => name);
export const BUSINESS_COLUMNS = CHARGE_COLUMNS.filter((name) => !POSTING_COLUMNS.includes(name));

export function workspaceTable(name: string, part: Part): string {
  return `${PREFIX}${name}_${part}`;
}

export class RerateWorkspace {
  readonly client: LedgerClient;
  /** Entry that posts the differences: the ledger is read as it stood before it. */
  readonly entryNo: number;
  private readonly name: string;

  private constructor(client: LedgerClient, name: string, entryNo: number) {
    this.client = client;
    this.name = name;
    this.entryNo = entryNo;
  }

  /** Empty. `name`: letters and digits; an older one of that name is replaced. */
  static async make(client: LedgerClient, name: string, entryNo: number): Promise<RerateWorkspace> {
    const made = new RerateWorkspace(client, name, entryNo);
    const charges = (part: Part, orderBy: string): [Part, Table] => [part, { ...plain(TABLES.charges), orderBy }];
    const byRecord = 'entry_no, record_no, charge_no';
    const tables: [Part, Table][] = [
      charges('outside', byRecord),
      charges('standing', byRecord),
      charges('rated', byRecord),
      charges('differences', `${TABLES.charges.orderBy}, sign`),
      ['daily', plain(TABLES.charges_daily)],
      ['hourly', plain(TABLES.charges_hourly)],
    ];
    for (const [part, table] of tables) await command(client, createSql(made.table(part), table));
    await command(
      client,
      `CREATE OR REPLACE TABLE ${made.table('wanted')} (entry_no UInt64, record_no UInt32) ENGINE = MergeTree ORDER BY (entry_no, record_no)`,
    );
    await command(
      client,
      `CREATE OR REPLACE TABLE ${made.table('scope')} (subscription_no UInt32, view String, service String)
       ENGINE = MergeTree ORDER BY (subscription_no, view, service)`,
    );
    return made;
  }

  table(part: Part): string {
    return workspaceTable(this.name, part);
  }

  /** The ledger as it will be with the differences, in brackets: see `standingRows`. Read it as of the entry after. */
  get corrected(): string {
    return `(SELECT * FROM charges WHERE posted_entry < ${this.entryNo} UNION ALL SELECT * FROM ${this.table('differences')})`;
  }

  async run(sql: string, params: QueryParameters = {}): Promise<void> {
    await command(this.client, sql, { entry: this.entryNo, ...params });
  }

  rows<T>(sql: string, params: QueryParameters = {}): Promise<T[]> {
    return queryRows<T>(this.client, sql, { entry: this.entryNo, ...params });
  }

  async empty(...parts: Part[]): Promise<void> {
    for (const part of parts) await this.run(`TRUNCATE TABLE ${this.table(part)}`);
  }

  async drop(): Promise<void> {
    for (const part of PARTS) await command(this.client, `DROP TABLE IF EXISTS ${this.table(part)} SYNC`);
  }
}

/** Those of a rater that ended before it dropped them. */
export async function dropLeftWorkspaces(client: LedgerClient): Promise<void> {
  const tables = await queryRows<{ name: string }>(
    client,
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String})`,
    { prefix: PREFIX },
  );
  for (const { name } of tables) await command(client, `DROP TABLE IF EXISTS ${name} SYNC`);
}

/** Not divided by months: it lives for minutes. */
function plain({ month: _month, ...table }: Table): Table {
  return table;
}

function createSql(name: string, { columns, orderBy }: Table): string {
  const types = columns.map((column) => `\`${column.name}\` ${column.type}`).join(', ');
  return `CREATE OR REPLACE TABLE ${name} (${types}) ENGINE = MergeTree ORDER BY (${orderBy})`;
}
