/** Where the registry's tables are: PGlite in this process, or a PostgreSQL server. Both speak SQL, so a port has little to say. */
import { Migrator, sql, type Kysely } from 'kysely';
import { REGISTRY_MIGRATIONS } from '../schemas/migrations/index.ts';
import type { Database } from './rows.ts';

export interface RegistryDatabase {
  /** One connection: one writer at a time, and readers wait for it. Tables are made. */
  readonly db: Database;
  /** It held nothing when it was opened. */
  readonly fresh: boolean;
  /** `appliedEntry`: the last entry that stands in it; null when that is not certain. */
  close(appliedEntry: number | null): Promise<void>;
}

export async function migrate(db: Database): Promise<void> {
  const migrations = Object.fromEntries(
    REGISTRY_MIGRATIONS.map(({ name, statements }) => [
      name,
      {
        up: async (inner: Kysely<unknown>) => {
          for (const statement of statements) await sql.raw(statement).execute(inner);
        },
      },
    ]),
  );
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error(String(error));
}

/** Number of the last log entry that stands in the database; 0 when none does. */
export async function appliedIn(db: Database): Promise<number> {
  return (await db.selectFrom('meta').select('applied_entry').executeTakeFirstOrThrow()).applied_entry;
}

/** Takes everything out, so that it can be rolled forward from the start. */
export async function empty(db: Database): Promise<void> {
  await db.transaction().execute(async (inner) => {
    await sql`truncate party, account, subscription, identifier, tariff_assignment`.execute(inner);
    await inner.updateTable('meta').set({ applied_entry: 0 }).execute();
  });
}
