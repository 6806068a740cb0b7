/**
 * The registry on a PostgreSQL server, over one connection that is made anew whenever it was lost.
 *
 * Whoever uses the database holds an advisory lock of its session, so a second Tollgrid is refused, and so is one whose
 * session the server still keeps: what was begun there ends before anybody else writes. And the database names whose log
 * it follows, by a word that is renewed with each connection and kept in the data directory: a database that another
 * installation, or a copy of this one, has written meanwhile is told by it.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Kysely } from 'kysely';
import { Client, DatabaseError, types } from 'pg';
import { makeDirectory, writeFileDurably } from '../platform/durable-file.ts';
import { TollgridError } from '../platform/errors.ts';
import { appliedIn, migrate, type RegistryDatabase } from './database.ts';
import { oneConnection, type Connection } from './one-connection.ts';
import type { Database } from './rows.ts';
import type { RegistryTables } from './tables.ts';

export interface RegistryServer {
  /** `postgres://host:port/database`; `postgres:///database?host=/folder` for a socket of this machine. */
  url: string;
  user?: string;
  password?: string;
  /** The server's certificate is verified, against this authority (PEM) or those of the system. */
  tls?: { ca?: string };
}

export interface ServerOptions {
  dataDir: string;
  server: RegistryServer;
  /** What has to be done with each new connection before it is used. */
  onConnected(db: Database): Promise<void>;
  /** A server that does not answer is waited for when the database is opened; whoever has enough of it throws. */
  waiting?(error: TollgridError, waitedMs: number): void;
}

const TRY_AGAIN_MS = 250;
/** How long the server may take to notice that our own session before this one has ended. */
const LEFT_OVER_MS = 10_000;
const CONNECT_MS = 10_000;
/** The longest statement stores ten thousand objects. */
const STATEMENT_MS = 120_000;
/** Advisory locks belong to a database; these two numbers say what for. */
const LOCK = [0x746f_6c6c, 1] as const;
const INT8 = 20;

export async function openServer(options: ServerOptions): Promise<RegistryDatabase> {
  const database = new ServerDatabase(options);
  await database.open();
  return database;
}

class ServerDatabase implements RegistryDatabase {
  readonly db: Database;
  fresh = false;
  private readonly options: ServerOptions;
  private readonly ownerFile: string;
  /** Words that the database may name: the last, and the one that was about to take its place. */
  private words: string[];
  /** Null when it was lost. */
  private client: Client | null = null;
  private closed = false;

  constructor(options: ServerOptions) {
    this.options = options;
    this.ownerFile = path.join(options.dataDir, 'registry.server');
    this.words = readWords(this.ownerFile);
    this.db = new Kysely<RegistryTables>({
      dialect: oneConnection(async () => this.connectionOf(await this.standing())),
    });
  }

