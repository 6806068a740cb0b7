/**
 * The registry database: a view of the log with constraints.
 *
 * A change is checked in a transaction, its after-images are appended to the log, then it commits; where database and
 * log differ, the log wins. The database has one connection, so there is one writer at a time, and readers wait for it.
 */
import { currentBootId } from '../platform/boot-id.ts';
import { TollgridError } from '../platform/errors.ts';
import type { RegistryInput } from '../schemas/registry.ts';
import { identifierConflicts } from './conflicts.ts';
import type { RegistryDatabase } from './database.ts';
import { Follower, type LoggedRegistry, type RegistryEntry } from './follower.ts';
import type { RegistryChange } from './model.ts';
import { planChange, type Known } from './plan.ts';
import { RegistryQueries } from './queries.ts';
import { accountsById, partiesById, storeImages, subscriptionsById, type Database } from './rows.ts';
import type { RegistryServer } from './server-database.ts';
import { listError, type Located } from './validate.ts';

export interface RegistryOptions {
  dataDir: string;
  /** PostgreSQL there, instead of PGlite in the data directory. */
  server?: RegistryServer;
  /** A server that does not answer is waited for; whoever has enough of it throws. */
  waiting?(error: TollgridError, waitedMs: number): void;
  /** What the database is brought up to: when it is opened, and whenever it was lost or could not store a change. */
  logged?: LoggedRegistry;
  /** Make the database anew even when it was closed in order. */
  rebuild?: boolean;
  /** Tells one start of the machine from the next; tests give their own. */
  bootId?: string;
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

export class Registry {
  readonly queries: RegistryQueries;
  /** The database held nothing: everything had to be, or must be, rolled forward from the log. */
  readonly rebuilt: boolean;
  private readonly database: RegistryDatabase;
  private readonly db: Database;
  private readonly follower: Follower;
  /** The change before is done: it is stored, or known to be missing. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(database: RegistryDatabase, follower: Follower) {
    this.database = database;
    this.db = database.db;
    this.rebuilt = database.fresh;
    this.follower = follower;
    this.queries = new RegistryQueries(this.db);
  }

  static async open(options: RegistryOptions): Promise<Registry> {
    const { dataDir, server, logged, waiting, rebuild = false, bootId = currentBootId() } = options;
    const follower = new Follower(logged);
    try {
      if (server === undefined) {
        const { openEmbedded } = await import('./embedded-database.ts');
        const database = await openEmbedded({ dataDir, rebuild, bootId });
        await follower.catchUp(database.db);
        return new Registry(database, follower);
      }
      const { openServer } = await import('./server-database.ts');
      const database = await openServer({
        ...{ dataDir, server, onConnected: (db) => follower.catchUp(db) },
        ...(waiting !== undefined && { waiting }),
      });
      return new Registry(database, follower);
    } catch (error) {
      if (error instanceof TollgridError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new TollgridError(
        'REGISTRY_UNAVAILABLE',
        `cannot open the registry in ${dataDir}: ${reason}`,
        {},
        { cause: error },
      );
    }
  }

  /** Number of the last log entry that stands in the database; 0 when none does. */
  applied(): number {
    return this.follower.applied;
  }

  /** Applies entries of the log, in order; those that stand in the database already are passed over. */
  roll(entries: AsyncIterable<RegistryEntry> | Iterable<RegistryEntry>): Promise<void> {
    return this.follower.roll(this.db, entries);
  }

  /**
   * Puts whole objects in the place of what the registry holds; repeated, it changes nothing.
   * Throws REGISTRY_INVALID with all mistakes, REGISTRY_IDENTIFIER_TAKEN, or what `append` threw: then nothing changed.
   */
  change(requested: readonly (RegistryInput | Located)[], append: AppendChanges): Promise<ChangeResult> {
    const done = this.turn.then(() => this.changeNow(requested, append));
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async changeNow(
    requested: readonly (RegistryInput | Located)[],
    append: AppendChanges,
  ): Promise<ChangeResult> {
    await this.requireUpToDate();
    const located = requested.map((one): Located => ('input' in one ? one : { input: one }));
    let appended: { entry: RegistryEntry; result: ChangeResult } | null = null;
    try {
      const result = await this.db.transaction().execute(async (db) => {
        const plan = planChange(located, await known(db, located));
        if (plan.mistakes.length > 0) throw listError('REGISTRY_INVALID', plan.mistakes);
        const { changes, created, unchanged } = plan;
        if (changes.length === 0) return { entryNo: null, created, changed: 0, unchanged };

        await storeImages(db, changes, this.follower.applied);
        await refuseConflicts(db, changes, located);
        const entryNo = await append(changes);
        const result = { entryNo, created, changed: changes.length - created, unchanged };
        appended = { entry: { entryNo, changes }, result };
        await db.updateTable('meta').set({ applied_entry: entryNo }).execute();
        return result;
      });
      if (result.entryNo !== null) this.follower.applied = result.entryNo;
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
    await this.database.close(this.follower.isBehind ? null : this.follower.applied);
  }

  private async requireUpToDate(): Promise<void> {
    if (!this.follower.isBehind) return;
    await this.follower.catchUp(this.db).catch((error: unknown) => {
      throw behindError(error);
    });
    if (this.follower.isBehind) throw behindError();
  }

  /** The change is in the log, so it happened; the database has to follow. */
  private async follow({ entryNo, changes }: RegistryEntry, cause: unknown): Promise<void> {
    this.follower.isBehind = true;
    try {
      // Where the connection was lost, a new one has caught up from the log before this is done once more.
      await this.follower.store(this.db, changes, entryNo);
      this.follower.isBehind = false;
    } catch {
      throw behindError(cause);
    }
  }
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
