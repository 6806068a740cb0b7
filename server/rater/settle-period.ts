/**
 * Settles a month: for each subscription, view and service the lines that its tariffs ask for, less what is posted of
 * them already. Everything is read as it stood before the command's entry.
 */
import { TollgridError } from '../../platform/errors.ts';
import { hash128 } from '../../platform/hash128.ts';
import {
  postedSettlementLines,
  usageForSettlement,
  type LedgerBlock,
  type LedgerClient,
  type LedgerRow,
  type SettlementUsage,
} from '../../ledger/index.ts';
import {
  settle,
  type PostedLine,
  type SettledUsage,
  type SettlementCharge,
  type TariffBook,
} from '../../rating/index.ts';
import type { Subscription } from '../../registry/index.ts';
import { encodeControls } from './accounting.ts';
import { encodeChargeObjects, micros } from './charge-objects.ts';

export interface SettlementParts {
  ledger: LedgerClient;
  book: TariffBook;
  /** As of the command, in the order of their numbers. */
  subscriptions: readonly Subscription[];
  /** A subscription that cannot be settled, and why. */
  onFailure(subscriptionNo: number, error: TollgridError): void;
}

/** Domain of settlement identities: apart from those of any format. */
const IDENTITY_SEED = 0x5345544c;

/** What one call of `settle` covers. */
export interface Scope {
  subscription: Subscription;
  view: string;
  service: string;
}

export async function settlePeriod(parts: SettlementParts, entryNo: number, period: string): Promise<LedgerBlock[]> {
  const yyyymm = Number(period.replace('-', ''));
  const usages = await collectUsages(parts.ledger, yyyymm, entryNo);
  const posted = await collectPosted(parts.ledger, yyyymm, entryNo);
  const rows: LedgerRow[] = [];
  for (const scope of scopes(parts.subscriptions)) {
    const key = keyOf(scope.subscription.no, scope.view, scope.service);
    for (const charge of settleScope(parts, scope, period, usages.get(key) ?? [], posted.get(key) ?? [])) {
      rows.push(settlementRow(parts.book, scope, charge, period, entryNo, rows.length));
    }
  }
  const { blocks, controls } = encodeChargeObjects(rows, entryNo);
  return [
    ...blocks,
    ...encodeControls(
      controls.map((sum) => ({ ...sum, entryNo })),
      entryNo,
    ),
  ];
}

/** The lines of one scope again, as they were worked out at an entry, with the usages they were made from. */
export async function settleAgain(
  { ledger, book }: Pick<SettlementParts, 'ledger' | 'book'>,
  scope: Scope,
  entryNo: number,
  period: string,
): Promise<{ charges: SettlementCharge[]; usages: Map<string, { address: string; startMs: number }> }> {
  const yyyymm = Number(period.replace('-', ''));
  const key = keyOf(scope.subscription.no, scope.view, scope.service);
  const usages = await collectUsages(ledger, yyyymm, entryNo, scope.subscription.no);
  const posted = await collectPosted(ledger, yyyymm, entryNo, scope.subscription.accountNo);
  const charges = settle({
    book,
    period,
    assignments: assignmentsOf(scope),
    usages: usages.get(key) ?? [],
    posted: posted.get(key) ?? [],
  });
  return { charges, usages: new Map((usages.get(key) ?? []).map((usage) => [usage.identity, usage])) };
}

function assignmentsOf({ subscription, view, service }: Scope): Subscription['tariffs'] {
  return subscription.tariffs.filter((one) => one.view === view && one.service === service);
}

/** One subscription that cannot be settled (its tariff is not published) does not keep the others from it. */
function settleScope(
  { book, onFailure }: SettlementParts,
  scope: Scope,
  period: string,
  usages: readonly SettledUsage[],
  posted: readonly PostedLine[],
): SettlementCharge[] {
  try {
    return settle({ book, period, assignments: assignmentsOf(scope), usages, posted });
  } catch (error) {
    if (!(error instanceof TollgridError)) throw error;
    onFailure(scope.subscription.no, error);
    return [];
  }
}