  async open(): Promise<void> {
    await makeDirectory(this.options.dataDir);
    for (const startedMs = performance.now(); ;) {
      try {
        this.client = await this.connect();
        return;
      } catch (error) {
        const { waiting } = this.options;
        if (waiting === undefined || !isSilence(error)) throw error;
        waiting(error, performance.now() - startedMs);
        await setTimeout(TRY_AGAIN_MS);
      }
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const { client } = this;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  private async standing(): Promise<Client> {
    if (this.closed) throw new TollgridError('STOPPING', 'Tollgrid is stopping.');
    return (this.client ??= await this.connect());
  }

  private async connect(): Promise<Client> {
    const word = randomUUID();
    const client = new Client({
      ...addressOf(this.options.server),
      application_name: `${APPLICATION}${word}`,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: STATEMENT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: CONNECT_MS,
      types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)) },
    });
    const lost = (): void => {
      if (this.client === client) this.client = null;
    };
    client.on('error', lost);
    client.on('end', lost);
    try {
      await client.connect();
      const connection = this.connectionOf(client);
      // A machine that vanished must not keep the lock for hours.
      for (const [name, seconds] of Object.entries({ idle: 15, interval: 5, count: 3 })) {
        await connection.query(`set tcp_keepalives_${name} = ${seconds}`, []);
      }
      await this.lock(connection);
      const db = new Kysely<RegistryTables>({ dialect: oneConnection(async () => connection) });
      await migrate(db);
      await this.own(db, word);
      await this.options.onConnected(db);
      return client;
    } catch (error) {
      void client.end().catch(() => undefined);
      throw unavailable(error);
    }
  }

  private async lock(connection: Connection): Promise<void> {
    for (const startedMs = performance.now(); ;) {
      const { rows } = await connection.query<{ taken: boolean }>('select pg_try_advisory_lock($1, $2) as taken', LOCK);
      if (rows[0].taken) return;
      const { rows: holders } = await connection.query<Holder>(HOLDER, LOCK);
      const [holder] = holders;
      const isOurs = holder === undefined || this.words.includes(holder.application.slice(APPLICATION.length));
      if (!isOurs || performance.now() - startedMs > LEFT_OVER_MS) {
        const who = holder === undefined ? '' : ` by session ${holder.pid} of ${holder.client ?? 'its own machine'}`;
        throw new TollgridError('REGISTRY_IN_USE', `The registry database is in use${who}.`, { ...holder });
      }
      await setTimeout(TRY_AGAIN_MS);
    }
  }

  /** The word is in our file before it is in the database: whenever this is cut off, the file knows the database's. */
  private async own(db: Database, word: string): Promise<void> {
    const { owner } = await db.selectFrom('meta').select('owner').executeTakeFirstOrThrow();
    if (owner !== null && !this.words.includes(owner)) {
      throw new TollgridError('REGISTRY_FOREIGN', 'The registry database follows the log of another installation.');
    }
    this.fresh = owner === null || (await appliedIn(db)) === 0;
    this.words = [...(owner === null ? [] : [owner]), word];
    await writeFileDurably(this.ownerFile, JSON.stringify({ words: this.words }));
    await db.updateTable('meta').set({ owner: word }).execute();
  }

  private connectionOf(client: Client): Connection {
    return {
      query: async (text, parameters) => {
        try {
          const { rows, rowCount } = await client.query(text, [...parameters]);
          return { rows, affectedRows: rowCount ?? undefined };
        } catch (error) {
          if (error instanceof DatabaseError && !isLoss(error)) throw error;
          // Nobody knows what became of the statement: the session ends, and with it what was not committed.
          if (this.client === client) this.client = null;
          void client.end().catch(() => undefined);
          throw unavailable(error);
        }
      },
    };
  }
}

const APPLICATION = 'tollgrid ';

interface Holder {
  pid: number;
  application: string;
  client: string | null;
}

const HOLDER = `
  select a.pid, a.application_name as application, host(a.client_addr) as client
    from pg_locks l join pg_stat_activity a using (pid)
   where l.locktype = 'advisory' and l.granted and l.classid = $1::int::oid and l.objid = $2::int::oid
     and l.database = (select oid from pg_database where datname = current_database())`;

function addressOf({ url, user, password, tls }: RegistryServer) {
  const { hostname, port, pathname, searchParams } = new URL(url);
  return {
    host: searchParams.get('host') ?? (hostname || 'localhost'),
    port: port === '' ? 5432 : Number(port),
    database: decodeURIComponent(pathname.slice(1)),
    // Without one the client would ask the environment and a file of the user's: neither is our configuration.
    user: user ?? 'tollgrid',
    password: password ?? '',
    ssl: tls === undefined ? false : { rejectUnauthorized: true, ...(tls.ca !== undefined && { ca: tls.ca }) },
  };
}

/** The server ends sessions, starts or has no room; or the connection broke. */
function isLoss({ code = '' }: DatabaseError): boolean {
  return /^(08|53|57P)/.test(code);
}

/** Waiting may help: neither the password, the database nor a right is wrong. */
function isSilence(error: unknown): error is TollgridError {
  if (!(error instanceof TollgridError) || error.code !== 'REGISTRY_UNAVAILABLE') return false;
  return !(error.cause instanceof DatabaseError) || isLoss(error.cause);
}

function unavailable(error: unknown): TollgridError {
  if (error instanceof TollgridError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const message = `the registry database does not serve: ${reason}`;
  return new TollgridError('REGISTRY_UNAVAILABLE', message, { retryAfterSeconds: 5 }, { cause: error });
}

function readWords(file: string): string[] {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { words: string[] }).words;
  } catch {
    return [];
  }
}
