/**
 * What a closed file says of itself, compared with what stands in it, before anything of it is admitted: header and
 * trailer in their places, the trailer's count and sum, the numbers of its records. One pass over the spooled copy
 * with the decoder that the rater uses, in small portions with pauses, because pushed usage is answered by the same thread.
 * Formats that declare none of it are not read at all.
 */
import type { CompiledFormat } from '../../mediation/formats/index.ts';
import { Disposition, RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { FileFigures, FileHead } from '../../schemas/log-entries.ts';
import { FileNumbers } from './file-numbers.ts';

/** About a millisecond of decoding. */
const PORTION_BYTES = 128 * 1024;
/** Until a record ends; `cut` gives up at a megabyte by itself. */
const RECORD_BYTES_MAX = 2 * 1024 * 1024;

/** Reads [offset, offset + length) of the file. */
export type ReadAt = (offset: number, lengthBytes: number) => Promise<Uint8Array>;

type Hold = NonNullable<FileHead['held']>;

export interface FileFindings {
  check: FileFigures;
  held?: Hold;
  /** Of formats with a sequence. */
  numbers?: FileNumbers;
}

export function needsCheck(format: CompiledFormat): boolean {
  return format.totals !== undefined || format.sequence !== undefined;
}

/** Null for formats without anything to check. */
export async function checkFile(
  format: CompiledFormat,
  read: ReadAt,
  sizeBytes: number,
  pause: () => Promise<void> = nextTurn,
): Promise<FileFindings | null> {
  if (!needsCheck(format)) return null;
  const check = new Check(format);
  let columns: RecordColumns | null = null;
  let portionBytes = PORTION_BYTES;
  for (let offset = 0; offset < sizeBytes;) {
    const window = await read(offset, Math.min(portionBytes, sizeBytes - offset));
    const atEnd = offset + window.length === sizeBytes;
    const end = format.cut(window, atEnd, offset === 0);
    if (end === 0 && !atEnd && portionBytes < RECORD_BYTES_MAX) {
      portionBytes *= 2;
      continue;
    }
    const bytes = window.subarray(0, end || window.length);
    columns = columnsFor(format, bytes, columns);
    format.decode(columns, { first: offset === 0 });
    check.add(columns);
    offset += bytes.length;
    portionBytes = PORTION_BYTES;
    await pause();
  }
  return check.findings();
}

/** `setImmediate`: what came in meanwhile is served first. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The columns of the portion before when they are large enough. */
function columnsFor(format: CompiledFormat, bytes: Uint8Array, used: RecordColumns | null): RecordColumns {
  const records = format.estimateRecords(bytes);
  const arenaBytes = format.estimateArena(bytes.length, records);
  let columns = used;
  if (columns?.fits(bytes.length, records, arenaBytes) === true) columns.reset(bytes.length);
  else columns = new RecordColumns(bytes.length, records, arenaBytes);
  columns.text.set(bytes);
  return columns;
}

class Check {
  private readonly format: CompiledFormat;
  private readonly numbers: FileNumbers | null;
  private rows = 0;
  private records = 0;
  private unreadable = 0;
  private quantity = 0;
  private headers = 0;
  private trailers = 0;
  private declared: FileFigures['declared'];
  /** What stands in the wrong place first. */
  private misplaced: string | null = null;

  constructor(format: CompiledFormat) {
    this.format = format;
    this.numbers = format.sequence === undefined ? null : new FileNumbers(format.sequence);
  }

  add(columns: RecordColumns): void {
    const { format, numbers } = this;
    const totals = format.totals?.(columns);
    if (totals !== undefined) {
      this.quantity += totals.quantity;
      if (totals.declared !== undefined) this.declared = totals.declared;
    }
    const { headerClass = -1, trailerClass = -1 } = format.framing ?? {};
    for (let i = 0; i < columns.count; i++) {
      this.rows++;
      if (columns.disposition[i] === Disposition.suspended) {
        // It may be anything: in no place is it a fault of the layout.
        this.records++;
        this.unreadable++;
        numbers?.record(-1, 0, 0);
      } else if (columns.classNo[i] === headerClass) {
        this.place('header');
        this.headers++;
        numbers?.header(format.explain(bytesOf(columns, i)));
      } else if (columns.classNo[i] === trailerClass) {
        this.place('trailer');
        this.trailers++;
      } else {
        this.place('record');
        this.records++;
        numbers?.record(columns.sequence[i], columns.startMs[i], columns.content[i]);
      }
    }
  }

  private place(what: 'header' | 'trailer' | 'record'): void {
    if (this.misplaced !== null) return;
    const where = `(line ${this.rows} of those with content)`;
    if (this.trailers > 0) this.misplaced = `a ${what} stands behind the trailer ${where}`;
    else if (what === 'header' && this.headers > 0) this.misplaced = `a second header stands in it ${where}`;
    else if (what === 'header' && this.records > this.unreadable)
      this.misplaced = `records stand before the header ${where}`;
  }

  findings(): FileFindings {
    const { rows, records, unreadable, quantity, declared, numbers } = this;
    const held = this.verdict();
    return {
      check: { rows, records, unreadable, quantity, ...(declared !== undefined && { declared }) },
      ...(held !== null && { held }),
      ...(numbers !== null && { numbers }),
    };
  }

  private verdict(): Hold | null {
    const { framing, totals, sequence } = this.format;
    const wrong = (detail: string): Hold => ({ code: 'FILE_FRAMING_WRONG', detail });
    if (framing === undefined) return null;
    const isFramed = totals !== undefined || (sequence?.within.length ?? 0) > 0 || sequence?.file !== undefined;
    if (!isFramed) return null;
    if (framing.hasHeader && this.headers === 0) return wrong('it has no header');
    if (this.misplaced !== null) return wrong(this.misplaced);
    if (totals === undefined) return null;
    if (this.trailers === 0) return wrong('it has no trailer: its end is missing');
    return this.difference();
  }

  private difference(): Hold | null {
    const { records, unreadable, quantity, declared = {} } = this;
    const found: string[] = [];
    if (declared.records !== undefined && declared.records !== records) {
      found.push(`its trailer says ${declared.records} records, and there are ${records}`);
    }
    // The quantity of an unreadable record is unknown, but never negative.
    const least = declared.quantity ?? quantity;
    if (unreadable === 0 ? least !== quantity : least < quantity) {
      found.push(`its trailer says a sum of ${declared.quantity}, and the records come to ${quantity}`);
    }
    return found.length === 0 ? null : { code: 'FILE_TOTALS_DIFFER', detail: found.join('; ') };
  }
}

function bytesOf(columns: RecordColumns, i: number): Uint8Array {
  const offset = columns.recordOffset[i];
  // A copy: explaining uses the decoder's own row over other bytes.
  return columns.text.slice(offset, offset + columns.recordLength[i]);
}
