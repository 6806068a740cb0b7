/**
 * The registry database: a view of the log with constraints.
 *
 * A change is checked in a transaction, its after-images are appended to the log, then it commits; where database and
 * log differ, the log wins. There is one connection, so there is one writer at a time, and readers wait for it.
 */
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, Migrator, sql } from 'kysely';
import { currentBootId } from '../platform/boot-id.ts';
import { TollgridError } from '../platform/errors.ts';
import { REGISTRY_MIGRATIONS } from '../schemas/migrations/index.ts';
import type { RegistryInput } from '../schemas/registry.ts';
import { leaveMark, takeMark } from './clean-mark.ts';
import { identifierConflicts } from './conflicts.ts';
import { keepImage, restoreImage } from './empty-image.ts';
import type { RegistryChange } from './model.ts';
import { pgliteDialect } from './pglite-dialect.ts';
import { planChange, type Known } from './plan.ts';
import { RegistryQueries } from './queries.ts';
import { accountsById, partiesById, storeImages, subscriptionsById, type Database } from './rows.ts';
import type { RegistryTables } from './tables.ts';
import { listError, type Located } from './validate.ts';

export interface RegistryOptions {
  dataDir: string;
  /** Make the database anew even when it was closed in order. */
  rebuild?: boolean;
  /** Tells one start of the machine from the next; tests give their own. */
  bootId?: string;
}

/** A registry entry of the log. */
export interface RegistryEntry {
  entryNo: number;
  changes: readonly RegistryChange[];
}

export interface ChangeResult {
  /** Number of the log entry; null when nothing changed. */
  entryNo: number | null;
  created: number;
  changed: number;
  unchanged: number;
}

/** Makes after-images durable in the log and returns the number of their entry. Must not ask the registry. */
export type AppendChanges = (changes: RegistryChange[]) => Promise<number>;

const CHANGES_PER_TRANSACTION = 10_000;
/** One user and a small database: a tenth of the default buffers saves 130 MB of memory and costs nothing measurable. */
const START_PARAMS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB', '-c', 'wal_buffers=1MB'];

export class Registry {
  readonly queries: RegistryQueries;
  /** The database was made anew: everything must be rolled forward from the log. */
  readonly rebuilt: boolean;
  private readonly client: PGlite;
  private readonly db: Database;
  private readonly markPath: string;
  private readonly bootId: string;
  private appliedEntry: number;
  private behind = false;

  private constructor(opened: Opened, markPath: string, bootId: string) {
    this.client = opened.client;
    this.db = opened.db;
    this.appliedEntry = opened.appliedEntry;
    this.rebuilt = opened.fresh;
    this.markPath = markPath;
    this.bootId = bootId;
    this.queries = new RegistryQueries(this.db);
  }

  static async open({ dataDir, rebuild = false, bootId = currentBootId() }: RegistryOptions): Promise<Registry> {
    const folder = path.join(dataDir, 'registry');
    const markPath = path.join(dataDir, 'registry.clean');
    try {
      await mkdir(dataDir, { recursive: true });
      const mark = takeMark(markPath);
      if (!rebuild && mark?.bootId === bootId) {
        const opened = await openDatabase(folder, false).catch(() => null);
        if (opened?.appliedEntry === mark.appliedEntry) return new Registry(opened, markPath, bootId);
        await opened?.client.close();
      }
      return new Registry(await openEmpty(folder, path.join(dataDir, 'registry.empty')), markPath, bootId);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TollgridError(
        'REGISTRY_UNAVAILABLE',
        `cannot open the registry in ${folder}: ${reason}`,
        {},
        { cause: error },
      );
    }
  }

  /** Number of the last log entry that stands in the database; 0 when none does. */
  applied(): number {
    return this.appliedEntry;
  }

  /** Applies entries of the log, in order; those that stand in the database already are passed over. */
  async roll(entries: AsyncIterable<RegistryEntry> | Iterable<RegistryEntry>): Promise<void> {
    let gathered: RegistryChange[] = [];
    let last = this.appliedEntry;
    for await (const { entryNo, changes } of entries) {
      if (entryNo <= last) continue;
      for (const change of changes) gathered.push(change);
      last = entryNo;
      if (gathered.length >= CHANGES_PER_TRANSACTION) {
        await this.store(gathered, last);
        gathered = [];
      }
    }
    if (last > this.appliedEntry) await this.store(gathered, last);
  }

  /** Puts in whole objects as they stood at entry `entryNo`, unless the database is that far. */
  async restore(chunks: AsyncIterable<readonly RegistryChange[]>, entryNo: number): Promise<void> {
    if (entryNo <= this.appliedEntry) return;
    for await (const changes of chunks) {
      await this.db.transaction().execute((db) => storeImages(db, changes, this.appliedEntry));
    }
    await this.store([], entryNo);
  }

