/**
 * Native blocks from row objects, for every table: for settlement, reversals and the small tables, where an object per
 * row costs nothing worth saving. Exact over the whole range of each type.
 */
import { TollgridError } from '../platform/errors.ts';
import { MonthFinder, type LedgerBlock } from './blocks.ts';
import { TABLES, type Column, type Table, type TableName } from './tables.ts';

/**
 * Integers: number, bigint or decimal text. Decimals: micro-units as number or bigint, or a decimal as text
 * (`'12.5'`), the way the ledger answers. Times: UTC ms, or the ledger's text. Enums: the name.
 * DateTime: seconds since 1970. FixedString(16): 16 bytes, or 32 hex digits. Days: days since 1970, or `yyyy-mm-dd`.
 */
export type Cell = number | bigint | string | Uint8Array;

/** Columns by name. Numbers left out are 0, strings are empty; times and enums must be there. */
export type LedgerRow = Readonly<Record<string, Cell>>;

/** One block per month, in order. Throws LEDGER_OVERFLOW when a value does not fit its column. */
export function encodeRows(tableName: TableName, rows: readonly LedgerRow[]): LedgerBlock[] {
  const table: Table = TABLES[tableName];
  const byMonth = new Map<number, LedgerRow[]>();
  const months = new MonthFinder();
  const monthColumn = table.columns.find(({ name }) => table.month?.includes(`(${name})`));
  for (const row of rows) {
    checkNames(table, row);
    const month = monthColumn ? months.find(monthStartMs(table, monthColumn, row)) : 0;
    const members = byMonth.get(month);
    if (members) members.push(row);
    else byMonth.set(month, [row]);
  }
  return [...byMonth]
    .sort(([a], [b]) => a - b)
    .map(([month, members]) => ({
      table: tableName,
      month,
      rows: members.length,
      amountMicros: sumOf(table, table.sums.amount, members),
      quantity: sumOf(table, table.sums.quantity, members),
      chunks: [encodeBlock(table, members)],
    }));
}

function checkNames(table: Table, row: LedgerRow): void {
  for (const name of Object.keys(row)) {
    if (!table.columns.some((column) => column.name === name)) throw new Error(`${table.name} has no column ${name}`);
  }
}

function monthStartMs(table: Table, column: Column, row: LedgerRow): number {
  const value = integerOf(table, column, row);
  const unitMs: Record<string, bigint> = { Date: 86_400_000n, "DateTime('UTC')": 1000n };
  return Number(value * (unitMs[column.type] ?? 1n));
}

function sumOf(table: Table, name: string | undefined, rows: readonly LedgerRow[]): bigint {
  const column = table.columns.find((candidate) => candidate.name === name);
  return column ? rows.reduce((sum, row) => sum + integerOf(table, column, row), 0n) : 0n;
}

function encodeBlock(table: Table, rows: readonly LedgerRow[]): Uint8Array {
  const parts = [varint(table.columns.length), varint(rows.length)];
  for (const column of table.columns) {
    // Joined for each column: a month of settlement has more values than fit the stack as arguments.
    parts.push(text(column.name), text(column.type), Buffer.concat(encodeColumn(table, column, rows)));
  }
  return new Uint8Array(Buffer.concat(parts));
}

function encodeColumn(table: Table, column: Column, rows: readonly LedgerRow[]): Buffer[] {
  if (column.type === 'String') return rows.map((row) => text(row[column.name] ?? ''));
  if (column.type === 'LowCardinality(String)') {
    return encodeDictionary(rows.map((row) => String(row[column.name] ?? '')));
  }
  if (column.type === 'FixedString(16)') return rows.map((row) => digest(table, column, row[column.name]));
  return rows.map((row) => integerBytes(table, column, integerOf(table, column, row)));
}

function encodeDictionary(values: readonly string[]): Buffer[] {
  const numbers = new Map<string, number>([['', 0]]);
  const index = new Uint32Array(values.length);
  values.forEach((value, i) => {
    if (!numbers.has(value)) numbers.set(value, numbers.size);
    index[i] = numbers.get(value)!;
  });
  const width = numbers.size <= 256 ? 1 : numbers.size <= 65_536 ? 2 : 4;
  const Index = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[width];
  const head = [1, 0x200 + (width >> 1), numbers.size].map((value) => littleEndian(BigInt(value), 8));
  const keys = [...numbers.keys()].map((key) => text(key));
  return [...head, ...keys, littleEndian(BigInt(values.length), 8), Buffer.from(Index.from(index).buffer)];
}

