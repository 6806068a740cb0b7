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
import type { Asked, CompiledTariff } from '../compiler/index.ts';
import { versionAt, type BookVersion, type TariffBook } from './book.ts';
import { RateCode } from './codes.ts';
import { attributesOf, toEnergy } from './energy.ts';
import { toMoney } from './money.ts';
import { BATCH_ROWS, Places } from './places.ts';
import { priceUsage } from './price.ts';
import { Priced, type Segment } from './priced.ts';
import { heldBits } from './rule-names.ts';

const REGISTER = TEXT_FIELDS.indexOf('register');
/** Takes codes that nobody reads. */
const NOT_WANTED = new Priced();
/** Where one row is looked up by itself. */
const single = new Places();

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
  const places = new Places();
  const { rows } = places;
  const open = new Int32Array(BATCH_ROWS);
  for (let first = from; first < to; first += BATCH_ROWS) {
    let left = Math.min(BATCH_ROWS, to - first);
    for (let index = 0; index < left; index++) open[index] = first + index;
    while (left > 0) {
      // The first open row and all that have the same version.
      const version = findVersion(book, binding, usage, open[0], NOT_WANTED);
      const all = left;
      let count = 0;
      left = 0;
      for (let index = 0; index < all; index++) {
        const row = open[index];
        if (findVersion(book, binding, usage, row, NOT_WANTED) === version) rows[count++] = row;
        else open[left++] = row;
      }
      if (version !== undefined) places.find(version.tariff, usage, records, count);
      for (let index = 0; index < count; index++) {
        const row = rows[index];
        priced.reset();
        priced.later = usage.part[row] === 1;
        asked.row = row;
        if (version === undefined) findVersion(book, binding, usage, row, priced);
        else rateAt(version.tariff, usage, records, row, places, index, priced, null);
        writeRow(usage, row, version, priced);
      }
    }
  }
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

/** One row through zone, band, price and rounding; the same code for columns and for explanations. */
export function rateRow(
  tariff: CompiledTariff,
  usage: UsageColumns,
  records: RecordColumns,
  row: number,
  out: Priced,
  trace: Segment[] | null,
): void {
  single.rows[0] = row;
  single.find(tariff, usage, records, 1);
  rateAt(tariff, usage, records, row, single, 0, out, trace);
}

/** One row whose place is known: number `index` of `places`. */
function rateAt(
  tariff: CompiledTariff,
  usage: UsageColumns,
  records: RecordColumns,
  row: number,
  places: Places,
  index: number,
  out: Priced,
  trace: Segment[] | null,
): void {
  out.month = places.months[index];
  if (usage.serviceNo[row] !== tariff.serviceNo) {
    out.code = RateCode.wrongService;
    return;
  }
  out.zone = places.zones[index];
  if (out.zone < 0) {
    out.code = RateCode.noZone;
    return;
  }
  if (tariff.byRegister) {
    out.band = findRegister(tariff, records, usage.record[row]);
    if (out.band < 0) {
      out.code = RateCode.noRegister;
      return;
    }
  } else out.band = tariff.bands.ofMinute[places.minutes[index]];
  out.of(usage.startMs[row], usage.endMs[row], usage.quantity[row], usage.quantityUp[row]);
  if (tariff.model.energy !== null) toEnergy(tariff, out, attributesOf(out.asked!));
  if (out.code === 0) priceUsage(tariff, out, trace);
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

/** Place in `componentNos`. */
function nameOf(tariff: CompiledTariff, { rule, asked }: Priced): number {
  const { length } = tariff.namedRules;
  return length === 0 ? rule : (rule << length) + heldBits(tariff, asked);
}

export function writeRow(usage: UsageColumns, row: number, version: BookVersion | undefined, priced: Priced): void {
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
  usage.componentNo[row] = named ? version!.componentNos[nameOf(version!.tariff, priced)] : 0;
}
