/** Rows for tests: every column of every table, with values that can be asked back. */
import { TABLES, type LedgerRow, type TableName } from '../../ledger/index.ts';

/** A row of a table with plain values; `changes` replaces some. */
export function row(table: TableName, changes: LedgerRow = {}): LedgerRow {
  const plain: Record<string, LedgerRow[string]> = {};
  for (const { name, type } of TABLES[table].columns) {
    if (type.startsWith('DateTime64')) plain[name] = Date.UTC(2026, 0, 15, 10, 20, 30, 123);
    else if (type === 'Date') plain[name] = '2026-01-15';
    else if (type === "DateTime('UTC')") plain[name] = '2026-01-15 10:00:00';
    else if (type.startsWith('Enum8')) plain[name] = /'(\w+)'/.exec(type)![1]!;
    else if (type === 'FixedString(16)') plain[name] = '000102030405060708090a0b0c0d0e0f';
    else if (/String/.test(type)) plain[name] = `a ${name}`;
    else plain[name] = 1;
  }
  return { ...plain, ...changes };
}

/** Lowest and highest value of a type, as text the way the ledger answers. */
export function extremes(type: string): [string, string] {
  const enumNames = [...type.matchAll(/'(\w+)' = /g)].map((found) => found[1]!);
  if (enumNames.length > 0) return [enumNames[0]!, enumNames.at(-1)!];
  const known: Record<string, [string, string]> = {
    UInt8: ['0', '255'],
    UInt16: ['0', '65535'],
    UInt32: ['0', '4294967295'],
    UInt64: ['0', '18446744073709551615'],
    Int8: ['-128', '127'],
    Int64: ['-9223372036854775808', '9223372036854775807'],
    Date: ['1970-01-01', '2105-12-31'],
    "DateTime('UTC')": ['1970-01-01 00:00:00', '2105-12-31 23:59:59'],
    "DateTime64(3, 'UTC')": ['1970-01-01 00:00:00.000', '2105-12-31 23:59:59.999'],
    'Decimal(18, 6)': ['-999999999999.999999', '999999999999.999999'],
    'Decimal(38, 6)': [`-${'9'.repeat(32)}.999999`, `${'9'.repeat(32)}.999999`],
    'FixedString(16)': ['00'.repeat(16), 'ff'.repeat(16)],
    String: ['', `x\n\nDROP TABLE charges\n\n'"\\\0 ${'ü'.repeat(300)}`],
    'LowCardinality(String)': ['', `key\n\n${'k'.repeat(200)}`],
  };
  return known[type] ?? [`no extremes for ${type}`, ''];
}