  /**
   * Puts whole objects in the place of what the registry holds; repeated, it changes nothing.
   * Throws REGISTRY_INVALID with all mistakes, REGISTRY_IDENTIFIER_TAKEN, or what `append` threw: then nothing changed.
   */
  async change(requested: readonly (RegistryInput | Located)[], append: AppendChanges): Promise<ChangeResult> {
    if (this.behind) throw behindError();
    const located = requested.map((one): Located => ('input' in one ? one : { input: one }));
    let appended: { entry: RegistryEntry; result: ChangeResult } | null = null;
    try {
      const result = await this.db.transaction().execute(async (db) => {
        const plan = planChange(located, await known(db, located));
        if (plan.mistakes.length > 0) throw listError('REGISTRY_INVALID', plan.mistakes);
        const { changes, created, unchanged } = plan;
        if (changes.length === 0) return { entryNo: null, created, changed: 0, unchanged };

        await storeImages(db, changes, this.appliedEntry);
        await refuseConflicts(db, changes, located);
        const entryNo = await append(changes);
        const result = { entryNo, created, changed: changes.length - created, unchanged };
        appended = { entry: { entryNo, changes }, result };
        await db.updateTable('meta').set({ applied_entry: entryNo }).execute();
        return result;
      });
      if (result.entryNo !== null) this.appliedEntry = result.entryNo;
      return result;
    } catch (error) {
      // TypeScript does not see the assignment inside the transaction's function.
      const durable = appended as { entry: RegistryEntry; result: ChangeResult } | null;
      if (durable === null) throw error;
      await this.follow(durable.entry, error);
      return durable.result;
    }
  }

  async close(): Promise<void> {
    await this.db.destroy();
    await this.client.close();
    if (!this.behind) leaveMark(this.markPath, { bootId: this.bootId, appliedEntry: this.appliedEntry });
  }

  private async store(changes: readonly RegistryChange[], entryNo: number): Promise<void> {
    await this.db.transaction().execute((db) => storeImages(db, changes, entryNo));
    this.appliedEntry = entryNo;
  }

  /** The change is in the log, so it happened; the database has to follow. */
  private async follow({ entryNo, changes }: RegistryEntry, cause: unknown): Promise<void> {
    try {
      await this.store(changes, entryNo);
    } catch {
      this.behind = true;
      throw behindError(cause);
    }
  }
}

interface Opened {
  client: PGlite;
  db: Database;
  appliedEntry: number;
  fresh: boolean;
}

/** An empty database: from the image of one, or else made anew and kept as an image. */
async function openEmpty(folder: string, image: string): Promise<Opened> {
  rmSync(folder, { recursive: true, force: true });
  if (await restoreImage(image, folder)) {
    const opened = await openDatabase(folder, true).catch(() => null);
    if (opened?.appliedEntry === 0) return opened;
    await opened?.client.close();
  }
  // Damaged, or of another version of PostgreSQL.
  rmSync(image, { force: true });
  rmSync(folder, { recursive: true, force: true });
  const { client } = await openDatabase(folder, true);
  await client.close();
  // Without it the next one is made anew too: that costs seconds, and is no reason not to start.
  await keepImage(folder, image).catch(() => undefined);
  return openDatabase(folder, true);
}

async function openDatabase(folder: string, fresh: boolean): Promise<Opened> {
  const client = await PGlite.create({ dataDir: folder, startParams: START_PARAMS });
  try {
    const db = new Kysely<RegistryTables>({ dialect: pgliteDialect(client) });
    await migrate(db);
    const { applied_entry: appliedEntry } = await db.selectFrom('meta').selectAll().executeTakeFirstOrThrow();
    return { client, db, appliedEntry, fresh };
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function migrate(db: Database): Promise<void> {
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

async function known(db: Database, requested: readonly Located[]): Promise<Known> {
  const parties = new Set<string>();
  const accounts = new Set<string>();
  const subscriptions = new Set<string>();
  for (const { input } of requested) {
    if (input.kind === 'party') parties.add(input.id);
    if (input.kind === 'account') (accounts.add(input.id), parties.add(input.partyId));
    if (input.kind === 'subscription') (subscriptions.add(input.id), accounts.add(input.accountId));
  }
  const highest = await db
    .selectNoFrom((no) => [
      no
        .selectFrom('account')
        .select((of) => of.fn.max('no').as('no'))
        .as('account'),
      no
        .selectFrom('subscription')
        .select((of) => of.fn.max('no').as('no'))
        .as('subscription'),
    ])
    .executeTakeFirstOrThrow();
  return {
    parties: await partiesById(db, [...parties]),
    accounts: await accountsById(db, [...accounts]),
    subscriptions: await subscriptionsById(db, [...subscriptions]),
    accountNo: highest.account ?? 0,
    subscriptionNo: highest.subscription ?? 0,
  };
}

async function refuseConflicts(
  db: Database,
  changes: readonly RegistryChange[],
  located: readonly Located[],
): Promise<void> {
  const conflicts = await identifierConflicts(
    db,
    changes.filter((change) => change.kind === 'subscription'),
  );
  if (conflicts.length === 0) return;
  const involved = new Set(conflicts.map(({ subscriptionId }) => subscriptionId));
  const places = new Map(
    located
      .filter(({ input }) => input.kind === 'subscription' && involved.has(input.id))
      .map((one) => [one.input.id, one.at]),
  );
  throw listError(
    'REGISTRY_IDENTIFIER_TAKEN',
    conflicts.map(({ subscriptionId, message }) => {
      const at = places.get(subscriptionId);
      return at === undefined ? message : `${at}: ${message}`;
    }),
  );
}

function behindError(cause?: unknown): TollgridError {
  return new TollgridError('REGISTRY_BEHIND', 'the registry database is behind the log', {}, { cause });
}
