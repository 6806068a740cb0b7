/** FTP (RFC 959, 3659) and FTPS (RFC 4217) as a remote folder, by the package basic-ftp. Passive transfers only. */
import { PassThrough } from 'node:stream';
import { Client, FileType, FTPError, type FileInfo } from 'basic-ftp';
import { TollgridError } from '../../platform/errors.ts';
import { FileTrouble, remotePath } from '../remote-files/index.ts';
import type { RemoteEntry, RemoteServer, RemoteSession, RemoteStat } from '../remote-files/index.ts';

export interface FtpOptions {
  host: string;
  port: number;
  user: string;
  password: string;
  /** `explicit`: AUTH TLS on the plain port. `implicit`: TLS from the first byte. */
  tls: 'explicit' | 'implicit' | 'none';
  verifyCertificate: boolean;
  ca?: Buffer | undefined;
  stallSeconds: number;
}

/** A listing is text that is parsed whole: about 150,000 names. */
const LISTING_BYTES_MAX = 16 * 1024 * 1024;
/** Listings without seconds: a time that was asked for later than this after the change holds while the line is the same. */
const SETTLED_AFTER_MS = 120_000;

const NOT_FOUND = 550;
const LOGIN_REFUSED = 530;
const CLOSING = 421;

interface KnownTime {
  line: string;
  stat: RemoteStat;
}

/** Times that were asked for one by one, of servers whose listings have none to rely on. */
class Times {
  private known = new Map<string, KnownTime>();
  private listed = new Map<string, string>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** A listing begins: what is not in it is forgotten. */
  list(files: readonly { path: string; line: string }[]): void {
    this.listed = new Map(files.map(({ path, line }) => [path, line]));
    this.known = new Map([...this.known].filter(([path, { line }]) => this.listed.get(path) === line));
  }

  of(path: string): number | null {
    return this.known.get(path)?.stat.modifiedMs ?? null;
  }

  add(path: string, stat: RemoteStat): void {
    const line = this.listed.get(path);
    if (line !== undefined && this.now() - stat.modifiedMs > SETTLED_AFTER_MS) this.known.set(path, { line, stat });
  }
}

export class FtpServer implements RemoteServer {
  readonly where: string;
  private readonly options: FtpOptions;
  private readonly times: Times;

  constructor(options: FtpOptions, now: () => number) {
    this.options = options;
    this.where = `${options.tls === 'none' ? 'ftp' : 'ftps'}://${options.user}@${options.host}:${options.port}`;
    this.times = new Times(now);
  }

  /** Errors: SOURCE_CERTIFICATE_REFUSED, SOURCE_LOGIN_REFUSED, SOURCE_UNREACHABLE. */
  async connect(): Promise<RemoteSession> {
    const { host, port, user, password, tls, verifyCertificate, ca, stallSeconds } = this.options;
    const client = new Client(stallSeconds * 1000, { maxListingBytes: LISTING_BYTES_MAX });
    const secureOptions = { rejectUnauthorized: verifyCertificate, ...(ca !== undefined && { ca }) };
    const secure = tls === 'none' ? false : tls === 'explicit' ? true : ('implicit' as const);
    try {
      await client.access({ host, port, user, password, secure, secureOptions });
    } catch (error) {
      client.close();
      throw this.failure(error as Error);
    }
    return new FtpSession(client, this.where, this.times);
  }

  private failure(error: Error & { code?: unknown }): TollgridError {
    const { code, message } = error;
    const told = `${this.where}: ${message}`;
    if (code === LOGIN_REFUSED) return new TollgridError('SOURCE_LOGIN_REFUSED', told, {}, { cause: error });
    const certificate = typeof code === 'string' && /CERT|SIGNATURE|CRL|TLS_/.test(code);
    const kind = certificate ? 'SOURCE_CERTIFICATE_REFUSED' : 'SOURCE_UNREACHABLE';
    return new TollgridError(kind, told, {}, { cause: error });
  }
}

class FtpSession implements RemoteSession {
  private readonly client: Client;
  private readonly where: string;
  private readonly times: Times;

  constructor(client: Client, where: string, times: Times) {
    this.client = client;
    this.where = where;
    this.times = times;
  }

  async *list(directory: string): AsyncGenerator<RemoteEntry[]> {
    const found = await this.ask(() => this.client.list(directory)).catch((error: unknown) => {
      if (!(error instanceof FileTrouble)) throw error;
      throw new TollgridError('SOURCE_UNREACHABLE', `${this.where}${directory} cannot be listed: ${error.message}`);
    });
    const undated = found.filter(({ modifiedAt }) => modifiedAt === undefined);
    this.times.list(
      undated.map(({ name, size, rawModifiedAt }) => ({
        path: remotePath(directory, name),
        line: `${size} ${rawModifiedAt}`,
      })),
    );
    yield found.map((file) => this.entryOf(directory, file));
  }

  private entryOf(directory: string, { name, type, size, modifiedAt }: FileInfo): RemoteEntry {
    const kind = type === FileType.File ? 'file' : type === FileType.SymbolicLink ? 'link' : 'other';
    const modifiedMs = modifiedAt?.getTime() ?? this.times.of(remotePath(directory, name));
    return { name, kind, sizeBytes: size, modifiedMs };
  }

  async stat(path: string): Promise<RemoteStat | null> {
    try {
      const sizeBytes = await this.ask(() => this.client.size(path));
      const modifiedMs = (await this.ask(() => this.client.lastMod(path))).getTime();
      const stat = { sizeBytes, modifiedMs };
      this.times.add(path, stat);
      return stat;
    } catch (error) {
      if (error instanceof FileTrouble && (error.cause as FTPError).code === NOT_FOUND) return null;
      throw error;
    }
  }

  async *read(path: string, offset: number): AsyncGenerator<Uint8Array> {
    const stream = new PassThrough({ highWaterMark: 256 * 1024 });
    const transfer = this.ask(() => this.client.downloadTo(stream, path, offset));
    // Also when the library ends the stream first: a broken transfer must not look like the end of the file.
    transfer.catch((error: Error) => stream.destroy(error));
    try {
      yield* stream as AsyncIterable<Uint8Array>;
      await transfer;
    } finally {
      stream.destroy();
      await transfer.catch(() => undefined);
    }
  }

  async move(from: string, to: string): Promise<void> {
    await this.ask(() => this.client.rename(from, to));
  }

  async remove(path: string): Promise<void> {
    await this.ask(() => this.client.remove(path));
  }

  close(): void {
    this.client.close();
  }

  private async ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      const { message } = error as Error;
      if (error instanceof FTPError && error.code !== CLOSING && !this.client.closed)
        throw new FileTrouble(message, { cause: error });
      this.client.close();
      throw new TollgridError('SOURCE_TRANSFER_BROKEN', `${this.where}: ${message}`, {}, { cause: error });
    }
  }
}
