/**
 * Tables of dBase III and IV (and what FoxPro writes like them): a header with the columns, then records of one length. The
 * format names the columns, because a slice behind the first one has no header; a file whose header says others is not
 * read by it. Memo files are not looked at.
 */
import { codePage } from '../../../platform/code-page.ts';
import type { FormatDocument } from '../../../schemas/format.ts';
import { FAULT } from '../codes.ts';
import type { Row, Splitter } from '../row.ts';

const LIVE = 0x20;
const DELETED = 0x2a;
const END_OF_FILE = 0x1a;
const HEADER_END = 0x0d;
const HEADER_BYTES = 32;
const COLUMN_BYTES = 32;
/** dBase III, IV and FoxPro, with and without memos. */
const VERSIONS = new Set([0x03, 0x04, 0x43, 0x63, 0x83, 0x8b, 0xcb, 0xf5, 0x30]);
const DELETED_PLACE = '$DELETED';

interface Column {
  name: string;
  type: string;
  offset: number;
  width: number;
}

export class DbfTable {
  readonly columns: readonly Column[];
  readonly recordBytes: number;

  /** `LOGIN C 20`, `STARTED D`: as the format lists them. */
  constructor(columns: readonly string[]) {
    let offset = 1;
    this.columns = columns.map((column) => {
      const [name, type, size] = column.split(' ');
      const width = type === 'D' ? 8 : type === 'L' ? 1 : Number(size);
      const at = offset;
      offset += width;
      return { name: name.toUpperCase(), type, offset: at, width };
    });
    this.recordBytes = offset;
  }

  static mistakes({ dbf, fields }: FormatDocument): { path: string; message: string }[] {
    if (dbf === undefined) return [{ path: '', message: '"dbf" is missing' }];
    const names = [DELETED_PLACE, ...dbf.map((column) => column.split(' ')[0].toUpperCase())];
    const found = dbf.flatMap((column, no) =>
      / 0+$/.test(column) ? [{ path: `/dbf/${no}`, message: 'has no width' }] : [],
    );
    fields.forEach(({ attribute }, no) => {
      if (attribute !== undefined && !names.includes(attribute.toUpperCase()))
        found.push({ path: `/fields/${no}/attribute`, message: `"${attribute}" is no column of \`dbf\`` });
    });
    return found;
  }

  /** Behind the header, with which the first slice begins: else 0. A damaged record is not taken for one. */
  dataStart(bytes: Uint8Array, end: number): number {
    if (end < HEADER_BYTES || !VERSIONS.has(bytes[0])) return 0;
    const headerBytes = bytes[8] | (bytes[9] << 8);
    const recordBytes = bytes[10] | (bytes[11] << 8);
    const least = HEADER_BYTES + this.columns.length * COLUMN_BYTES;
    return recordBytes === this.recordBytes && headerBytes > least ? headerBytes : 0;
  }

  cut(bytes: Uint8Array, first: boolean): number {
    if (bytes.length < HEADER_BYTES && bytes.length < this.recordBytes) return 0;
    const start = first ? this.dataStart(bytes, bytes.length) : 0;
    if (start > bytes.length) return 0;
    return start + Math.floor((bytes.length - start) / this.recordBytes) * this.recordBytes;
  }

  countRecords(bytes: Uint8Array): number {
    return Math.ceil(bytes.length / this.recordBytes) + 1;
  }

  /** Slot of a place that a field names: where it stands in a record. */
  placeOf(place: string): { offset: number; width: number } {
    if (place.toUpperCase() === DELETED_PLACE) return { offset: 0, width: 1 };
    return this.columns.find(({ name }) => name === place.toUpperCase())!;
  }

