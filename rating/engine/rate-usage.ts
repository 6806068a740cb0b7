/**
 * Usage columns in, charge columns out. Pure: the book, the rows and the records' text decide everything.
 *
 * Amounts: `amountMicros` contains the tax, always; `taxMicros` is the tax in it. Where the prices contain the tax, the
 * rounded sum is the amount and the tax is worked out of it; where they do not, the rounded sum is the net amount, the tax
 * is worked out on it and added. Both are rounded to the decimals of the tariff by its rule.
 */
import { TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import { ChargeKind, type UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { DAY_MINUTES, DAY_MS, MINUTE_MS } from '../arithmetic/calendar.ts';
import { dayKind, findPrefix, type CompiledTariff } from '../compiler/index.ts';
import { versionAt, type BookVersion, type TariffBook } from './book.ts';
import { RateCode } from './codes.ts';
import { priceUsage, toMoney } from './price.ts';
import { Priced, type Segment } from './priced.ts';

const OTHER_PARTY = TEXT_FIELDS.indexOf('calledParty');
const REGISTER = TEXT_FIELDS.indexOf('register');

/** Rates rows [from, to). A row that cannot be rated gets its code, and no amount. */
export function rateUsage(
  book: TariffBook,
  binding: Int32Array,
  usage: UsageColumns,
  records: RecordColumns,
  from: number,
  to: number,
): void {
  const priced = new Priced();
  for (let row = from; row < to; row++) {
    priced.reset();
    const version = findVersion(book, binding, usage, row, priced);
    if (version !== undefined) rateRow(version.tariff, usage, records, row, priced, null);
    writeRow(usage, row, version, priced);
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
  const startMs = usage.startMs[row];
  const localMs = tariff.clock.toLocalMs(startMs);
  const day = Math.floor(localMs / DAY_MS);
  out.month = tariff.clock.yyyymm(startMs);
  if (usage.serviceNo[row] !== tariff.serviceNo) {
    out.code = RateCode.wrongService;
    return;
  }
  const record = usage.record[row];
  if (tariff.hasZones) {
    out.zone = findPrefix(
      tariff.trie,
      records.text,
      records.textOffset[OTHER_PARTY][record],
      records.textLength[OTHER_PARTY][record],
    );
    if (out.zone < 0) {
      out.code = RateCode.noZone;
      return;
    }
  } else out.zone = 0;
  if (tariff.byRegister) {
    out.band = findRegister(tariff, records, record);
    if (out.band < 0) {
      out.code = RateCode.noRegister;
      return;
    }
  } else {
    const minute = Math.floor((localMs - day * DAY_MS) / MINUTE_MS);
    out.band = tariff.bands.ofMinute[dayKind(tariff.bands, day) * DAY_MINUTES + minute]!;
  }
  priceUsage(tariff, startMs, usage.quantity[row], usage.quantityUp[row], out, trace);
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
  usage.versionNo[row] = version === undefined ? 0 : version.versionNo;
  usage.currencyNo[row] = version === undefined ? 0 : version.currencyNo;
  usage.zoneNo[row] = version === undefined || priced.zone < 0 ? 0 : version.zoneNos[priced.zone];
  usage.bandNo[row] = version === undefined || priced.band < 0 ? 0 : version.bandNos[priced.band];
}
