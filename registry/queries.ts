/** What others ask the registry. Lists go by key: `next` is the `after` of the following page, null at the end. */
import { sql } from 'kysely';
import type { Account, Party, RegistryChange, Subscription } from './model.ts';
import { accountOf, accountsById, partiesById, subscriptionsById, withLists, type Database } from './rows.ts';

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface RegistryCounts {
  parties: number;
  accounts: number;
  subscriptions: number;
  identifiers: number;
}

export interface AccountQuery {
  after?: string | undefined;
  limit: number;
  division?: string;
}

/** Transformer ratio and digits of a meter in [fromMs, toMs); 1 and 0 where nothing was given. */
export interface MeterFacts {
  meter: string;
  fromMs: number | null;
  toMs: number | null;
  multiplier: number;
  digits: number;
}

const IMAGES_AT_ONCE = 2_000;

export type AccountWithParty = Account & { partyName: string };

export class RegistryQueries {
  private readonly db: Database;

  constructor(db: Database) {
    this.db = db;
  }

  async party(id: string): Promise<Party | null> {
    return (await partiesById(this.db, [id])).get(id) ?? null;
  }

  async account(id: string): Promise<Account | null> {
    return (await accountsById(this.db, [id])).get(id) ?? null;
  }

  async accountByNo(no: number): Promise<Account | null> {
    const row = await this.db.selectFrom('account').selectAll().where('no', '=', no).executeTakeFirst();
    return row === undefined ? null : accountOf(row);
  }

  /** Accounts in the order of their ids; with a division only those at or below that path ('' = all). */
  async accounts({ after, limit, division = '' }: AccountQuery): Promise<Page<AccountWithParty>> {
    let query = this.db
      .selectFrom('account')
      .innerJoin('party', 'party.id', 'account.party_id')
      .selectAll('account')
      .select('party.name as party_name')
      .orderBy('account.id')
      .limit(limit + 1);
    if (division !== '') {
      query = query.where((where) =>
        where.or([
          where('account.division', '=', division),
          where(sql`starts_with(account.division, ${division + '/'})`, '=', sql`true`),
        ]),
      );
    }
    if (after !== undefined) query = query.where('account.id', '>', after);
    if (division !== '') query = query.where(sql<boolean>`starts_with(account.division || '/', ${`${division}/`})`);
    const rows = await query.execute();
    const items = rows.slice(0, limit).map((row) => ({ ...accountOf(row), partyName: row.party_name }));
    return { items, next: rows.length > limit ? items[items.length - 1].id : null };
  }

  async subscription(id: string): Promise<Subscription | null> {
    return (await subscriptionsById(this.db, [id])).get(id) ?? null;
  }

  async subscriptionByNo(no: number): Promise<Subscription | null> {
    const heads = await this.db.selectFrom('subscription').selectAll().where('no', '=', no).execute();
    return (await withLists(this.db, heads))[0] ?? null;
  }

  /** Subscriptions and usage points of an account, in the order of their ids. */
  async subscriptionsOf(accountNo: number): Promise<Subscription[]> {
    const heads = this.db.selectFrom('subscription').selectAll().where('account_no', '=', accountNo).orderBy('id');
    return withLists(this.db, await heads.execute());
  }

  /** Facts of all meters as they are registered, in the order of their numbers. */
  async meterFacts(): Promise<MeterFacts[]> {
    const rows = await this.db
      .selectFrom('identifier')
      .select(['value', 'from_ms', 'to_ms', 'multiplier', 'digits'])
      .where('kind', '=', 'meter')
      .orderBy('value')
      .execute();
    return rows.map((row) => ({
      meter: row.value,
      fromMs: row.from_ms,
      toMs: row.to_ms,
      multiplier: row.multiplier ?? 1,
      digits: row.digits ?? 0,
    }));
  }

  /** Everything that the database holds, as after-images; thousands at a time. */
  async *images(): AsyncGenerator<RegistryChange[], void> {
    const ids = async (table: 'party' | 'account' | 'subscription', after: string): Promise<string[]> => {
      const rows = this.db.selectFrom(table).select('id').where('id', '>', after).orderBy('id').limit(IMAGES_AT_ONCE);
      return (await rows.execute()).map(({ id }) => id);
    };
    const readers = { party: partiesById, account: accountsById, subscription: subscriptionsById } as const;
    for (const table of ['party', 'account', 'subscription'] as const) {
      for (let some = await ids(table, ''); some.length > 0; some = await ids(table, some.at(-1)!)) {
        yield [...(await readers[table](this.db, some)).values()];
      }
    }
  }

  async counts(): Promise<RegistryCounts> {
    const counts = await this.db
      .selectNoFrom((no) => [
        no
          .selectFrom('party')
          .select((of) => of.fn.countAll<number>().as('n'))
          .as('parties'),
        no
          .selectFrom('account')
          .select((of) => of.fn.countAll<number>().as('n'))
          .as('accounts'),
        no
          .selectFrom('subscription')
          .select((of) => of.fn.countAll<number>().as('n'))
          .as('subscriptions'),
        no
          .selectFrom('identifier')
          .select((of) => of.fn.countAll<number>().as('n'))
          .as('identifiers'),
      ])
      .executeTakeFirstOrThrow();
    return counts as RegistryCounts;
  }

  /** Account number → account id: of these numbers, or of all accounts. */
  async accountIds(numbers?: readonly number[]): Promise<Map<number, string>> {
    return this.idsOf('account', numbers);
  }

  /** Subscription number → subscription id: of these numbers, or of all subscriptions. */
  async subscriptionIds(numbers?: readonly number[]): Promise<Map<number, string>> {
    return this.idsOf('subscription', numbers);
  }

  private async idsOf(table: 'account' | 'subscription', numbers?: readonly number[]): Promise<Map<number, string>> {
    let query = this.db.selectFrom(table).select(['no', 'id']);
    if (numbers !== undefined) query = query.where('no', '=', sql<number>`any(${[...numbers]}::int[])`);
    return new Map((await query.execute()).map(({ no, id }) => [no, id]));
  }
}
