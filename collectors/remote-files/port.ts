/**
 * A folder on another machine, as little of it as taking files needs. Paths are the server's, with `/`; every call either
 * ends or throws within the adapter's own time limit.
 */
export interface RemoteFile {
  name: string;
  sizeBytes: number;
  /** Whole seconds mostly. Null: this listing does not tell; `stat` does. */
  modifiedMs: number | null;
}

export interface RemoteEntry extends RemoteFile {
  kind: 'file' | 'link' | 'other';
}

export interface RemoteStat {
  sizeBytes: number;
  modifiedMs: number;
}

/**
 * One connection. Errors: FileTrouble when the trouble is with that one file; a TollgridError (SOURCE_UNREACHABLE,
 * SOURCE_TRANSFER_BROKEN...) when the connection is of no use any more.
 */
export interface RemoteSession {
  /** In portions, so that an enormous folder is never held whole where the protocol allows it. */
  list(directory: string): AsyncIterable<readonly RemoteEntry[]>;
  /** Null: there is no such file. */
  stat(path: string): Promise<RemoteStat | null>;
  /** Bytes from `offset` on, to the end. */
  read(path: string, offset: number): AsyncIterable<Uint8Array>;
  move(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Ends whatever is under way. */
  close(): void;
}

export interface RemoteServer {
  /** For people: `sftp://user@host:22`. */
  readonly where: string;
  connect(): Promise<RemoteSession>;
}

/** This one file cannot be had, moved or removed; its neighbours can. */
export class FileTrouble extends Error {}

/** How a folder is looked at, whatever the protocol. */
export interface RemoteOptions {
  directory: string;
  everySeconds: number;
  taken: 'leave' | 'move' | 'delete';
  /** With `move`: the folder on the server. */
  movedTo?: string | undefined;
  fileBytesMax: number;
  filesPerLook: number;
  namesMax: number;
}
