/**
 * Zones, months and minutes of rows in a tariff, looked up together: loops that do nothing else, because a large trie is
 * not in the processor's cache, and it asks for what the next rows need while it waits for one.
 */
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { PrefixBatch, type CompiledTariff } from '../compiler/index.ts';

/** How many rows are looked up together. */
export const BATCH_ROWS = 256;

export class Places {
  readonly rows = new Int32Array(BATCH_ROWS);
  /** By place in `rows`, as all of these: yyyymm by the tariff's clock. */
  readonly months = new Int32Array(BATCH_ROWS);
  /** Place in `BandTable.ofMinute`, by the clock of the bands. */
  readonly minutes = new Int32Array(BATCH_ROWS);
  private readonly unread = new Int32Array(BATCH_ROWS);
  private readonly prefixes = new PrefixBatch(BATCH_ROWS);
  /** -1 for none; 0 when the tariff has no zones. */
  readonly zones = this.prefixes.found;

  /** Of the first `count` rows in `rows`. */
  find(tariff: CompiledTariff, usage: UsageColumns, records: RecordColumns, count: number): void {
    const { days, bandDays } = tariff;
    days.seek(usage.startMs, this.rows, count, this.months, this.minutes);
    if (bandDays !== days) bandDays.seek(usage.startMs, this.rows, count, this.unread, this.minutes);
    if (tariff.hasZones) this.findZones(tariff, usage.record, records, count);
    else this.zones.fill(0, 0, count);
  }

  private findZones(
    { trie, zoneField }: CompiledTariff,
    record: Uint32Array,
    records: RecordColumns,
    count: number,
  ): void {
    const { prefixes, rows } = this;
    const { at, end: ends } = prefixes;
    const offsets = records.textOffset[zoneField];
    const lengths = records.textLength[zoneField];
    for (let index = 0; index < count; index++) {
      const one = record[rows[index]];
      const offset = offsets[one];
      at[index] = offset;
      ends[index] = offset + lengths[one];
    }
    prefixes.find(trie, records.text, count);
  }
}
