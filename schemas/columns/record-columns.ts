/**
 * The decoded records of one slice, as columns.
 *
 * A decoder writes them from bytes; guiding, duplicates, readings and rating read them. Everything is a typed array
 * over a SharedArrayBuffer, so a slice decoded on one thread can be finished on another without a copy.
 * Strings are (offset, length) into `text`, which holds the slice's own bytes first and, behind them, an arena
 * for values that had to be rewritten (unescaped quotes, other encodings, number normalisation, constants).
 */

/** Text fields a format can fill. The order is part of the contract between decoder and guiding. */
export const TEXT_FIELDS = [
  'callingParty',
  'calledParty',
  'accountCode',
  'trunkIn',
  'trunkOut',
  'login',
  'meter',
  'register',
  'sessionId',
  'redirectingParty',
  'trafficClass',
  'nas',
  'nasPort',
] as const;
/** Bits of `RecordColumns.session`. */
export const SessionFlag = {
  /** The record ends its session. */
  last: 1,
  /** Its counters are whole, not the low 32 bits. */
  exact: 2,
} as const;
export type TextFieldName = (typeof TEXT_FIELDS)[number];

/** What became of a record. `usable` lives only inside a slice: it becomes rated, duplicate, suspended... in stage B. */
export const Disposition = {
  usable: 0,
  rated: 1,
  /** Part of a session or reading chain, or context such as a header or trailer. */
  absorbed: 2,
  duplicate: 3,
  superseded: 4,
  filtered: 5,
  rejected: 6,
  suspended: 7,
  writtenOff: 8,
} as const;
export type DispositionNo = (typeof Disposition)[keyof typeof Disposition];
export const DISPOSITION_NAMES = [
  'usable',
  'rated',
  'absorbed',
  'duplicate',
  'superseded',
  'filtered',
  'rejected',
  'suspended',
  'writtenOff',
] as const;

function shared(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(8, bytes));
}

export class RecordColumns {
  /** The slice's bytes, then the arena. */
  readonly text: Uint8Array;
  /** How many bytes of `text` are the slice itself; decoders read [0, sliceLength). */
  sliceLength: number;
  /** First free byte of the arena. */
  arenaEnd: number;
  /** Records decoded so far. */
  count = 0;
  readonly capacity: number;

  /** Where the record stands in the slice: explain and suspense read its bytes from here. */
  readonly recordOffset: Uint32Array;
  readonly recordLength: Uint32Array;
  /** A `Disposition`; decoders write usable, absorbed (headers, trailers, context), filtered or suspended. */
  readonly disposition: Uint8Array;
  /** `errorNo(code)` when suspended or rejected; 0 otherwise. */
  readonly code: Uint16Array;
  /** Number of the field at fault in the format's `fields` (+1), 0 when none. */
  readonly faultField: Uint16Array;
  /** Index into the format's list of record classes. */
  readonly classNo: Uint8Array;
  /** UTC milliseconds; intervals are [start, end). A register reading has start = end = time of reading. */
  readonly startMs: Float64Array;
  readonly endMs: Float64Array;
  /** In the service's base unit: ms, bytes, Wh, litres, events. For register readings: the reading's digits. */
  readonly quantity: Float64Array;
  /** The part of `quantity` that went from the subscriber (data upload); 0 elsewhere. */
  readonly quantityUp: Float64Array;
  /** Decimal places of a register reading's digits; 0 elsewhere. */
  readonly scale: Uint8Array;
  /** Reading quality: 0 unknown, 1 estimated, 2 actual, 3 verified. Higher wins a revision. */
  readonly quality: Uint8Array;
  /** Of records whose quantity is a counter of a session: `SessionFlag`s; 0 elsewhere. */
  readonly session: Uint8Array;
  /** Sequence number the source gave, or -1. */
  readonly sequence: Float64Array;
  /** 128-bit digest over the identity fields: words 4i..4i+3. */
  readonly identity: Uint32Array;
  /** 32-bit digest over all business fields: tells a duplicate from a conflict or revision. */
  readonly content: Uint32Array;
  /** Per text field (index in TEXT_FIELDS): where the value stands in `text`. Length 0 = absent. */
  readonly textOffset: readonly Uint32Array[];
  readonly textLength: readonly Uint16Array[];

  constructor(sliceLength: number, capacity: number, arenaBytes: number) {
    this.sliceLength = sliceLength;
    this.capacity = capacity;
    this.text = new Uint8Array(shared(sliceLength + arenaBytes));
    this.arenaEnd = sliceLength;
    this.recordOffset = new Uint32Array(shared(capacity * 4));
    this.recordLength = new Uint32Array(shared(capacity * 4));
    this.disposition = new Uint8Array(shared(capacity));
    this.code = new Uint16Array(shared(capacity * 2));
    this.faultField = new Uint16Array(shared(capacity * 2));
    this.classNo = new Uint8Array(shared(capacity));
    this.startMs = new Float64Array(shared(capacity * 8));
    this.endMs = new Float64Array(shared(capacity * 8));
    this.quantity = new Float64Array(shared(capacity * 8));
    this.quantityUp = new Float64Array(shared(capacity * 8));
    this.scale = new Uint8Array(shared(capacity));
    this.quality = new Uint8Array(shared(capacity));
    this.session = new Uint8Array(shared(capacity));
    this.sequence = new Float64Array(shared(capacity * 8));
    this.identity = new Uint32Array(shared(capacity * 16));
    this.content = new Uint32Array(shared(capacity * 4));
    this.textOffset = TEXT_FIELDS.map(() => new Uint32Array(shared(capacity * 4)));
    this.textLength = TEXT_FIELDS.map(() => new Uint16Array(shared(capacity * 2)));
  }

  /** True when a slice of this size fits, so that the columns can be used again. */
  fits(sliceLength: number, records: number, arenaBytes: number): boolean {
    return records <= this.capacity && sliceLength + arenaBytes <= this.text.length;
  }

  /** Empties the columns for another slice; what the last one left is cleared. */
  reset(sliceLength: number): void {
    const used = this.count;
    for (const column of [
      this.code,
      this.faultField,
      this.disposition,
      this.scale,
      this.quality,
      this.classNo,
      this.session,
    ]) {
      column.fill(0, 0, used);
    }
    for (const column of [this.startMs, this.endMs, this.quantity, this.quantityUp, this.sequence])
      column.fill(0, 0, used);
    for (const column of this.textLength) column.fill(0, 0, used);
    this.identity.fill(0, 0, used * 4);
    this.content.fill(0, 0, used);
    this.count = 0;
    this.sliceLength = sliceLength;
    this.arenaEnd = sliceLength;
  }

  /** The value of a text field as a string: for edges (explain, suspense, tests), never for the fast path. */
  textOf(field: number, record: number): string {
    const offset = this.textOffset[field][record];
    return Buffer.from(this.text.buffer, this.text.byteOffset + offset, this.textLength[field][record]).toString(
      'utf8',
    );
  }
}
