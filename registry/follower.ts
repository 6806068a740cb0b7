/** How far a database is, and how it gets to where the log is. Position and objects change in one transaction. */
import { appliedIn, empty } from './database.ts';
import type { RegistryChange } from './model.ts';
import { storeImages, type Database } from './rows.ts';

/** A registry entry of the log. */
export interface RegistryEntry {
  entryNo: number;
  changes: readonly RegistryChange[];
}

/** The registry as the log has it. */
export interface LoggedRegistry {
  /** A database that is further than this entry is none of this log. */
  readonly lastNo: number;
  /** Up to this entry the log's changes may be gone: `extracted` has whole objects as they stood then. */
  readonly extractedNo: number;
  extracted(): AsyncIterable<readonly RegistryChange[]>;
  behind(entryNo: number): AsyncIterable<RegistryEntry>;
}

const CHANGES_PER_TRANSACTION = 10_000;

export class Follower {
  /** Last log entry that stands in the database; 0 when none does. */
  applied = 0;
  /** A change is in the log that the database could not store. */
  isBehind = false;
  private readonly logged: LoggedRegistry | undefined;

  constructor(logged: LoggedRegistry | undefined) {
    this.logged = logged;
  }

  /** Looks how far the database is, and brings it to where the log is. Where they differ, the log wins. */
  async catchUp(db: Database): Promise<void> {
    this.applied = await appliedIn(db);
    if (this.logged === undefined) return;
    if (this.applied > this.logged.lastNo) {
      await empty(db);
      this.applied = 0;
    }
    await this.restore(db, this.logged.extracted(), this.logged.extractedNo);
    await this.roll(db, this.logged.behind(this.applied));
    this.isBehind = false;
  }

  async roll(db: Database, entries: AsyncIterable<RegistryEntry> | Iterable<RegistryEntry>): Promise<void> {
    let gathered: RegistryChange[] = [];
    let last = this.applied;
    for await (const { entryNo, changes } of entries) {
      if (entryNo <= last) continue;
      for (const change of changes) gathered.push(change);
      last = entryNo;
      if (gathered.length >= CHANGES_PER_TRANSACTION) {
        await this.store(db, gathered, last);
        gathered = [];
      }
    }
    if (last > this.applied) await this.store(db, gathered, last);
  }

  async store(db: Database, changes: readonly RegistryChange[], entryNo: number): Promise<void> {
    await db.transaction().execute((inner) => storeImages(inner, changes, entryNo));
    this.applied = entryNo;
  }

  private async restore(
    db: Database,
    chunks: AsyncIterable<readonly RegistryChange[]>,
    entryNo: number,
  ): Promise<void> {
    if (entryNo <= this.applied) return;
    for await (const changes of chunks) await this.store(db, changes, this.applied);
    await this.store(db, [], entryNo);
  }
}
