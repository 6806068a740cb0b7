/** SFTP (draft-ietf-secsh-filexfer-02, protocol 3) as a remote folder, by the package ssh2. */
import { createHash } from 'node:crypto';
import { Client, type ConnectConfig, type FileEntryWithStats, type SFTPWrapper } from 'ssh2';
import { TollgridError } from '../../platform/errors.ts';
import { FileTrouble } from '../remote-files/index.ts';
import type { RemoteEntry, RemoteServer, RemoteSession, RemoteStat } from '../remote-files/index.ts';

export interface SftpOptions {
  host: string;
  port: number;
  user: string;
  password?: string | undefined;
  privateKey?: Buffer | undefined;
  passphrase?: string | undefined;
  /** `SHA256:...` as ssh-keygen -l prints it; one of them must be the server's. */
  hostKeys: readonly string[];
  connectSeconds: number;
  stallSeconds: number;
}

const CHUNK_BYTES = 32 * 1024;
/** Requests under way: a line of 100 ms still carries 10 MB/s. */
const CHUNKS_AHEAD = 32;

const STATUS_EOF = 1;
const STATUS_NO_SUCH_FILE = 2;
/** Permission denied, failure, unsupported: the answer to one request. Above these the connection is lost. */
const STATUS_OF_FILE = new Set([STATUS_NO_SUCH_FILE, 3, 4, 8]);

const KIND_MASK = 0o170000;
const KINDS: Readonly<Record<number, RemoteEntry['kind']>> = { 0o100000: 'file', 0o120000: 'link' };

export class SftpServer implements RemoteServer {
  readonly where: string;
  private readonly options: SftpOptions;

  constructor(options: SftpOptions) {
    this.options = options;
    this.where = `sftp://${options.user}@${options.host}:${options.port}`;
  }

  /** Errors: SOURCE_HOST_KEY_CHANGED, SOURCE_LOGIN_REFUSED, SOURCE_UNREACHABLE. */
  async connect(): Promise<RemoteSession> {
    const client = new Client();
    let refusal: TollgridError | null = null;
    const verify = (key: Buffer): boolean => {
      const seen = fingerprint(key);
      if (this.options.hostKeys.includes(seen)) return true;
      refusal = new TollgridError('SOURCE_HOST_KEY_CHANGED', `${this.where} shows the host key ${seen}`);
      return false;
    };
    try {
      await new Promise<void>((resolve, reject) => {
        client.once('ready', resolve);
        client.once('close', () => reject(new Error('the connection was closed')));
        client.on('error', reject);
        client.connect(this.settings(verify));
      });
      const sftp = await within<SFTPWrapper>(this.options.stallSeconds, (done) => client.sftp(done));
      return new SftpSession(client, sftp, this.where, this.options.stallSeconds);
    } catch (error) {
      client.destroy();
      throw refusal ?? this.failure(error as Error & { level?: string });
    }
  }

  private settings(hostVerifier: (key: Buffer) => boolean): ConnectConfig {
    const { host, port, user, password, privateKey, passphrase, connectSeconds, stallSeconds } = this.options;
    return {
      ...{ host, port, username: user, hostVerifier, readyTimeout: connectSeconds * 1000 },
      ...(password !== undefined && { password }),
      ...(privateKey !== undefined && { privateKey }),
      ...(passphrase !== undefined && { passphrase }),
      keepaliveInterval: Math.max(1000, (stallSeconds * 1000) / 3),
      keepaliveCountMax: 3,
    };
  }

  private failure(error: Error & { level?: string }): TollgridError {
    const refused = error.level === 'client-authentication' || /parse privateKey|passphrase/i.test(error.message);
    const code = refused ? 'SOURCE_LOGIN_REFUSED' : 'SOURCE_UNREACHABLE';
    return new TollgridError(code, `${this.where}: ${error.message}`, {}, { cause: error });
  }
}

function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

class SftpSession implements RemoteSession {
  private readonly client: Client;
  private readonly sftp: SFTPWrapper;
  private readonly where: string;
  private readonly stallSeconds: number;

  constructor(client: Client, sftp: SFTPWrapper, where: string, stallSeconds: number) {
    this.client = client;
    this.sftp = sftp;
    this.where = where;
    this.stallSeconds = stallSeconds;
  }

