/** What the file collectors need from the intake: bytes go to the log, and the log remembers what it has. */
import type { CompiledFormat } from '../../mediation/formats/index.ts';
import type { HoldCode } from '../../schemas/log-entries.ts';
import type { CompletionRule } from './complete.ts';

export interface FileSource extends CompletionRule {
  name: string;
  format: string;
  directory: string;
  /** Shell pattern of file names: `*` and `?`. */
  pattern: string;
  mode: 'closed' | 'growing';
  /** Between two looks; so long a closed file must look the same. */
  pollMs: number;
  /** Growing files: so long must a renamed file be left alone before its last line is taken without an end. */
  quietMs: number;
  /** Closed files: larger ones are refused. */
  fileBytesMax: number;
  /** Closed files: where they go when they are durable, and where refused ones go. Absent: they stay. */
  archive?: string | undefined;
  quarantine?: string | undefined;
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

export type SourceOfFiles = Pick<FileSource, 'name' | 'format'>;

/** A closed file as far as the log has it. */
export interface KnownFile {
  /** Of its bytes as they arrived: of a packed file, packed. */
  sha256: string;
  /** Why it is held; null: it was taken. */
  held: { code: HoldCode; detail: string } | null;
}

export interface ClosedFileIntake {
  /** A file that was taken in before: same source, name, size and modification time. */
  knownClosed(source: string, name: string, sizeBytes: number, modifiedMs: number): KnownFile | undefined;
  /**
   * Copies the file (`content`: its path, or its bytes) to the spool, checks it and admits it slice by slice; resolves when it
   * is held or wholly durable. What reading the bytes throws is passed on, and nothing is admitted.
   */
  admitClosed(
    source: SourceOfFiles,
    name: string,
    content: string | AsyncIterable<Uint8Array>,
    modifiedMs: number,
  ): Promise<KnownFile>;
  /** The same bytes, until they would use up the disk's reserve. Error: INTAKE_DISK_LOW. */
  whileRoom(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

export interface FileIntake extends ClosedFileIntake {
  format(name: string): CompiledFormat;
  growingFiles(source: string): GrowingFile[];
  startGrowing(source: SourceOfFiles, file: Omit<GrowingFile, 'fileEntry' | 'offset' | 'tail'>): Promise<GrowingFile>;
  /**
   * Admits whole records that stand at `file.offset`; moves the offset and the tail when they are durable.
   * `atEnd`: the last record is whole without its end, because nothing will follow.
   */
  admitGrowth(source: SourceOfFiles, file: GrowingFile, bytes: Uint8Array, atEnd: boolean): Promise<void>;
  readonly sliceBytesMax: number;
}
