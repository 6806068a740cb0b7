/** One batch of real usage under both books: record charges into the sums, what is settled later put by. */
import { divideUsage, rateUsage, readsRecordCharges, type TariffBook } from '../../rating/index.ts';
import { errorCode } from '../../platform/errors.ts';
import { ChargeKind, UsageColumns } from '../../schemas/columns/usage-columns.ts';
import type { PostedUsage } from '../../ledger/index.ts';
import type { AddressedUsage } from '../rater/index.ts';
import type { CanaryBooks } from './books.ts';
import type { CanaryCustomers } from './customers.ts';
import type { ReadUsage } from './read-usage.ts';
import type { Spill } from './spill.ts';
import type { Faults } from './sums.ts';
import { type CanarySums, type Side } from './sums.ts';

export interface RateParts {
  books: CanaryBooks;
  customers: CanaryCustomers;
  sums: CanarySums;
  /** Null: nothing is settled. */
  spill: Spill | null;
  faults: Record<Side, Faults>;
}

export function rateBoth(parts: RateParts, read: ReadUsage): void {
  for (const side of ['active', 'draft'] as const) rateSide(parts, read, side);
}

function rateSide(parts: RateParts, read: ReadUsage, side: Side): void {
  const { books, customers, sums, faults } = parts;
  const book = books[side];
  const usage = copyOf(read.usage);
  const binding = book.bind(read.tariffNames);
  divideUsage(book, binding, usage);
  rateUsage(book, binding, usage, read.records, 0, usage.count, read.facts);
  for (let row = 0, next = 0, index = 0; row < usage.count; row = next, index++) {
    next = row + 1;
    while (next < usage.count && usage.part[next] === 1) next++;
    const posted = read.posted[index];
    const { postedEntry, entryNo, recordNo, view, service, accountNo, subscriptionNo } = posted;
    const isOwn = read.tariffNames[usage.tariffNo[row]] === books.inPlaceOf;
    const counts = isOwn && posted.startMs >= books.fromMs && posted.startMs < books.toMs;
    // A usage of which one part has no price waits as a whole.
    let code = 0;
    for (let part = row; part < next; part++) code ||= usage.code[part];
    if (counts && side === 'active') sums.count(view, service, currencyOf(book, usage, row, books));
    if (code !== 0) {
      if (counts) faults[side].add(errorCode(code), `${entryNo}.${recordNo}`);
      continue;
    }
    for (let part = row; part < next; part++) {
      if (counts && usage.kind[part] === ChargeKind.record) {
        sums.add({
          ...{ side, view, service, kind: 'record', account: accountNo, segment: customers.segment(subscriptionNo) },
          component: book.components[usage.componentNo[part]],
          zone: book.zones[usage.zoneNo[part]],
          band: book.bands[usage.bandNo[part]],
          currency: book.currencies[usage.currencyNo[part]],
          amountMicros: usage.amountMicros[part],
        });
      }
      putBy(parts, side, posted, usage, part, part > row, `${entryNo}.${recordNo}.${postedEntry}`);
    }
  }
}

/** What a settlement would read of it, with the same rules. */
function putBy(
  { books, customers, spill }: RateParts,
  side: Side,
  posted: PostedUsage,
  usage: UsageColumns,
  row: number,
  later: boolean,
  address: string,
): void {
  if (spill === null) return;
  const book = books[side];
  const version = book.versions[usage.versionNo[row]];
  const tariff = book.version(version)?.tariff;
  const isRecord = usage.kind[row] === ChargeKind.record;
  if (tariff === undefined || (isRecord && !readsRecordCharges(tariff.model.period))) return;
  const { identity, party, view, service } = posted;
  const settled: AddressedUsage = {
    ...{ identity, address, later, version },
    startMs: usage.startMs[row],
    endMs: usage.endMs[row],
    quantity: usage.quantity[row],
    quantityUp: usage.quantityUp[row],
    zone: book.zones[usage.zoneNo[row]],
    band: book.bands[usage.bandNo[row]],
    component: book.components[usage.componentNo[row]],
    ...(isRecord && tariff.takesCharges
      ? {
          charged: {
            amountMicros: usage.amountMicros[row],
            taxMicros: usage.taxMicros[row],
            billed: usage.billed[row],
          },
        }
      : {}),
  };
  const held =
    tariff.model.period.split === null ? [] : customers.holders.of({ ...settled, endMs: usage.endMs[row], party });
  const holders = held.length < 2 ? [posted.subscriptionNo] : held.map(({ no }) => no);
  for (const subscription of holders) {
    const cluster = customers.clusterNo(subscription, view, service);
    if (cluster === -1) continue;
    spill.add({ side, cluster, subscription, party, period: usage.servicePeriod[row], usage: settled });
  }
}

function currencyOf(book: TariffBook, usage: UsageColumns, row: number, { tariff }: CanaryBooks): string {
  return book.currencies[usage.currencyNo[row]] || tariff.model.currency;
}

/** Rating writes into the columns, and may divide them. */
function copyOf(from: UsageColumns): UsageColumns {
  const copy = new UsageColumns(Math.max(1, from.count));
  for (let row = 0; row < from.count; row++) {
    copy.push();
    for (const name of INPUTS) copy[name][row] = from[name][row];
  }
  return copy;
}

const INPUTS = [
  'record',
  'viewNo',
  'serviceNo',
  'accountNo',
  'subscriptionNo',
  'assignment',
  'tariffNo',
  'partyField',
  'otherField',
  'part',
  'startMs',
  'endMs',
  'quantity',
  'quantityUp',
] as const;
