/** From ledger rows to the API's answers: numbers become the operator's ids, times ISO 8601, bigger numbers text. */
import type { Charge, SessionState, Usage } from '../../ledger/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { ChargeItem } from '../../schemas/api/charges.ts';
import type { SessionItem } from '../../schemas/api/sessions.ts';
import type { UsageItem } from '../../schemas/api/usage.ts';
import { SERVICES, type ServiceName } from '../../schemas/columns/usage-columns.ts';

/** Outside names of accounts and subscriptions. */
export interface ChargeNames {
  account(no: number): string;
  subscription(no: number): string;
}

export class Names implements ChargeNames {
  private readonly accounts: Map<number, string>;
  private readonly subscriptions: Map<number, string>;

  private constructor(accounts: Map<number, string>, subscriptions: Map<number, string>) {
    this.accounts = accounts;
    this.subscriptions = subscriptions;
  }

  static async of(registry: Registry, rows: readonly { accountNo: number; subscriptionNo: number }[]): Promise<Names> {
    const numbers = (key: 'accountNo' | 'subscriptionNo'): number[] => [...new Set(rows.map((row) => row[key]))];
    return new Names(
      await registry.queries.accountIds(numbers('accountNo')),
      await registry.queries.subscriptionIds(numbers('subscriptionNo')),
    );
  }

  account(no: number): string {
    return this.accounts.get(no) ?? `#${no}`;
  }

  subscription(no: number): string {
    return this.subscriptions.get(no) ?? `#${no}`;
  }
}

export function unitOf(service: string): string {
  return SERVICES[service as ServiceName] ?? '';
}

export function periodText(yyyymm: number): string {
  return `${Math.floor(yyyymm / 100)}-${String(yyyymm % 100).padStart(2, '0')}`;
}

const iso = (ms: number): string => new Date(ms).toISOString();

export function sessionItem(state: SessionState, names: Names): SessionItem {
  const { session, nas, sessionId, login, accountNo, subscriptionNo, source, quantity, quantityUp, charges } = state;
  return {
    ...{ session, nas, sessionId, login, source, quantity, quantityUp, charges },
    account: accountNo === 0 ? null : names.account(accountNo),
    subscription: subscriptionNo === 0 ? null : names.subscription(subscriptionNo),
    startAt: iso(state.startMs),
    lastAt: iso(state.lastMs),
    closed: state.closed as SessionItem['closed'],
  };
}

export function chargeItem(charge: Charge, names: ChargeNames): ChargeItem {
  return {
    id: charge.address,
    postedEntry: Number(charge.postedEntry),
    sign: charge.sign,
    kind: charge.kind,
    account: names.account(charge.accountNo),
    subscription: names.subscription(charge.subscriptionNo),
    view: charge.view,
    service: charge.service,
    startAt: iso(charge.startMs),
    endAt: iso(charge.endMs),
    identity: charge.identity,
    quantity: Number(charge.quantity),
    quantityUp: Number(charge.quantityUp),
    unit: unitOf(charge.service),
    party: charge.party,
    otherParty: charge.otherParty,
    zone: charge.zone,
    band: charge.band,
    tariff: charge.tariff,
    component: charge.component,
    billed: Number(charge.billed),
    currency: charge.currency,
    amount: charge.amount,
    tax: charge.tax,
    servicePeriod: periodText(charge.servicePeriod),
    postingPeriod: periodText(charge.postingPeriod),
    corrects: charge.corrects === '' ? null : charge.corrects,
  };
}

export function usageItem(usage: Usage, names: Names): UsageItem {
  return {
    address: usage.address,
    identity: usage.identity,
    account: names.account(usage.accountNo),
    subscription: names.subscription(usage.subscriptionNo),
    view: usage.view,
    service: usage.service,
    startAt: iso(usage.startMs),
    endAt: iso(usage.endMs),
    quantity: Number(usage.quantity),
    quantityUp: Number(usage.quantityUp),
    unit: unitOf(usage.service),
    party: usage.party,
    otherParty: usage.otherParty,
    zone: usage.zone,
  };
}
