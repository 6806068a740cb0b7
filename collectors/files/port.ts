/** What the file collectors need from the intake: bytes go to the log, and the log remembers what it has. */
import type { CompiledFormat } from '../../mediation/formats/index.ts';

export interface FileSource {
  name: string;
  format: string;
  directory: string;
  /** Shell pattern of file names: `*` and `?`. */
  pattern: string;
  mode: 'closed' | 'growing';
  pollMs: number;
  /** Growing files: so long must a renamed file be left alone before its last line is taken without an end. */
  quietMs: number;
}

/** A growing file as far as the log has it. */
export interface GrowingFile {
  fileEntry: number;
  name: string;
  inode: string;
  fingerprint: { lengthBytes: number; sha256: string };
  /** Everything before this offset is in the log. */
  offset: number;
  /** The last bytes before it: they tell the file from another that begins alike. */
  tail?: { lengthBytes: number; sha256: string };
}

export interface FileIntake {
  format(name: string): CompiledFormat;
  /** True when this very file was taken in before (same source, name, size and modification time). */
  knowsClosed(source: string, name: string, sizeBytes: number, modifiedMs: number): boolean;
  /** Copies the file to the spool, checks it and admits it slice by slice; resolves when it is held or wholly durable. */
  admitClosed(source: FileSource, name: string, filePath: string, modifiedMs: number): Promise<void>;
  growingFiles(source: string): GrowingFile[];
  startGrowing(source: FileSource, file: Omit<GrowingFile, 'fileEntry' | 'offset' | 'tail'>): Promise<GrowingFile>;
  /**
   * Admits whole records that stand at `file.offset`; moves the offset and the tail when they are durable.
   * `atEnd`: the last record is whole without its end, because nothing will follow.
   */
  admitGrowth(source: FileSource, file: GrowingFile, bytes: Uint8Array, atEnd: boolean): Promise<void>;
  readonly sliceBytesMax: number;
}
