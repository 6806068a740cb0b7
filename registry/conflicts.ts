/** Identifiers that two subscriptions, or one twice, would carry at the same time. Asked after the rows are written. */
import { sql, type RawBuilder } from 'kysely';
import type { Subscription } from './model.ts';
import type { Database } from './rows.ts';

const SHOWN = 20;

export interface IdentifierConflict {
  /** One of the touched ones. */
  subscriptionId: string;
  message: string;
}

/** Up to 20 conflicts of these subscriptions with any other. */
export async function identifierConflicts(
  db: Database,
  touched: readonly Subscription[],
): Promise<IdentifierConflict[]> {
  const conflicts = await find(db, touched, sql`a.value = b.value`);
  const withRanges = touched.filter(({ identifiers }) => identifiers.some(({ kind }) => kind === 'numberRange'));
  if (withRanges.length === 0 || conflicts.length > 0) return conflicts;
  return find(
    db,
    withRanges,
    sql`a.kind = 'numberRange' and length(a.value) = length(b.value)
      and split_part(a.value, '-', 1) <= split_part(b.value, '-', 2)
      and split_part(b.value, '-', 1) <= split_part(a.value, '-', 2)`,
  );
}

async function find(
  db: Database,
  touched: readonly Subscription[],
  same: RawBuilder<unknown>,
): Promise<IdentifierConflict[]> {
  const { rows } = await sql<{ kind: string; value: string; mine: string; other: string }>`
    select a.kind, a.value, mine.id as mine, other.id as other
      from identifier a
      join identifier b on a.kind = b.kind and ${same}
        and (a.subscription_no, a.position) <> (b.subscription_no, b.position)
        and (a.from_ms is null or b.to_ms is null or a.from_ms < b.to_ms)
        and (b.from_ms is null or a.to_ms is null or b.from_ms < a.to_ms)
      join subscription mine on mine.no = a.subscription_no
      join subscription other on other.no = b.subscription_no
     where a.subscription_no = any(${touched.map(({ no }) => no)}::int[])
     order by a.kind, a.value, mine.id, other.id
     limit ${SHOWN}`.execute(db);
  return rows.map(({ kind, value, mine, other }) => ({
    subscriptionId: mine,
    message:
      mine === other
        ? `${kind} ${value} stands twice in subscription ${mine} for the same time`
        : `${kind} ${value} of subscription ${mine} belongs to subscription ${other} at the same time`,
  }));
}
