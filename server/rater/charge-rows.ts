/** Charges of a few records as row objects: for records that come one by one (recycled, made again). */
import { decimalOf, type LedgerRow } from '../../ledger/index.ts';
import { CHARGE_KIND_NAMES, NO_TEXT_FIELD, SERVICE_NAMES } from '../../schemas/columns/usage-columns.ts';
import type { ReferenceData } from './reference-data.ts';
import { identityHex } from './reversals.ts';
import type { Chosen } from './slice-encoder.ts';
import type { SliceWork } from './slice-work.ts';

export function chargeRowsOf(
  reference: ReferenceData,
  { records, usage }: SliceWork,
  chosen: Chosen,
  address: { entryNo: number; recordNo: number },
  postedEntry: number,
): LedgerRow[] {
  const book = reference.tariffBook;
  const text = (field: number, record: number): string =>
    field === NO_TEXT_FIELD ? '' : records.textOf(field, record);
  return [...chosen.rows.subarray(0, chosen.count)].map((row) => {
    const record = usage.record[row];
    return {
      entry_no: address.entryNo,
      record_no: address.recordNo,
      charge_no: chosen.chargeNo[row],
      posted_entry: postedEntry,
      sign: 1,
      kind: CHARGE_KIND_NAMES[usage.kind[row]],
      account_no: usage.accountNo[row],
      subscription_no: usage.subscriptionNo[row],
      view: reference.guidingPlan.views[usage.viewNo[row]],
      service: SERVICE_NAMES[usage.serviceNo[row]],
      start_at: usage.startMs[row],
      end_at: usage.endMs[row],
      identity: identityHex([...records.identity.subarray(record * 4, record * 4 + 4)]),
      quantity: usage.quantity[row],
      quantity_up: usage.quantityUp[row],
      party: text(usage.partyField[row], record),
      other_party: text(usage.otherField[row], record),
      zone: book.zones[usage.zoneNo[row]],
      band: book.bands[usage.bandNo[row]],
      tariff: book.versions[usage.versionNo[row]],
      component: book.components[usage.componentNo[row]],
      billed: usage.billed[row],
      currency: book.currencies[usage.currencyNo[row]],
      amount: decimalOf(BigInt(usage.amountMicros[row])),
      tax: decimalOf(BigInt(usage.taxMicros[row])),
      service_period: usage.servicePeriod[row],
      posting_period: usage.servicePeriod[row],
      corrects: '',
    };
  });
}
