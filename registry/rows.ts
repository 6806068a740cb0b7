/** After-images in and out of the tables, thousands at a time. */
import { sql, type Kysely } from 'kysely';
import type { Account, Attribute, IdentifierKind, Party, RegistryChange, Subscription } from './model.ts';
import type { ServiceName } from '../schemas/columns/usage-columns.ts';
import { identifierOf, tariffOf } from './plan.ts';
import type { RegistryTables } from './tables.ts';

export type Database = Kysely<RegistryTables>;

const ROWS_PER_STATEMENT = 5_000;

export async function storeImages(db: Database, changes: readonly RegistryChange[], entryNo: number): Promise<void> {
  // A statement may touch a row once, so of several images of an object only the last is stored.
  const last = [...new Map(changes.map((change) => [`${change.kind} ${change.id}`, change])).values()];
  const parties = last.filter((change) => change.kind === 'party');
  const accounts = last.filter((change) => change.kind === 'account');
  for (const some of chunks(parties)) await storeParties(db, some);
  for (const some of chunks(accounts)) await storeAccounts(db, some);
  for (const some of chunks(last.filter((change) => change.kind === 'subscription')))
    await storeSubscriptions(db, some);
  await db.updateTable('meta').set({ applied_entry: entryNo }).execute();
}

async function storeParties(db: Database, parties: readonly Party[]): Promise<void> {
  await sql`
    insert into party (id, name, division)
    select id, name, division from jsonb_to_recordset(${JSON.stringify(parties)}::jsonb) as t(id text, name text, division text)
    on conflict (id) do update set name = excluded.name, division = excluded.division`.execute(db);
}

async function storeAccounts(db: Database, accounts: readonly Account[]): Promise<void> {
  const rows = accounts.map((account) => ({ ...account, attributes: attributesText(account) }));
  await sql`
    insert into account (id, no, party_id, currency, time_zone, division, attributes)
    select id, no, "partyId", currency, "timeZone", division, attributes
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as t(id text, no int, "partyId" text, currency text, "timeZone" text, division text, attributes text)
    on conflict (id) do update set party_id = excluded.party_id, currency = excluded.currency,
      time_zone = excluded.time_zone, division = excluded.division, attributes = excluded.attributes`.execute(db);
}

async function storeSubscriptions(db: Database, subscriptions: readonly Subscription[]): Promise<void> {
  const numbers = subscriptions.map(({ no }) => no);
  const heads = subscriptions.map((one) => [
    one.id,
    one.no,
    one.accountNo,
    one.usagePoint,
    one.division,
    attributesText(one),
  ]);
  await sql`
    insert into subscription (id, no, account_no, usage_point, division, attributes)
    select t->>0, (t->>1)::int, (t->>2)::int, (t->>3)::boolean, t->>4, t->>5
      from jsonb_array_elements(${JSON.stringify(heads)}::jsonb) as t
    on conflict (id) do update set account_no = excluded.account_no, usage_point = excluded.usage_point,
      division = excluded.division, attributes = excluded.attributes`.execute(db);
  await sql`delete from identifier where subscription_no = any(${numbers}::int[])`.execute(db);
  await sql`delete from tariff_assignment where subscription_no = any(${numbers}::int[])`.execute(db);
  for (const some of chunks(listed(subscriptions, 'identifiers'))) {
    await sql`
      insert into identifier (subscription_no, position, kind, value, from_ms, to_ms, multiplier, digits)
      select "no", position, kind, value, "fromMs", "toMs", multiplier, digits
        from jsonb_to_recordset(${JSON.stringify(some)}::jsonb) as t("no" int, position int, kind text, value text,
          "fromMs" bigint, "toMs" bigint, multiplier double precision, digits int)`.execute(db);
  }
  for (const some of chunks(listed(subscriptions, 'tariffs'))) {
    await sql`
      insert into tariff_assignment (subscription_no, position, view, service, tariff, from_ms, to_ms)
      select "no", position, view, service, tariff, "fromMs", "toMs"
        from jsonb_to_recordset(${JSON.stringify(some)}::jsonb) as t("no" int, position int, view text, service text,
          tariff text, "fromMs" bigint, "toMs" bigint)`.execute(db);
  }
}

