/**
 * Guided usage of one slice: one row per (record, view). Rating reads these rows and writes the charge columns.
 * Growable typed arrays over SharedArrayBuffers, so that the stages of a slice can run on different threads.
 */

/** Services and their base units. The order is stable inside a process only: names are stored, numbers are not. */
export const SERVICES = {
  voice: 'ms',
  sms: 'events',
  data: 'bytes',
  electricity: 'Wh',
  gas: 'litres',
  heat: 'Wh',
  water: 'litres',
  sewage: 'litres',
  waste: 'events',
  event: 'events',
} as const;
export type ServiceName = keyof typeof SERVICES;
export const SERVICE_NAMES = Object.keys(SERVICES) as ServiceName[];
export type BaseUnit = (typeof SERVICES)[ServiceName];

/** What a charge row is. Sums of money leave `valuation` out: it prices usage whose line is settled later. */
export const ChargeKind = { record: 1, valuation: 2, settlement: 3 } as const;
export const CHARGE_KIND_NAMES = ['', 'record', 'valuation', 'settlement'] as const;

/** No text field: for `partyField` and `otherField`. */
export const NO_TEXT_FIELD = 255;

const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);

export class UsageColumns {
  count = 0;
  capacity: number;
  /** Row of the record in RecordColumns. Rows of one record stand together, in the order of records. */
  record: Uint32Array;
  /** View number in the guiding plan's `views` (retail, interconnect...). */
  viewNo: Uint8Array;
  /** Index in SERVICE_NAMES. */
  serviceNo: Uint8Array;
  accountNo: Uint32Array;
  /** Dense number of the subscription or usage point. */
  subscriptionNo: Uint32Array;
  /** The look-up's assignment that guided the row (meter multiplier and digits hang on it). */
  assignment: Int32Array;
  /** Number of the tariff name in the look-up's `tariffNames`; the TariffBook binds these to its own. */
  tariffNo: Uint32Array;
  /** Which text field (index in TEXT_FIELDS) is the charged party and which the other side; NO_TEXT_FIELD = none. */
  partyField: Uint8Array;
  otherField: Uint8Array;
  /** 0 = a whole usage or its first part; 1 = a later part: setup fee, first block and minimum are in the first. */
  part: Uint8Array;
  startMs: Float64Array;
  endMs: Float64Array;
  quantity: Float64Array;
  quantityUp: Float64Array;

  // What rating writes:
  amountMicros: Float64Array;
  taxMicros: Float64Array;
  /** Quantity after increments and minimum, base units. */
  billed: Float64Array;
  /** Numbers in the TariffBook's dictionaries. */
  zoneNo: Uint16Array;
  bandNo: Uint16Array;
  /** Only where settlement needs it to find the rule again (rules with conditions); else 0. */
  componentNo: Uint16Array;
  versionNo: Uint16Array;
  currencyNo: Uint8Array;
  kind: Uint8Array;
  /** yyyymm of the start in the tariff's zone: the service period. */
  servicePeriod: Uint32Array;
  /** `errorNo(code)` when the row could not be rated; 0 when it was. */
  code: Uint16Array;

  constructor(capacity = 1024) {
    this.capacity = capacity;
    this.record = new Uint32Array(shared(capacity * 4));
    this.viewNo = new Uint8Array(shared(capacity));
    this.serviceNo = new Uint8Array(shared(capacity));
    this.accountNo = new Uint32Array(shared(capacity * 4));
    this.subscriptionNo = new Uint32Array(shared(capacity * 4));
    this.assignment = new Int32Array(shared(capacity * 4));
    this.tariffNo = new Uint32Array(shared(capacity * 4));
    this.partyField = new Uint8Array(shared(capacity));
    this.otherField = new Uint8Array(shared(capacity));
    this.part = new Uint8Array(shared(capacity));
    this.startMs = new Float64Array(shared(capacity * 8));
    this.endMs = new Float64Array(shared(capacity * 8));
    this.quantity = new Float64Array(shared(capacity * 8));
    this.quantityUp = new Float64Array(shared(capacity * 8));
    this.amountMicros = new Float64Array(shared(capacity * 8));
    this.taxMicros = new Float64Array(shared(capacity * 8));
    this.billed = new Float64Array(shared(capacity * 8));
    this.zoneNo = new Uint16Array(shared(capacity * 2));
    this.bandNo = new Uint16Array(shared(capacity * 2));
    this.componentNo = new Uint16Array(shared(capacity * 2));
    this.versionNo = new Uint16Array(shared(capacity * 2));
    this.currencyNo = new Uint8Array(shared(capacity));
    this.kind = new Uint8Array(shared(capacity));
    this.servicePeriod = new Uint32Array(shared(capacity * 4));
    this.code = new Uint16Array(shared(capacity * 2));
  }

  /** Makes room for one more row and returns its number; the caller fills every input column but `part`. */
  push(): number {
    if (this.count === this.capacity) this.grow();
    this.part[this.count] = 0;
    return this.count++;
  }

  /** Puts `more[row]` copies of each row behind it. */
  repeat(more: Uint16Array): void {
    const old = this.count;
    let to = old;
    for (let row = 0; row < old; row++) to += more[row];
    while (this.capacity < to) this.grow();
    this.count = to;
    for (let row = old - 1; to > row + 1; row--) {
      for (let copy = more[row]; copy >= 0; copy--) this.move(row, --to);
    }
  }

  /** Drops the rows whose `drop` flag is set, keeping the order. Only input columns move: rating comes later. */
  compact(drop: Uint8Array): void {
    let to = 0;
    for (let row = 0; row < this.count; row++) {
      if (drop[row] === 1) continue;
      if (to !== row) this.move(row, to);
      to++;
    }
    this.count = to;
  }

  private move(from: number, to: number): void {
    this.record[to] = this.record[from]!;
    this.viewNo[to] = this.viewNo[from]!;
    this.serviceNo[to] = this.serviceNo[from]!;
    this.accountNo[to] = this.accountNo[from]!;
    this.subscriptionNo[to] = this.subscriptionNo[from]!;
    this.assignment[to] = this.assignment[from]!;
    this.tariffNo[to] = this.tariffNo[from]!;
    this.partyField[to] = this.partyField[from]!;
    this.otherField[to] = this.otherField[from]!;
    this.part[to] = this.part[from]!;
    this.startMs[to] = this.startMs[from]!;
    this.endMs[to] = this.endMs[from]!;
    this.quantity[to] = this.quantity[from]!;
    this.quantityUp[to] = this.quantityUp[from]!;
  }

  private grow(): void {
    this.capacity *= 2;
    for (const [name, column] of Object.entries(this) as [string, unknown][]) {
      if (!ArrayBuffer.isView(column)) continue;
      const old = column as Uint8Array;
      const Column = old.constructor as new (buffer: SharedArrayBuffer) => Uint8Array;
      const larger = new Column(shared(this.capacity * old.BYTES_PER_ELEMENT));
      larger.set(old);
      (this as unknown as Record<string, unknown>)[name] = larger;
    }
  }
}
