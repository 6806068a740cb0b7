/**
 * Usage columns in, charge columns out. Pure: the book, the rows and the records' text decide everything.
 *
 * Amounts: `amountMicros` contains the tax, always; `taxMicros` is the tax in it. Where the prices contain the tax, the
 * rounded sum is the amount and the tax is worked out of it; where they do not, the rounded sum is the net amount, the tax
 * is worked out on it and added. Both are rounded to the decimals of the tariff by its rule.
 */
import { TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import { ChargeKind, type UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { NO_FACTS, type RatingFacts } from '../../schemas/rating-facts.ts';
import { MINUTE_MS } from '../arithmetic/calendar.ts';
import { findPrefix, type Asked, type CompiledTariff } from '../compiler/index.ts';
import { versionAt, type BookVersion, type TariffBook } from './book.ts';
import { RateCode } from './codes.ts';
import { toMoney } from './money.ts';
import { priceUsage } from './price.ts';
import { Priced, type Segment } from './priced.ts';

const REGISTER = TEXT_FIELDS.indexOf('register');
/** Takes codes that nobody reads. */
const NOT_WANTED = new Priced();

/** Rows whose zones are looked up together. */
const BATCH_ROWS = 256;

/**
 * Rates rows [from, to). A row that cannot be rated gets its code, and no amount. `facts` is what rules with conditions
 * ask for beside the columns.
 */
export function rateUsage(
  book: TariffBook,
  binding: Int32Array,
  usage: UsageColumns,
  records: RecordColumns,
  from: number,
  to: number,
  facts: RatingFacts = NO_FACTS,
): void {
  const priced = new Priced();
  const asked: Asked = { usage, records, facts, row: 0 };
  priced.asked = asked;
  const zones = new Int32Array(BATCH_ROWS);
  for (let first = from; first < to; first += BATCH_ROWS) {
    const end = Math.min(first + BATCH_ROWS, to);
    const shared = findZones(book, binding, usage, records, first, end, zones);
    for (let row = first; row < end; row++) {
      priced.reset();
      priced.later = usage.part[row] === 1;
      asked.row = row;
      const version = findVersion(book, binding, usage, row, priced);
      if (version !== undefined) {
        const { tariff } = version;
        const zone = tariff === shared ? zones[row - first] : zoneOf(tariff, usage, records, row);
        rateRow(tariff, usage, records, row, zone, priced, null);
      }
      writeRow(usage, row, version, priced);
    }
  }
}

/**
 * Finds the zones of rows [first, end) in the tariff of the first of them, and returns it; null when it has no zones.
 * A loop that does nothing else, because a large trie is not in the processor's cache: it asks for the next rows' nodes
 * while it waits for those of one.
 */
function findZones(
  book: TariffBook,
  binding: Int32Array,
  usage: UsageColumns,
  records: RecordColumns,
  first: number,
  end: number,
  zones: Int32Array,
): CompiledTariff | null {
  const tariff = findVersion(book, binding, usage, first, NOT_WANTED)?.tariff;
  if (tariff === undefined || !tariff.hasZones) return null;
  const { trie, zoneField } = tariff;
  const { text } = records;
  const { record } = usage;
  const offsets = records.textOffset[zoneField];
  const lengths = records.textLength[zoneField];
  for (let row = first; row < end; row++) {
    zones[row - first] = findPrefix(trie, text, offsets[record[row]], lengths[record[row]]);
  }
  return tariff;
}

/** The zone of a row in a tariff, -1 for none; 0 when the tariff has no zones. */
export function zoneOf(tariff: CompiledTariff, usage: UsageColumns, records: RecordColumns, row: number): number {
  if (!tariff.hasZones) return 0;
  const record = usage.record[row];
  const offset = records.textOffset[tariff.zoneField][record];
  return findPrefix(tariff.trie, records.text, offset, records.textLength[tariff.zoneField][record]);
}

/** The version for a row; undefined with `out.code` when there is none. */
export function findVersion(
  book: TariffBook,
  binding: Int32Array,
  usage: UsageColumns,
  row: number,
  out: Priced,
): BookVersion | undefined {
  const bound = usage.tariffNo[row];
  const tariffNo = bound < binding.length ? binding[bound] : -1;
  if (tariffNo < 0) {
    out.code = RateCode.noTariff;
    return undefined;
  }
  const version = versionAt(book.tariffs[tariffNo], usage.startMs[row]);
  if (version === undefined) out.code = RateCode.noVersion;
  return version;
}

/** One row of a known zone through band, price and rounding; the same code for columns and for explanations. */
export function rateRow(
  tariff: CompiledTariff,
  usage: UsageColumns,
  records: RecordColumns,
  row: number,
  zone: number,
  out: Priced,
  trace: Segment[] | null,
): void {
  const startMs = usage.startMs[row];
  const { days, bandDays } = tariff;
  let inDayMs = days.seek(startMs);
  out.month = days.month;
  if (usage.serviceNo[row] !== tariff.serviceNo) {
    out.code = RateCode.wrongService;
    return;
  }
  out.zone = zone;
  if (zone < 0) {
    out.code = RateCode.noZone;
    return;
  }
  if (tariff.byRegister) {
    out.band = findRegister(tariff, records, usage.record[row]);
    if (out.band < 0) {
      out.code = RateCode.noRegister;
      return;
    }
  } else {
    if (bandDays !== days) inDayMs = bandDays.seek(startMs);
    out.band = tariff.bands.ofMinute[bandDays.place + Math.floor(inDayMs / MINUTE_MS)];
  }
  priceUsage(tariff, startMs, usage.quantity[row], usage.quantityUp[row], out, trace, usage.endMs[row]);
  if (out.code === 0) toMoney(out.settled ? tariff.valuation : tariff.money, out);
}

function findRegister(tariff: CompiledTariff, records: RecordColumns, record: number): number {
  const offset = records.textOffset[REGISTER][record];
  const length = records.textLength[REGISTER][record];
  const { text } = records;
  for (const { code, band } of tariff.registers) {
    if (code.length !== length) continue;
    let place = 0;
    while (place < length && text[offset + place] === code[place]) place++;
    if (place === length) return band;
  }
  return -1;
}

function writeRow(usage: UsageColumns, row: number, version: BookVersion | undefined, priced: Priced): void {
  const rated = priced.code === 0;
  usage.code[row] = priced.code;
  usage.amountMicros[row] = rated ? priced.amountMicros : 0;
  usage.taxMicros[row] = rated ? priced.taxMicros : 0;
  usage.billed[row] = rated ? priced.billed : 0;
  usage.kind[row] = !rated ? 0 : priced.settled ? ChargeKind.valuation : ChargeKind.record;
  usage.servicePeriod[row] = priced.month;
  const { zone, band } = priced;
  usage.versionNo[row] = version === undefined ? 0 : version.versionNo;
  usage.currencyNo[row] = version === undefined ? 0 : version.currencyNo;
  usage.zoneNo[row] = version === undefined || zone < 0 ? 0 : version.zoneNos[zone];
  usage.bandNo[row] = version === undefined || band < 0 ? 0 : version.bandNos[band];
  const named = rated && (priced.settled || version!.tariff.namesRecords);
  usage.componentNo[row] = named ? version!.componentNos[priced.rule] : 0;
}
