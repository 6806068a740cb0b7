/** A server that holds files in memory, with faults. */
import {
  FileTrouble,
  type RemoteEntry,
  type RemoteServer,
  type RemoteSession,
  type RemoteStat,
} from '../../../collectors/remote-files/index.ts';
import { TollgridError } from '../../../platform/errors.ts';

interface Held {
  text: string;
  modifiedMs: number;
}

export class FakeServer implements RemoteServer {
  readonly where = 'fake://server';
  readonly files = new Map<string, Held>();
  /** Entries of the listing besides the files. */
  readonly others: RemoteEntry[] = [];
  /** Offsets that reading began at, by path. */
  readonly reads: [path: string, offset: number][] = [];
  /** Bytes until the connection breaks. */
  breakAfter = Infinity;
  /** Paths that cannot be read without the connection breaking. */
  readonly breaking = new Set<string>();
  refuseMoves = false;
  /** Paths that somebody tried to move. */
  readonly moves: string[] = [];
  /** Paths that nobody may read. */
  readonly unreadable = new Set<string>();
  /** Done when a file is read to its end. */
  whileReading: () => void = () => undefined;

  write(path: string, text: string, modifiedMs = 1000): void {
    this.files.set(path, { text, modifiedMs });
  }

  names(folder: string): string[] {
    return [...this.files.keys()]
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1));
  }

  connect(): Promise<RemoteSession> {
    return Promise.resolve(new FakeSession(this));
  }
}

class FakeSession implements RemoteSession {
  private readonly server: FakeServer;

  constructor(server: FakeServer) {
    this.server = server;
  }

  async *list(directory: string): AsyncGenerator<RemoteEntry[]> {
    const { files, others } = this.server;
    for (const [path, { text, modifiedMs }] of files) {
      const name = path.slice(directory.length + 1);
      if (path.startsWith(`${directory}/`) && !name.includes('/'))
        yield [{ name, kind: 'file', sizeBytes: Buffer.byteLength(text), modifiedMs }];
    }
    yield others;
  }

  stat(path: string): Promise<RemoteStat | null> {
    const file = this.server.files.get(path);
    return Promise.resolve(
      file === undefined ? null : { sizeBytes: Buffer.byteLength(file.text), modifiedMs: file.modifiedMs },
    );
  }

  async *read(path: string, offset: number): AsyncGenerator<Uint8Array> {
    const { server } = this;
    server.reads.push([path, offset]);
    if (server.unreadable.has(path)) throw new FileTrouble('permission denied');
    const bytes = Buffer.from(server.files.get(path)!.text);
    for (let at = offset; at < bytes.length; at += 4) {
      if (server.breakAfter <= 0 || server.breaking.has(path)) {
        server.breakAfter = Infinity;
        throw new TollgridError('SOURCE_TRANSFER_BROKEN', 'broken');
      }
      server.breakAfter -= 4;
      yield bytes.subarray(at, at + 4);
    }
    server.whileReading();
  }

  move(from: string, to: string): Promise<void> {
    this.server.moves.push(from);
    if (this.server.refuseMoves || this.server.files.has(to))
      return Promise.reject(new FileTrouble('permission denied'));
    this.server.files.set(to, this.server.files.get(from)!);
    this.server.files.delete(from);
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    if (!this.server.files.delete(path)) return Promise.reject(new FileTrouble('no such file'));
    return Promise.resolve();
  }

  close(): void {
    // Nothing is open.
  }
}
