/** Daily sums of the charges of one entry: (day, account, view, service, zone, kind, currency) → totals. */
import { TollgridError } from '../platform/errors.ts';
import { SERVICE_NAMES } from '../schemas/columns/usage-columns.ts';
import { dayOf, ExactSum, MonthFinder, type LedgerBlock } from './blocks.ts';
import type { ChargeRows } from './charge-rows.ts';
import { NativeBlockWriter } from './native-block.ts';
import { TABLES } from './tables.ts';

export type DailyInput = Pick<ChargeRows, 'usage' | 'rows' | 'count' | 'dictionaries' | 'postedEntry'>;

/** Groups in columns, found through an open-addressing table of group numbers. */
class Groups {
  count = 0;
  slots = new Int32Array(1024).fill(-1);
  account = new Uint32Array(512);
  day = new Uint16Array(512);
  zone = new Uint16Array(512);
  view = new Uint8Array(512);
  service = new Uint8Array(512);
  kind = new Uint8Array(512);
  currency = new Uint8Array(512);
  records = new Float64Array(512);
  quantity = new Float64Array(512);
  billed = new Float64Array(512);
  amount = new Float64Array(512);
  tax = new Float64Array(512);

  clear(): void {
    this.count = 0;
    this.slots.fill(-1);
  }

  /** Number of the group with this key; made when it is new. */
  find(
    account: number,
    day: number,
    zone: number,
    view: number,
    service: number,
    kind: number,
    currency: number,
  ): number {
    if (this.count * 2 >= this.slots.length) this.grow();
    const mask = this.slots.length - 1;
    let slot = hash(account, (day << 16) | zone, (view << 24) | (service << 16) | (kind << 8) | currency) & mask;
    for (; ; slot = (slot + 1) & mask) {
      const group = this.slots[slot];
      if (group < 0) break;
      if (
        this.account[group] === account &&
        this.day[group] === day &&
        this.zone[group] === zone &&
        this.view[group] === view &&
        this.service[group] === service &&
        this.kind[group] === kind &&
        this.currency[group] === currency
      ) {
        return group;
      }
    }
    const group = this.count++;
    this.slots[slot] = group;
    this.account[group] = account;
    this.day[group] = day;
    this.zone[group] = zone;
    this.view[group] = view;
    this.service[group] = service;
    this.kind[group] = kind;
    this.currency[group] = currency;
    this.records[group] = this.quantity[group] = this.billed[group] = this.amount[group] = this.tax[group] = 0;
    return group;
  }

  /** Twice the room: half of the slots stay empty, so a group always finds a place in the columns. */
  private grow(): void {
    const slots = new Int32Array(this.slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let group = 0; group < this.count; group++) {
      const packed = (this.view[group] << 24) | (this.service[group] << 16) | (this.kind[group] << 8);
      const key = (this.day[group] << 16) | this.zone[group];
      let slot = hash(this.account[group], key, packed | this.currency[group]) & mask;
      while (slots[slot] >= 0) slot = (slot + 1) & mask;
      slots[slot] = group;
    }
    this.slots = slots;
    const room = slots.length >> 1;
    this.account = enlarge(new Uint32Array(room), this.account);
    this.day = enlarge(new Uint16Array(room), this.day);
    this.zone = enlarge(new Uint16Array(room), this.zone);
    this.view = enlarge(new Uint8Array(room), this.view);
    this.service = enlarge(new Uint8Array(room), this.service);
    this.kind = enlarge(new Uint8Array(room), this.kind);
    this.currency = enlarge(new Uint8Array(room), this.currency);
    this.records = enlarge(new Float64Array(room), this.records);
    this.quantity = enlarge(new Float64Array(room), this.quantity);
    this.billed = enlarge(new Float64Array(room), this.billed);
    this.amount = enlarge(new Float64Array(room), this.amount);
    this.tax = enlarge(new Float64Array(room), this.tax);
  }
}

function enlarge<T extends { set(from: T): void }>(larger: T, from: T): T {
  larger.set(from);
  return larger;
}

function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Keeps its working space between calls: make one per thread. */
export class DailyEncoder {
  private readonly groups = new Groups();
  private readonly block = new NativeBlockWriter(TABLES.charges_daily);
  private readonly months = new MonthFinder();

  /** Blocks in order of their months. Throws LEDGER_OVERFLOW when a sum leaves the exact integers. */
  encode(input: DailyInput): LedgerBlock[] {
    this.collect(input);
    const { groups } = this;
    const byMonth = new Map<number, number[]>();
    for (let group = 0; group < groups.count; group++) {
      const month = this.months.find(groups.day[group] * 86_400_000);
      const members = byMonth.get(month);
      if (members) members.push(group);
      else byMonth.set(month, [group]);
    }
    return [...byMonth]
      .sort(([a], [b]) => a - b)
      .map(([month, members]) => this.encodeMonth(input, month, Uint32Array.from(members)));
  }

  private collect({ usage, rows, count }: DailyInput): void {
    const { groups } = this;
    groups.clear();
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      const startMs = usage.startMs[row];
      this.months.find(startMs);
      const group = groups.find(
        usage.accountNo[row],
        dayOf(startMs),
        usage.zoneNo[row],
        usage.viewNo[row],
        usage.serviceNo[row],
        usage.kind[row],
        usage.currencyNo[row],
      );
      groups.records[group] += 1;
      const quantity = (groups.quantity[group] += usage.quantity[row]);
      const billed = (groups.billed[group] += usage.billed[row]);
      const amount = (groups.amount[group] += usage.amountMicros[row]);
      const tax = (groups.tax[group] += usage.taxMicros[row]);
      // Each step is exact while the sum is a safe integer, so the first one that is not is seen here.
      if (!isSafe(quantity) || !isSafe(billed) || !isSafe(amount) || !isSafe(tax)) {
        throw new TollgridError('LEDGER_OVERFLOW', 'A daily sum leaves the range of exact integers', {
          table: 'charges_daily',
        });
      }
    }
  }

  private encodeMonth({ dictionaries, postedEntry }: DailyInput, month: number, members: Uint32Array): LedgerBlock {
    const { groups } = this;
    const amount = new ExactSum();
    const quantity = new ExactSum();
    for (const group of members) {
      amount.add(groups.amount[group]);
      quantity.add(groups.quantity[group]);
    }
    const bytes = this.block
      .begin(members.length)
      .constant('posted_entry', postedEntry, 8)
      .uint16('day', groups.day, members)
      .uint32('account_no', groups.account, members)
      .lowCardinality('view', groups.view, members, dictionaries.views)
      .lowCardinality('service', groups.service, members, SERVICE_NAMES)
      .lowCardinality('zone', groups.zone, members, dictionaries.zones)
      .uint8('kind', groups.kind, members)
      .lowCardinality('currency', groups.currency, members, dictionaries.currencies)
      .int64('records', groups.records, members)
      .int64('quantity', groups.quantity, members)
      .int64('billed', groups.billed, members)
      .int128('amount', groups.amount, members)
      .int128('tax', groups.tax, members)
      .finish();
    const sums = { amountMicros: amount.value, quantity: quantity.value };
    return { table: 'charges_daily', month, rows: members.length, ...sums, chunks: [bytes] };
  }
}

function isSafe(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER;
}
