/** Which sources somebody paused: kept over restarts, until somebody resumes them. Moves no money, so it is no log entry. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { writeFileDurably } from '../../platform/durable-file.ts';
import { TollgridError } from '../../platform/errors.ts';

const Paused = Type.Record(Type.String(), Type.Object({ by: Type.String(), atMs: Type.Integer() }));
type Paused = Static<typeof Paused>;

export class PausedSources {
  private readonly file: string;
  private readonly paused: Map<string, Paused[string]>;
  private writing: Promise<void> = Promise.resolve();

  private constructor(file: string, paused: Paused) {
    this.file = file;
    this.paused = new Map(Object.entries(paused));
  }

  /** Error: SOURCES_FILE_DAMAGED. */
  static async open(dataDir: string): Promise<PausedSources> {
    const file = path.join(dataDir, 'paused-sources.json');
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}';
      throw error;
    });
    return new PausedSources(file, parse(text, file));
  }

  of(source: string): Paused[string] | undefined {
    return this.paused.get(source);
  }

  async pause(source: string, by: string, atMs: number): Promise<void> {
    this.paused.set(source, { by, atMs });
    await this.write();
  }

  async resume(source: string): Promise<void> {
    if (this.paused.delete(source)) await this.write();
  }

  /** One write after the other, the last with all that was said. */
  private write(): Promise<void> {
    const written = this.writing.then(() =>
      writeFileDurably(this.file, JSON.stringify(Object.fromEntries(this.paused))),
    );
    this.writing = written.catch(() => undefined);
    return written;
  }
}

/** A source that was paused must not take again because a file cannot be read. */
function parse(text: string, file: string): Paused {
  try {
    return Value.Parse(Paused, JSON.parse(text));
  } catch (error) {
    throw new TollgridError('SOURCES_FILE_DAMAGED', `${file} cannot be read: ${(error as Error).message}`);
  }
}
