/** Why a settled line is what it is: worked out again as of its entry, with the usages it was made from. */
import { usageCorrectedBy, type Charge, type LedgerClient } from '../../ledger/index.ts';
import type { LogEntry } from '../../platform/log/index.ts';
import { startOfDay } from '../../rating/index.ts';
import type { Explanation } from '../../schemas/api/charges.ts';
import type { CommandHead } from '../../schemas/log-entries.ts';
import { customersOf, payerOf, settleAgain } from '../rater/index.ts';
import type { ReferenceHistory } from './reference-history.ts';
import { periodText } from './to-api.ts';

/** An explanation names at most that many covered usages; `coversTotal` says how many there are. */
const COVERS_MAX = 1000;

export interface SettlementExplainParts {
  ledger: LedgerClient;
  history: ReferenceHistory;
}

export async function explainSettlement(
  { ledger, history }: SettlementExplainParts,
  charge: Charge,
  pricedBy: LogEntry,
): Promise<Omit<Explanation, 'charge'>> {
  const { entryNo } = pricedBy;
  const { tariffBook: book } = await history.asOf(pricedBy.registryNo);
  const { view, payer } = payerOf(charge.view);
  const period = periodText(charge.servicePeriod);
  const parts = { ledger, book, customers: await customersOf(history.entries(entryNo)) };
  // A re-rating settles over the usage as it has just corrected it.
  const again = (pricedBy.head as CommandHead).command === 'rerate';
  const { charges, usages } = await settleAgain(
    again ? { ...parts, from: usageCorrectedBy(entryNo) } : parts,
    { subscriptionNo: charge.subscriptionNo, view, service: charge.service },
    again ? entryNo + 1 : entryNo,
    period,
  );
  const line = charges.find(
    (one) =>
      one.component === charge.component &&
      one.zone === charge.zone &&
      one.band === charge.band &&
      one.version === charge.tariff &&
      one.payer === payer &&
      startOfDay(book.version(one.version)!, one.end) === charge.endMs,
  );
  const list = line?.covers.list ?? [];
  const covers = list.slice(0, COVERS_MAX).map(({ identity, quantity }) => {
    const usage = usages.get(identity)!;
    return { charge: usage.address, startAt: new Date(usage.startMs).toISOString(), quantity };
  });
  const postingPeriod = periodText(charge.postingPeriod);
  const posting = postingPeriod === period ? '' : ` and billed with ${postingPeriod}`;
  const head = {
    step: 'settle',
    text: `Period ${period}, settled by entry ${entryNo}${posting}.`,
    data: { entry: entryNo },
  };
  return {
    record: null,
    steps: [head, ...(line?.steps ?? []).map(({ step, text, data }) => ({ step, text, data }))],
    covers,
    coversTotal: list.length,
  };
}