  async *list(directory: string): AsyncGenerator<RemoteEntry[]> {
    const handle = await this.ask<Buffer>((done) => this.sftp.opendir(directory, done)).catch((error: unknown) => {
      if (!(error instanceof FileTrouble)) throw error;
      throw new TollgridError('SOURCE_UNREACHABLE', `${this.where}${directory} cannot be listed: ${error.message}`);
    });
    try {
      for (;;) {
        const portion = await this.portion(handle);
        if (portion === null) return;
        yield portion.map(entryOf);
      }
    } finally {
      await this.end(handle);
    }
  }

  private portion(handle: Buffer): Promise<FileEntryWithStats[] | null> {
    return this.ask<FileEntryWithStats[] | null>((done) =>
      this.sftp.readdir(handle, (error, list) => {
        if ((error as { code?: number } | undefined)?.code === STATUS_EOF) done(undefined, null);
        else done(error, list);
      }),
    );
  }

  async stat(path: string): Promise<RemoteStat | null> {
    const stats = await this.ask<{ size: number; mtime: number } | null>((done) =>
      this.sftp.lstat(path, (error, found) => {
        if ((error as { code?: number } | undefined)?.code === STATUS_NO_SUCH_FILE) done(undefined, null);
        else done(error, found);
      }),
    );
    return stats === null ? null : { sizeBytes: stats.size, modifiedMs: stats.mtime * 1000 };
  }

  /** Many requests under way, given on in order. */
  async *read(path: string, offset: number): AsyncGenerator<Uint8Array> {
    const handle = await this.ask<Buffer>((done) => this.sftp.open(path, 'r', done));
    const ahead: Promise<Uint8Array>[] = [];
    let at = offset;
    try {
      for (;;) {
        while (ahead.length < CHUNKS_AHEAD) {
          const chunk = this.readChunk(handle, at);
          // Awaited below, in turn; a failure before that is not unhandled.
          chunk.catch(() => undefined);
          ahead.push(chunk);
          at += CHUNK_BYTES;
        }
        const bytes = await ahead.shift()!;
        if (bytes.length > 0) yield bytes;
        if (bytes.length < CHUNK_BYTES) return;
      }
    } finally {
      await this.end(handle);
    }
  }

  /** Shorter only at the end of the file: a server may give less than was asked for. */
  private async readChunk(handle: Buffer, offset: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let filled = 0;
    while (filled < CHUNK_BYTES) {
      const got = await this.ask<number>((done) =>
        this.sftp.read(handle, buffer, filled, CHUNK_BYTES - filled, offset + filled, (error, bytes) => {
          if ((error as { code?: number } | undefined)?.code === STATUS_EOF) done(undefined, 0);
          else done(error, bytes);
        }),
      );
      if (got === 0) break;
      filled += got;
    }
    return buffer.subarray(0, filled);
  }

  async move(from: string, to: string): Promise<void> {
    await this.ask<void>((done) => this.sftp.rename(from, to, done));
  }

  async remove(path: string): Promise<void> {
    await this.ask<void>((done) => this.sftp.unlink(path, done));
  }

  close(): void {
    this.client.destroy();
  }

  private async end(handle: Buffer): Promise<void> {
    await this.ask<void>((done) => this.sftp.close(handle, done)).catch(() => undefined);
  }

  private async ask<T>(request: (done: Done<T>) => void): Promise<T> {
    try {
      return await within<T>(this.stallSeconds, request);
    } catch (error) {
      const { code, message } = error as Error & { code?: unknown };
      if (typeof code === 'number' && STATUS_OF_FILE.has(code) && message !== NO_ANSWER)
        throw new FileTrouble(message, { cause: error });
      this.client.destroy();
      throw new TollgridError('SOURCE_TRANSFER_BROKEN', `${this.where}: ${message}`, {}, { cause: error });
    }
  }
}

/** What ssh2 gives requests whose connection ended. */
const NO_ANSWER = 'No response from server';
type Done<T> = (error: Error | null | undefined | void, value?: T) => void;

function within<T>(seconds: number, request: (done: Done<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer within ${seconds} s`)), seconds * 1000);
    const done: Done<T> = (error, value) => {
      clearTimeout(late);
      if (error) reject(error);
      else resolve(value as T);
    };
    try {
      request(done);
    } catch (error) {
      done(error as Error);
    }
  });
}

function entryOf({ filename, attrs }: FileEntryWithStats): RemoteEntry {
  return {
    name: filename,
    kind: KINDS[attrs.mode & KIND_MASK] ?? 'other',
    sizeBytes: attrs.size,
    modifiedMs: attrs.mtime * 1000,
  };
}
