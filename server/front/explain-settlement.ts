/** Why a settled line is what it is: worked out again as of its entry, with the usages it was made from. */
import type { Charge, LedgerClient } from '../../ledger/index.ts';
import type { LogReader } from '../../platform/log/index.ts';
import { startOfDay } from '../../rating/index.ts';
import type { Explanation } from '../../schemas/api/charges.ts';
import type { CommandHead } from '../../schemas/log-entries.ts';
import { customersAsOf, payerOf, settleAgain } from '../rater/index.ts';
import type { ReferenceHistory } from './reference-history.ts';

/** An explanation names at most that many covered usages; `coversTotal` says how many there are. */
const COVERS_MAX = 1000;

export interface SettlementExplainParts {
  ledger: LedgerClient;
  reader: LogReader;
  history: ReferenceHistory;
}

export async function explainSettlement(
  { ledger, reader, history }: SettlementExplainParts,
  charge: Charge,
): Promise<Omit<Explanation, 'charge'>> {
  const entryNo = Number(charge.postedEntry);
  const entry = await reader.entry(entryNo);
  const { input } = entry.head as Extract<CommandHead, { command: 'settle' }>;
  const { tariffBook: book } = await history.asOf(entry.registryNo);
  const { view, payer } = payerOf(charge.view);
  const { charges, usages } = await settleAgain(
    { ledger, book, customers: await customersAsOf(reader, entryNo) },
    { subscriptionNo: charge.subscriptionNo, view, service: charge.service },
    entryNo,
    input.period,
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
  const posting = input.postingPeriod === undefined ? '' : ` and billed with ${input.postingPeriod}`;
  const head = {
    step: 'settle',
    text: `Period ${input.period}, settled by entry ${entryNo}${posting}.`,
    data: { entry: entryNo },
  };
  return {
    record: null,
    steps: [head, ...(line?.steps ?? []).map(({ step, text, data }) => ({ step, text, data }))],
    covers,
    coversTotal: list.length,
  };
}
