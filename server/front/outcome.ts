/** Sums of charges as the API and the start command show them. */
import type { Static } from 'typebox';
import {
  accountSums,
  ledgerSums,
  microsOf,
  decimalOf,
  type ChargeSums,
  type LedgerClient,
} from '../../ledger/index.ts';
import type { SummaryLine, UsageSummary } from '../../schemas/api/accounts.ts';
import { unitOf } from './to-api.ts';

export type Line = Static<typeof SummaryLine>;

function lineOf(sums: ChargeSums): Line {
  return {
    ...sums,
    unit: unitOf(sums.service),
    records: Number(sums.records),
    quantity: Number(sums.quantity),
    billed: Number(sums.billed),
  };
}

/** By view, service and kind, over the whole ledger. */
export async function outcomeLines(ledger: LedgerClient): Promise<Line[]> {
  return (await ledgerSums(ledger)).map(lineOf);
}

/** One account's month; money per view and currency without valuations. */
export async function summaryOf(
  ledger: LedgerClient,
  account: { id: string; no: number },
  period: string,
): Promise<UsageSummary> {
  const sums = await accountSums(ledger, account.no, Number(period.replace('-', '')));
  const totals = new Map<string, { view: string; currency: string; amount: bigint; tax: bigint }>();
  for (const { view, currency, kind, amount, tax } of sums) {
    if (kind === 'valuation') continue;
    const total = totals.get(`${view}/${currency}`) ?? { view, currency, amount: 0n, tax: 0n };
    total.amount += microsOf(amount);
    total.tax += microsOf(tax);
    totals.set(`${view}/${currency}`, total);
  }
  return {
    account: account.id,
    period,
    lines: sums.map(lineOf),
    totals: [...totals.values()].map((total) => ({
      ...total,
      amount: decimalOf(total.amount),
      tax: decimalOf(total.tax),
    })),
  };
}
