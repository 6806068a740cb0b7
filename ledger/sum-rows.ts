/** Sums of the charges of one entry: per account and day, and per zone and hour. Written together with the charges. */
import { SERVICE_NAMES } from '../schemas/columns/usage-columns.ts';
import { ExactSum, MonthFinder, type LedgerBlock } from './blocks.ts';
import type { BlockBuffers } from './block-buffers.ts';
import type { ChargeRows } from './charge-rows.ts';
import { NativeBlockWriter } from './native-block.ts';
import { SumGroups } from './sum-groups.ts';
import { TABLES } from './tables.ts';

export type SumInput = Pick<ChargeRows, 'usage' | 'rows' | 'count' | 'dictionaries' | 'postedEntry'>;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Keeps its working space between calls: make one per thread. */
export class SumEncoder {
  private readonly byAccount = new SumGroups();
  private readonly byZone = new SumGroups();
  private readonly daily: NativeBlockWriter;
  private readonly hourly: NativeBlockWriter;
  private readonly months = new MonthFinder();

  constructor(buffers?: BlockBuffers) {
    this.daily = new NativeBlockWriter(TABLES.charges_daily, buffers);
    this.hourly = new NativeBlockWriter(TABLES.charges_hourly, buffers);
  }

  /** Blocks in order of tables and months. */
  encode(input: SumInput): LedgerBlock[] {
    this.collect(input);
    return [
      ...this.byMonth(this.byAccount, DAY_MS).map(([month, groups]) => this.encodeDaily(input, month, groups)),
      ...this.byMonth(this.byZone, HOUR_MS).map(([month, groups]) => this.encodeHourly(input, month, groups)),
    ];
  }

  private collect({ usage, rows, count }: SumInput): void {
    const { byAccount, byZone } = this;
    byAccount.clear();
    byZone.clear();
    const { startMs, accountNo, zoneNo, viewNo, serviceNo, kind, currencyNo } = usage;
    const { quantity, billed, amountMicros, taxMicros } = usage;
    for (let i = 0; i < count; i++) {
      const row = rows[i];
      const what = (viewNo[row] << 24) | (serviceNo[row] << 16) | (kind[row] << 8) | currencyNo[row];
      const hour = Math.floor(startMs[row] / HOUR_MS);
      const day = Math.floor(hour / 24);
      const q = quantity[row];
      const b = billed[row];
      const a = amountMicros[row];
      const t = taxMicros[row];
      byAccount.add(accountNo[row], day, what >>> 0, q, b, a, t);
      byZone.add(zoneNo[row], hour, what >>> 0, q, b, a, t);
    }
  }

  /** Month → its groups, ascending. Nearly always there is one. */
  private byMonth(groups: SumGroups, unitMs: number): [number, Uint32Array][] {
    const when = groups.keyWords('when');
    const monthOf = new Uint32Array(when.length);
    const counts = new Map<number, number>();
    for (let group = 0; group < when.length; group++) {
      const month = this.months.find(when[group] * unitMs);
      monthOf[group] = month;
      counts.set(month, (counts.get(month) ?? 0) + 1);
    }
    return [...counts]
      .sort(([a], [b]) => a - b)
      .map(([month, count]) => {
        const members = new Uint32Array(count);
        let next = 0;
        for (let group = 0; group < when.length; group++) if (monthOf[group] === month) members[next++] = group;
        return [month, members];
      });
  }

  private encodeDaily(input: SumInput, month: number, members: Uint32Array): LedgerBlock {
    const groups = this.byAccount;
    const block = this.daily
      .begin(members.length)
      .constant('posted_entry', input.postedEntry, 8)
      .uint16('day', groups.keyWords('when'), members)
      .uint32('account_no', groups.keyWords('who'), members);
    return finish(block, 'charges_daily', input, groups, month, members);
  }

  private encodeHourly(input: SumInput, month: number, members: Uint32Array): LedgerBlock {
    const groups = this.byZone;
    const seconds = groups.keyWords('when');
    for (let i = 0; i < seconds.length; i++) seconds[i] *= 3600;
    const block = this.hourly
      .begin(members.length)
      .constant('posted_entry', input.postedEntry, 8)
      .uint32('hour', seconds, members)
      .lowCardinality('zone', groups.keyWords('who'), members, input.dictionaries.zones);
    return finish(block, 'charges_hourly', input, groups, month, members);
  }
}

/** The columns that both tables end with. */
function finish(
  block: NativeBlockWriter,
  table: 'charges_daily' | 'charges_hourly',
  { dictionaries }: SumInput,
  groups: SumGroups,
  month: number,
  members: Uint32Array,
): LedgerBlock {
  const what = groups.keyWords('what');
  const part = (shift: number): Uint8Array => {
    const bytes = new Uint8Array(what.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = what[i] >>> shift;
    return bytes;
  };
  const [amounts, quantities] = [groups.sumsOf('amount'), groups.sumsOf('quantity')];
  const amount = new ExactSum();
  const quantity = new ExactSum();
  for (const group of members) {
    amount.add(amounts[group]);
    quantity.add(quantities[group]);
  }
  const bytes = block
    .lowCardinality('view', part(24), members, dictionaries.views)
    .lowCardinality('service', part(16), members, SERVICE_NAMES)
    .uint8('kind', part(8), members)
    .lowCardinality('currency', part(0), members, dictionaries.currencies)
    .int64('records', groups.sumsOf('records'), members)
    .int64('quantity', quantities, members)
    .int64('billed', groups.sumsOf('billed'), members)
    .int128('amount', amounts, members)
    .int128('tax', groups.sumsOf('tax'), members)
    .finish();
  return { table, month, rows: members.length, amountMicros: amount.value, quantity: quantity.value, chunks: [bytes] };
}