function* scopes(subscriptions: readonly Subscription[]): Generator<Scope> {
  for (const subscription of subscriptions) {
    const pairs = new Map(
      subscription.tariffs.map(({ view, service }) => [`${view}\u0000${service}`, { view, service }]),
    );
    for (const key of [...pairs.keys()].sort()) yield { subscription, ...pairs.get(key)! };
  }
}

function keyOf(subscriptionNo: number, view: string, service: string): string {
  return `${subscriptionNo}\u0000${view}\u0000${service}`;
}

/** Usage whose money settlement posts; what a record charge has billed is left out. */
async function collectUsages(
  ledger: LedgerClient,
  period: number,
  beforeEntry: number,
  subscriptionNo?: number,
): Promise<Map<string, (SettledUsage & { address: string })[]>> {
  const usages = new Map<string, (SettledUsage & { address: string })[]>();
  const one = subscriptionNo === undefined ? {} : { subscriptionNo };
  for await (const portion of usageForSettlement(ledger, { period, beforeEntry, ...one })) {
    for (const usage of portion) {
      if (usage.kind !== 'valuation') continue;
      const key = keyOf(usage.subscriptionNo, usage.view, usage.service);
      const list = usages.get(key) ?? [];
      list.push(settledUsage(usage));
      usages.set(key, list);
    }
  }
  return usages;
}

function settledUsage(usage: SettlementUsage): SettledUsage & { address: string } {
  const { identity, startMs, quantity, quantityUp, zone, band, tariff: version, address } = usage;
  return {
    identity,
    startMs,
    quantity: Number(quantity),
    quantityUp: Number(quantityUp),
    zone,
    band,
    version,
    address,
  };
}

async function collectPosted(
  ledger: LedgerClient,
  period: number,
  beforeEntry: number,
  accountNo?: number,
): Promise<Map<string, PostedLine[]>> {
  const posted = new Map<string, PostedLine[]>();
  const one = accountNo === undefined ? {} : { accountNo };
  for await (const portion of postedSettlementLines(ledger, { period, beforeEntry, ...one })) {
    for (const row of portion) {
      const key = keyOf(Number(row['subscription_no']), String(row['view']), String(row['service']));
      const list = posted.get(key) ?? [];
      list.push({
        component: String(row['component']),
        zone: String(row['zone']),
        band: String(row['band']),
        version: String(row['tariff']),
        quantity: Number(row['quantity']),
        amountMicros: Number(micros(row['amount'])),
        taxMicros: Number(micros(row['tax'])),
      });
      posted.set(key, list);
    }
  }
  return posted;
}

/** The month by the clock of the line's tariff. */
function monthOf(book: TariffBook, version: string, period: string): { startMs: number; endMs: number } {
  const [year, month] = period.split('-').map(Number) as [number, number];
  const { clock } = book.version(version)!.tariff;
  return {
    startMs: clock.toUtcMs(Date.UTC(year, month - 1, 1), 'earlier'),
    endMs: clock.toUtcMs(Date.UTC(year, month, 1), 'earlier'),
  };
}

function settlementRow(
  book: TariffBook,
  { subscription, view, service }: Scope,
  charge: SettlementCharge,
  period: string,
  entryNo: number,
  recordNo: number,
): LedgerRow {
  const yyyymm = Number(period.replace('-', ''));
  const { component, zone, band, version } = charge;
  const { startMs, endMs } = monthOf(book, version, period);
  return {
    entry_no: entryNo,
    record_no: recordNo,
    charge_no: 0,
    posted_entry: entryNo,
    sign: 1,
    kind: 'settlement',
    account_no: subscription.accountNo,
    subscription_no: subscription.no,
    view,
    service,
    start_at: startMs,
    end_at: endMs,
    identity: identityOf([subscription.id, view, service, period, component, zone, band, version]),
    quantity: charge.quantity,
    zone,
    band,
    tariff: version,
    component,
    billed: charge.quantity,
    currency: charge.currency,
    amount: charge.amountMicros,
    tax: charge.taxMicros,
    service_period: yyyymm,
    posting_period: yyyymm,
    corrects: '',
  };
}

function identityOf(parts: readonly string[]): Uint8Array {
  const text = Buffer.from(parts.join('\u001f'));
  const words = new Uint32Array(4);
  hash128(text, 0, text.length, IDENTITY_SEED, words, 0);
  return new Uint8Array(words.buffer);
}
