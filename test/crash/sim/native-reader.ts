/** Reads blocks in ClickHouse's Native format back into rows: the types that the ledger's tables use. */

export type Value = number | bigint | string;
export type Row = Record<string, Value>;

export function readNative(bytes: Buffer): Row[] {
  const reader = new Reader(bytes);
  const rows: Row[] = [];
  while (!reader.atEnd) {
    const columnCount = reader.varint();
    const rowCount = reader.varint();
    const block: Row[] = Array.from({ length: rowCount }, () => ({}));
    for (let column = 0; column < columnCount; column++) {
      const name = reader.text();
      const values = readColumn(reader, reader.text(), rowCount);
      for (const [i, row] of block.entries()) row[name] = values[i]!;
    }
    rows.push(...block);
  }
  return rows;
}

function readColumn(reader: Reader, type: string, rows: number): Value[] {
  const each = (read: () => Value): Value[] => Array.from({ length: rows }, read);
  if (type.startsWith('LowCardinality')) return readDictionary(reader, rows);
  if (type.startsWith('FixedString')) return each(() => reader.take(16).toString('hex'));
  if (type === 'String') return each(() => reader.text());
  if (type === 'UInt64') return each(() => Number(reader.take(8).readBigUInt64LE()));
  if (type === 'Int64' || type.startsWith('DateTime64')) return each(() => Number(reader.take(8).readBigInt64LE()));
  if (type.startsWith('Decimal(18')) return each(() => reader.take(8).readBigInt64LE());
  if (type.startsWith('Decimal(38')) {
    return each(() => {
      const half = reader.take(16);
      return half.readBigUInt64LE() + (half.readBigInt64LE(8) << 64n);
    });
  }
  if (type === 'UInt32' || type.startsWith('DateTime')) return each(() => reader.take(4).readUInt32LE());
  if (type === 'UInt16' || type === 'Date') return each(() => reader.take(2).readUInt16LE());
  if (type === 'UInt8') return each(() => reader.take(1)[0]!);
  if (type === 'Int8' || type.startsWith('Enum8')) return each(() => reader.take(1).readInt8());
  throw new Error(`no reader for columns of type ${type}`);
}

function readDictionary(reader: Reader, rows: number): Value[] {
  reader.take(8);
  const width = 1 << (reader.take(8)[0]! & 0xff);
  const keys = Array.from({ length: Number(reader.take(8).readBigUInt64LE()) }, () => reader.text());
  const count = Number(reader.take(8).readBigUInt64LE());
  if (count !== rows) throw new Error(`a dictionary of ${count} rows in a block of ${rows}`);
  return Array.from({ length: rows }, () => keys[reader.take(width).readUIntLE(0, width)]!);
}

class Reader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get atEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new Error('a Native block ends early');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  varint(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.take(1)[0]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  }

  text(): string {
    return this.take(this.varint()).toString('utf8');
  }
}