  headerMistake(start: Uint8Array, sizeBytes: number): string | null {
    if (start.length < HEADER_BYTES || !VERSIONS.has(start[0])) return 'it does not begin like a dBase table';
    const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
    const [records, headerBytes, recordBytes] = [
      view.getUint32(4, true),
      view.getUint16(8, true),
      view.getUint16(10, true),
    ];
    const said: string[] = [];
    for (let at = HEADER_BYTES; at + COLUMN_BYTES <= start.length && start[at] !== HEADER_END; at += COLUMN_BYTES) {
      const name = Buffer.from(start.subarray(at, at + 11))
        .toString('latin1')
        .split('\0')[0]
        .toUpperCase();
      const type = String.fromCharCode(start[at + 11]);
      said.push(type === 'D' || type === 'L' ? `${name} ${type}` : `${name} ${type} ${start[at + 16]}`);
    }
    const known = this.columns.map(({ name, type, width }) =>
      type === 'D' || type === 'L' ? `${name} ${type}` : `${name} ${type} ${width}`,
    );
    const no = known.findIndex((column, index) => said[index] !== column);
    if (no >= 0) return `its column ${no + 1} is ${said[no] ?? 'missing'}, the format says ${known[no]}`;
    if (said.length > known.length) return `it has ${said.length} columns, the format says ${known.length}`;
    if (recordBytes !== this.recordBytes)
      return `its records have ${recordBytes} bytes, its columns come to ${this.recordBytes}`;
    const there = Math.floor((sizeBytes - headerBytes) / recordBytes);
    return there < records ? `its header says ${records} records, and there are ${Math.max(0, there)}` : null;
  }
}

export class DbfSplitter implements Splitter {
  private readonly table: DbfTable;
  private readonly places: readonly { offset: number; width: number }[];

  constructor(table: DbfTable, places: readonly string[]) {
    this.table = table;
    this.places = places.map((place) => table.placeOf(place));
  }

  split(row: Row, from: number, end: number): number {
    const { text } = row;
    row.fault = row.columns = 0;
    row.high = false;
    row.complete = true;
    const { recordBytes } = this.table;
    // A header in the middle is a damaged record, wherever slices begin.
    const start = from === 0 && row.first ? this.table.dataStart(text, end) : 0;
    const isEnd = text[from] === END_OF_FILE && end - from < recordBytes;
    if (start > 0 || isEnd) {
      row.recordStart = row.recordEnd = from;
      return isEnd ? end : Math.min(start, end);
    }
    const stop = Math.min(from + recordBytes, end);
    row.recordStart = from;
    row.recordEnd = stop;
    let bits = 0;
    for (let at = from; at < stop; at++) bits |= text[at];
    row.high = bits >= 0x80;
    const isRecord = text[from] === LIVE || text[from] === DELETED;
    if (!isRecord || stop - from < recordBytes) row.fault = FAULT.columns;
    for (let slot = 0; slot < this.places.length; slot++) {
      const { offset, width } = this.places[slot];
      row.slotStart[slot] = Math.min(from + offset, stop);
      row.slotEnd[slot] = Math.min(from + offset + width, stop);
    }
    return stop;
  }
}

/** A table from what a test gives: a line for each record, its values between bars; a deleted one begins with `*`. */
export function tableOfText(text: string, { dbf = [], encoding = 'utf-8' }: FormatDocument): Uint8Array {
  const { columns, recordBytes } = new DbfTable(dbf);
  const characters = encoding === 'utf-8' ? null : codePage(encoding);
  const bytesOf = (value: string): Buffer =>
    characters === null
      ? Buffer.from(value)
      : Buffer.from(Array.from(value, (one) => Math.max(0, characters.indexOf(one))));
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const header = Buffer.alloc(HEADER_BYTES + columns.length * COLUMN_BYTES + 1);
  header.set([0x03, 126, 1, 1]);
  header.writeUInt32LE(lines.length, 4);
  header.writeUInt16LE(header.length, 8);
  header.writeUInt16LE(recordBytes, 10);
  columns.forEach(({ name, type, width }, no) => {
    const at = HEADER_BYTES + no * COLUMN_BYTES;
    header.write(name, at, 'latin1');
    header.write(type, at + 11, 'latin1');
    header[at + 16] = width;
  });
  header[header.length - 1] = HEADER_END;
  const records = lines.map((line) => {
    const record = Buffer.alloc(recordBytes, LIVE);
    const deleted = line.startsWith('*');
    if (deleted) record[0] = DELETED;
    const values = (deleted ? line.slice(1) : line).split('|');
    columns.forEach(({ offset, width, type }, no) => {
      const value = bytesOf((values[no] ?? '').trim()).subarray(0, width);
      value.copy(record, type === 'N' || type === 'F' ? offset + width - value.length : offset);
    });
    return record;
  });
  return Buffer.concat([header, ...records, Buffer.from([END_OF_FILE])]);
}
