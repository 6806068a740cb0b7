/** Where entries that a collector took came from: entries of its own order, by the name of that order. */
import { DigestTable } from '../../platform/digest-table.ts';
import { EntryType, type Origin } from '../../schemas/log-entries.ts';
import { jsonLines, parseLines } from '../../platform/section-file.ts';
import type { KeptPart, Sections } from './kept-parts.ts';

export class Origins implements KeptPart {
  /** Order → its last entry that stands in this log, or was passed over before one that does. */
  private readonly last = new Map<string, number>();
  /** File entries of orders → those of this log. */
  private readonly files = new DigestTable(1);

  apply(entry: { entryNo: number; type: number; head: unknown }): void {
    const { from } = entry.head as { from?: Origin };
    if (from === undefined) return;
    this.last.set(from.order, from.entry);
    if (entry.type === EntryType.file) this.files.set(`${from.order}/${from.entry}`, entry.entryNo);
  }

  lastOf(order: string): number {
    return this.last.get(order) ?? 0;
  }

  /** The entry here of a file that was received there. */
  fileOf(order: string, entryNo: number): number | undefined {
    return this.files.get(`${order}/${entryNo}`)?.[0];
  }

  dump(): Sections {
    return { last: jsonLines(this.last), files: this.files.dump() };
  }

  load(_bytes: Buffer, { last, files }: Record<string, Buffer>): void {
    // Absent in the checkpoints of a program that knew no orders.
    for (const [order, entry] of parseLines<[string, number]>(last ?? Buffer.alloc(0))) this.last.set(order, entry);
    if (files !== undefined) this.files.load(files);
  }
}
