/** The usage that a settlement reads, by subscription, view and service. */
import { usageForSettlement, type LedgerClient, type SettlementUsage } from '../../ledger/index.ts';
import {
  monthsBefore,
  multiplierFactor,
  readsRecordCharges,
  type SettledUsage,
  type TariffBook,
} from '../../rating/index.ts';
import type { Subscription } from '../../registry/index.ts';

export type AddressedUsage = SettledUsage & { address: string };

export interface UsageRequest {
  ledger: LedgerClient;
  book: TariffBook;
  /** Of all customers: a meter may have belonged to any of them. */
  subscriptions: readonly Subscription[];
  entryNo: number;
  /** yyyymm. */
  period: number;
  /** Null: all. */
  only: readonly number[] | null;
  /** Where charges are read instead of the ledger's table: see `standingRows`. */
  from?: string;
}

export function keyOf(subscriptionNo: number, view: string, service: string): string {
  return `${subscriptionNo}\u0000${view}\u0000${service}`;
}

export async function collectUsages(request: UsageRequest): Promise<Map<string, AddressedUsage[]>> {
  const { ledger, book, entryNo, period, only } = request;
  const holders = new Holders(request.subscriptions);
  const usages = new Map<string, AddressedUsage[]>();
  const add = (subscriptionNo: number, { view, service }: SettlementUsage, usage: AddressedUsage): void => {
    const key = keyOf(subscriptionNo, view, service);
    const list = usages.get(key);
    if (list === undefined) usages.set(key, [usage]);
    else list.push(usage);
  };
  const most = monthsToRead(book, period);
  const numbers = only === null ? null : holders.sharingMeters(only);
  const firstParts = new Set<string>();
  for (let before = most; before >= 0; before--) {
    const month = monthMinus(period, before);
    for await (const portion of usageForSettlement(ledger, {
      period: month,
      beforeEntry: entryNo,
      subscriptionNos: numbers,
      ...(request.from !== undefined && { from: request.from }),
    })) {
      for (const usage of portion) {
        const version = book.version(usage.tariff);
        const model = version?.tariff.model.period;
        if (usage.kind !== 'valuation' && (model === undefined || !readsRecordCharges(model))) continue;
        if (model !== undefined && monthsBefore(model) < before) continue;
        const part = `${usage.identity} ${usage.view} ${usage.subscriptionNo}`;
        const settled = settledUsage(usage, firstParts.has(part), version?.tariff.takesCharges === true);
        firstParts.add(part);
        const held = model?.split === null || model === undefined ? [] : holders.of(usage);
        if (held.length < 2) add(usage.subscriptionNo, usage, settled);
        else for (const { no, within } of held) add(no, usage, { ...settled, within });
      }
    }
  }
  return usages;
}

/** Nothing was used under a tariff before its first version. */
function monthsToRead(book: TariffBook, period: number): number {
  const last = monthNo(period);
  const months = book.tariffs.flatMap((versions) => {
    const began = Math.min(...versions.map(({ tariff }) => monthNo(tariff.clock.yyyymm(tariff.effectiveMs))));
    return versions.map(({ tariff }) => Math.min(monthsBefore(tariff.model.period), last - began));
  });
  return Math.max(0, ...months);
}

function monthNo(yyyymm: number): number {
  return Math.floor(yyyymm / 100) * 12 + (yyyymm % 100);
}

function monthMinus(period: number, months: number): number {
  const count = Math.floor(period / 100) * 12 + (period % 100) - 1 - months;
  return Math.floor(count / 12) * 100 + (count % 12) + 1;
}

/**
 * Rows come in order of start: of a usage that was divided at a border, all but the first are later parts. Where the tariff
 * takes what record charges say, theirs goes with it.
 */
function settledUsage(usage: SettlementUsage, later: boolean, takesCharges: boolean): AddressedUsage {
  const { identity, startMs, endMs, quantity, quantityUp, zone, band, component, tariff: version, address } = usage;
  return {
    identity,
    startMs,
    endMs,
    quantity: Number(quantity),
    quantityUp: Number(quantityUp),
    zone,
    band,
    component,
    version,
    later,
    address,
    ...(takesCharges && usage.kind === 'record' ? { charged: chargeOf(usage) } : {}),
  };
}

function chargeOf({ amountMicros, taxMicros, billed }: SettlementUsage): NonNullable<SettledUsage['charged']> {
  return { amountMicros: Number(amountMicros), taxMicros: Number(taxMicros), billed: Number(billed) };
}

interface Holding {
  no: number;
  fromMs: number;
  toMs: number;
  multiplier: number;
}

/** Who had which meter when. */
export class Holders {
  private readonly byMeter = new Map<string, Holding[]>();
  private readonly meters = new Map<number, string[]>();

  constructor(subscriptions: readonly Subscription[]) {
    for (const { no, identifiers } of subscriptions) {
      for (const { kind, value, fromMs, toMs, multiplier = 1 } of identifiers) {
        if (kind !== 'meter') continue;
        const holding = { no, fromMs: fromMs ?? -Infinity, toMs: toMs ?? Infinity, multiplier };
        this.byMeter.set(value, [...(this.byMeter.get(value) ?? []), holding]);
        this.meters.set(no, [...(this.meters.get(no) ?? []), value]);
      }
    }
  }

  /** The parts of a usage by holder; fewer than two: it is not divided. */
  of({ party, startMs, endMs }: Pick<SettlementUsage, 'party' | 'startMs' | 'endMs'>) {
    const held = (this.byMeter.get(party) ?? [])
      .filter(({ fromMs, toMs }) => fromMs < endMs && toMs > startMs)
      .sort((a, b) => a.fromMs - b.fromMs);
    // A reading is multiplied as of its moment, the end of the usage.
    const last = held.findLast(({ fromMs }) => fromMs <= endMs);
    return held.map(({ no, fromMs, toMs, multiplier }, index) => ({
      no,
      within: {
        // Where nobody had it, the one before did.
        fromMs: index === 0 ? startMs : fromMs,
        toMs: index + 1 < held.length ? held[index + 1].fromMs : Math.max(toMs, endMs),
        factor: multiplierFactor(multiplier, last?.multiplier ?? multiplier),
      },
    }));
  }

  /** These, and all who had one of their meters at another time. */
  sharingMeters(numbers: readonly number[]): number[] {
    const meters = numbers.flatMap((no) => this.meters.get(no) ?? []);
    const others = meters.flatMap((meter) => this.byMeter.get(meter) ?? []).map(({ no }) => no);
    return [...new Set([...numbers, ...others])];
  }
}
