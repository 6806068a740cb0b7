/** Kysely over one connection to PostgreSQL, handed out to one user at a time. */
import {
  CompiledQuery,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';

/** Numbers, texts and truth values come as those of JavaScript, 64-bit integers as numbers. */
export interface Connection {
  query<R>(text: string, parameters: readonly unknown[]): Promise<{ rows: R[]; affectedRows?: number | undefined }>;
}

/** `connection` is asked before each use for the one that stands. */
export function oneConnection(connection: () => Promise<Connection>): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new OneConnectionDriver(connection),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class OneConnectionDriver implements Driver {
  private readonly connection: () => Promise<Connection>;
  /** Resolves when the user before has given the connection back. */
  private turn: Promise<void> = Promise.resolve();
  private giveBack: () => void = () => {};

  constructor(connection: () => Promise<Connection>) {
    this.connection = connection;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.turn;
    let release = () => {};
    this.turn = new Promise((resolve) => (release = resolve));
    await before;
    try {
      const standing = new StandingConnection(await this.connection());
      this.giveBack = release;
      return standing;
    } catch (error) {
      release();
      throw error;
    }
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // With a lost connection its transaction is gone too; what is told is why it was lost.
    await connection.executeQuery(CompiledQuery.raw('rollback')).catch(() => undefined);
  }

  async releaseConnection(): Promise<void> {
    this.giveBack();
  }

  /** The connection belongs to whoever made it. */
  async destroy(): Promise<void> {}
}

class StandingConnection implements DatabaseConnection {
  private readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, affectedRows } = await this.connection.query<R>(query.sql, [...query.parameters]);
    return affectedRows === undefined ? { rows } : { rows, numAffectedRows: BigInt(affectedRows) };
  }

  // The interface wants it; one connection has no place for cursors.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('one connection cannot stream');
  }
}
