/** Settlement lines as rows of the ledger, and back. */
import { postedSettlementLines, type LedgerClient, type LedgerRow } from '../../ledger/index.ts';
import { hash128 } from '../../platform/hash128.ts';
import {
  cycleKey,
  dayOf,
  payeeOf,
  startOfDay,
  type PostedLine,
  type SettlementCharge,
  type TariffBook,
} from '../../rating/index.ts';
import type { Subscription } from '../../registry/index.ts';
import { micros } from './charge-objects.ts';
import type { Cluster } from './settle-clusters.ts';
import { keyOf } from './settle-usage.ts';

/** Domain of settlement identities: apart from those of any format. */
const IDENTITY_SEED = 0x5345544c;
const DAY_MS = 86_400_000;

/** Lines that somebody else pays stand in a view of their own, `retail:budget`: what the subscriber owes is `retail`. */
export function viewOf(view: string, payer: string): string {
  return payer === '' ? view : `${view}:${payer}`;
}

export function payerOf(view: string): { view: string; payer: string } {
  const at = view.indexOf(':');
  return at === -1 ? { view, payer: '' } : { view: view.slice(0, at), payer: view.slice(at + 1) };
}

export interface Posting {
  entryNo: number;
  /** yyyy-mm. */
  period: string;
  /** yyyy-mm: the open one, where the service period is closed. */
  postingPeriod: string;
}

export function settlementRow(
  book: TariffBook,
  { view, service, members }: Cluster,
  charge: SettlementCharge,
  { entryNo, period, postingPeriod }: Posting,
  recordNo: number,
): LedgerRow & { identity: Uint8Array } {
  const { component, zone, band, version, payer, cycle } = charge;
  const subscription = members.find(({ no }) => no === charge.subscription)!;
  const held = book.version(version)!;
  const row = viewOf(view, payer);
  return {
    entry_no: entryNo,
    record_no: recordNo,
    charge_no: 0,
    posted_entry: entryNo,
    sign: 1,
    kind: 'settlement',
    account_no: subscription.accountNo,
    subscription_no: subscription.no,
    view: row,
    service,
    start_at: startOfDay(held, charge.first),
    end_at: startOfDay(held, charge.end),
    identity: identityOf([
      // A corrected version prices the same line.
      ...[subscription.id, row, service, period, component, zone, band, version.split('#', 1)[0]],
      ...(cycle === '' ? [] : [cycle]),
    ]),
    quantity: charge.quantity,
    other_party: payeeOf(held.tariff.model, component),
    zone,
    band,
    tariff: version,
    component,
    billed: charge.quantity,
    currency: charge.currency,
    amount: charge.amountMicros,
    tax: charge.taxMicros,
    service_period: yyyymm(period),
    posting_period: yyyymm(postingPeriod),
    corrects: '',
  };
}

export function yyyymm(period: string): number {
  return Number(period.replace('-', ''));
}

function monthText(month: number): string {
  return `${Math.floor(month / 100)}-${String(month % 100).padStart(2, '0')}`;
}

function identityOf(parts: readonly string[]): Uint8Array {
  const text = Buffer.from(parts.join('\u001f'));
  const words = new Uint32Array(4);
  hash128(text, 0, text.length, IDENTITY_SEED, words, 0);
  return new Uint8Array(words.buffer);
}

/** Where the ledger is read, and as it stood before which entry. */
export interface LedgerAt {
  ledger: LedgerClient;
  book: TariffBook;
  beforeEntry: number;
  /** Instead of the ledger's table: see `standingRows`. */
  from?: string;
}

/** A line that stands, with the address and the posting month of its last charge. */
export type StandingLine = PostedLine & { identity: string; address: string; postingPeriod: string };

/** What stands of a period's lines, by subscription, view and service. `members`: null = of all. */
export async function collectPosted(
  { ledger, book, beforeEntry, from }: LedgerAt,
  period: string,
  members: readonly Subscription[] | null,
): Promise<Map<string, StandingLine[]>> {
  const posted = new Map<string, StandingLine[]>();
  const filter = {
    ...{ period: yyyymm(period), beforeEntry },
    ...(members !== null && { subscriptionNos: members.map(({ no }) => no) }),
    ...(from !== undefined && { from }),
  };
  for await (const portion of postedSettlementLines(ledger, filter)) {
    for (const row of portion) {
      const { view, payer } = payerOf(String(row['view']));
      const key = keyOf(Number(row['subscription_no']), view, String(row['service']));
      const list = posted.get(key) ?? [];
      list.push(postedLine(book, row, payer, period));
      posted.set(key, list);
    }
  }
  return posted;
}

function postedLine(book: TariffBook, row: LedgerRow, payer: string, period: string): StandingLine {
  const version = String(row['tariff']);
  const held = book.version(version);
  const day = (name: string) => {
    const ms = Date.parse(`${String(row[name]).replace(' ', 'T')}Z`);
    return held === undefined ? Math.floor(ms / DAY_MS) : dayOf(held, ms);
  };
  const [year, month] = period.split('-').map(Number) as [number, number];
  const days = { first: Date.UTC(year, month - 1, 1) / DAY_MS, end: Date.UTC(year, month, 1) / DAY_MS };
  return {
    component: String(row['component']),
    zone: String(row['zone']),
    band: String(row['band']),
    version,
    payer,
    cycle: cycleKey({ first: day('start_at'), end: day('end_at') }, days),
    quantity: Number(row['quantity']),
    amountMicros: Number(micros(row['amount'])),
    taxMicros: Number(micros(row['tax'])),
    identity: String(row['identity']),
    address: [row['entry_no'], row['record_no'], row['charge_no']].join('.'),
    postingPeriod: monthText(Number(row['posting_period'])),
  };
}