/** Bytes of a type's integer, and whether it has a sign. */
function integerShape(type: string): { bytes: number; signed: boolean } {
  if (type.startsWith('Enum8')) return { bytes: 1, signed: true };
  if (type.startsWith('DateTime64') || type === 'Decimal(18, 6)') return { bytes: 8, signed: true };
  if (type === 'Decimal(38, 6)') return { bytes: 16, signed: true };
  if (type === 'Date') return { bytes: 2, signed: false };
  if (type === "DateTime('UTC')") return { bytes: 4, signed: false };
  const found = /^(U?)Int(8|16|32|64)$/.exec(type);
  if (!found) throw new Error(`no encoding for ${type}`);
  return { bytes: Number(found[2]) / 8, signed: found[1] === '' };
}

function integerBytes(table: Table, column: Column, value: bigint): Buffer {
  const { bytes, signed } = integerShape(column.type);
  const bits = BigInt(bytes * 8);
  const [lowest, highest] = signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  const digits = /^Decimal\((\d+)/.exec(column.type);
  const limit = digits ? 10n ** BigInt(digits[1]) - 1n : highest;
  if (value < lowest || value > highest || value > limit || (digits !== null && value < -limit)) {
    throw new TollgridError('LEDGER_OVERFLOW', `A value does not fit ${table.name}.${column.name}`, {
      table: table.name,
      column: column.name,
    });
  }
  return littleEndian(BigInt.asUintN(Number(bits), value), bytes);
}

/** The integer a column stores: ms of a time, micro-units of a decimal, number of an enum's name. */
function integerOf(table: Table, { name, type }: Column, row: LedgerRow): bigint {
  const value = row[name];
  const wrong = (): never => {
    throw new Error(`${table.name}.${name}: ${value === undefined ? 'is missing' : `cannot be ${typeof value}`}`);
  };
  if (type.startsWith('Enum8')) {
    const found = new RegExp(`'${String(value)}' = (\\d+)`).exec(type);
    return BigInt(found?.[1] ?? wrong());
  }
  if (value === undefined) return type.startsWith('Date') ? wrong() : 0n;
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : wrong();
  if (typeof value !== 'string') return wrong();
  if (type === 'Date') return BigInt(Date.parse(`${value}T00:00:00Z`)) / 86_400_000n;
  if (type === "DateTime('UTC')") return BigInt(Date.parse(`${value.replace(' ', 'T')}Z`)) / 1000n;
  if (type.startsWith('DateTime64')) return BigInt(Date.parse(`${value.replace(' ', 'T')}Z`));
  return type.startsWith('Decimal') ? microsOf(value) : BigInt(value);
}

/** `'-12.5'` → -12500000n. At most six decimals. */
export function microsOf(decimal: string): bigint {
  const found = /^(-?)(\d+)(?:\.(\d{1,6})0*)?$/.exec(decimal);
  if (!found) throw new Error(`not a decimal with six places: ${decimal}`);
  const micros = BigInt(found[2]) * 1_000_000n + BigInt((found[3] ?? '').padEnd(6, '0'));
  return found[1] ? -micros : micros;
}

/** -12500000n → `'-12.500000'`. */
export function decimalOf(micros: bigint): string {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function digest(table: Table, { name }: Column, value: Cell | undefined): Buffer {
  const bytes =
    typeof value === 'string' ? Buffer.from(value, 'hex') : Buffer.from((value as Uint8Array) ?? Buffer.alloc(16));
  if (bytes.length !== 16) throw new Error(`${table.name}.${name} takes 16 bytes`);
  return bytes;
}

function littleEndian(value: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0, rest = value; i < length; i++, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A string, or bytes as they are, behind its length. */
function text(value: Cell): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as Uint8Array);
  return Buffer.concat([varint(bytes.length), bytes]);
}
