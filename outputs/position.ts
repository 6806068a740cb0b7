/** How far an output is, in a file of its own. Written after the acknowledgement: a crash in between repeats a page. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { makeDirectory, writeFileDurably } from '../platform/durable-file.ts';
import { TollgridError } from '../platform/errors.ts';
import type { Position } from './port.ts';

const Whole = Type.Integer({ minimum: 0 });
const Kept = Type.Object({
  entry: Whole,
  after: Type.Union([Type.Tuple([Whole, Whole, Whole, Type.Integer()]), Type.Null()]),
  sent: Whole,
});
type Kept = Static<typeof Kept>;

export class PositionFile {
  private readonly file: string;
  private kept: Kept;
  private written: Kept | null;

  private constructor(file: string, kept: Kept | null, first: number) {
    this.file = file;
    this.written = kept;
    this.kept = kept ?? { entry: first, after: null, sent: 0 };
  }

  /** `first`: where it begins without a file. Error: OUTPUT_POSITION_DAMAGED. */
  static async open(file: string, first: number): Promise<PositionFile> {
    const kept = await readKept(file);
    await makeDirectory(path.dirname(file));
    const position = new PositionFile(file, kept, first);
    await position.keep();
    return position;
  }

  get position(): Position {
    return this.kept;
  }

  get sent(): number {
    return this.kept.sent;
  }

  /** Resolves when it is durable. */
  async moved({ entry, after }: Position, events: number): Promise<void> {
    this.kept = { entry, after, sent: this.kept.sent + events };
    // Entries that posted nothing are looked at again after a crash: that is cheaper than a sync for each.
    if (events > 0) await this.keep();
  }

  async keep(): Promise<void> {
    if (this.kept === this.written) return;
    const { kept } = this;
    await writeFileDurably(this.file, JSON.stringify(kept));
    this.written = kept;
  }
}

async function readKept(file: string): Promise<Kept | null> {
  try {
    return Value.Parse(Kept, JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new TollgridError('OUTPUT_POSITION_DAMAGED', `${file} cannot be read: ${(error as Error).message}`);
  }
}