function listed(subscriptions: readonly Subscription[], list: 'identifiers' | 'tariffs'): object[] {
  return subscriptions.flatMap((one) => one[list].map((item, position) => ({ no: one.no, position, ...item })));
}

function* chunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += ROWS_PER_STATEMENT) yield items.slice(at, at + ROWS_PER_STATEMENT);
}

export async function partiesById(db: Database, ids: readonly string[]): Promise<Map<string, Party>> {
  const rows = await db.selectFrom('party').selectAll().where('id', '=', anyText(ids)).execute();
  return new Map(rows.map(({ id, name, division }) => [id, { kind: 'party', id, name, division }]));
}

export async function accountsById(db: Database, ids: readonly string[]): Promise<Map<string, Account>> {
  const rows = await db.selectFrom('account').selectAll().where('id', '=', anyText(ids)).execute();
  return new Map(rows.map((row) => [row.id, accountOf(row)]));
}

export function accountOf(row: RegistryTables['account']): Account {
  const { id, no, party_id: partyId, currency, time_zone: timeZone, division } = row;
  return { kind: 'account', id, no, partyId, currency, timeZone, division, ...attributesOf(row) };
}

function attributesText({ attributes = [] }: { attributes?: Attribute[] }): string {
  return JSON.stringify(attributes);
}

function attributesOf(row: { attributes: string }): { attributes?: Attribute[] } {
  return row.attributes === '[]' ? {} : { attributes: JSON.parse(row.attributes) as Attribute[] };
}

export async function subscriptionsById(db: Database, ids: readonly string[]): Promise<Map<string, Subscription>> {
  const heads = await db.selectFrom('subscription').selectAll().where('id', '=', anyText(ids)).execute();
  return new Map((await withLists(db, heads)).map((one) => [one.id, one]));
}

/** Puts the identifiers and tariffs of subscriptions to their heads. */
export async function withLists(db: Database, heads: RegistryTables['subscription'][]): Promise<Subscription[]> {
  const byNo = new Map<number, Subscription>();
  for (const head of heads) {
    const { id, no, account_no: accountNo, usage_point: usagePoint, division } = head;
    const lists = { identifiers: [], tariffs: [], ...attributesOf(head) };
    byNo.set(no, { kind: 'subscription', id, no, accountNo, usagePoint, division, ...lists });
  }
  const numbers = sql<number>`any(${[...byNo.keys()]}::int[])`;
  const identifiers = await db
    .selectFrom('identifier')
    .selectAll()
    .where('subscription_no', '=', numbers)
    .orderBy('subscription_no')
    .orderBy('position')
    .execute();
  for (const row of identifiers) {
    byNo.get(row.subscription_no)!.identifiers.push(
      identifierOf({
        kind: row.kind as IdentifierKind,
        value: row.value,
        fromMs: row.from_ms,
        toMs: row.to_ms,
        ...(row.multiplier === null ? {} : { multiplier: row.multiplier }),
        ...(row.digits === null ? {} : { digits: row.digits }),
      }),
    );
  }
  const tariffs = await db
    .selectFrom('tariff_assignment')
    .selectAll()
    .where('subscription_no', '=', numbers)
    .orderBy('subscription_no')
    .orderBy('position')
    .execute();
  for (const row of tariffs) {
    const { view, tariff, from_ms: fromMs, to_ms: toMs } = row;
    byNo
      .get(row.subscription_no)!
      .tariffs.push(tariffOf({ view, service: row.service as ServiceName, tariff, fromMs, toMs }));
  }
  return [...byNo.values()];
}

function anyText(ids: readonly string[]) {
  return sql<string>`any(${[...ids]}::text[])`;
}
