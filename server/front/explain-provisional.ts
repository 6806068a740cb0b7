/**
 * What a settlement would make of a usage that is only valued, from all that is known now: which lines it would stand in, and
 * what is left of the allowance. Provisional, because usage that comes later but began earlier is served first.
 */
import type { Charge, LedgerClient } from '../../ledger/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import { formatQuantity } from '../../rating/index.ts';
import type { ExplainStep } from '../../schemas/api/charges.ts';
import { customersOf, payerOf, settleAfresh } from '../rater/index.ts';
import type { LogState } from './log-state.ts';
import type { ReferenceHistory } from './reference-history.ts';
import { periodText } from './to-api.ts';

export interface ProvisionalParts {
  ledger: LedgerClient;
  state: LogState;
  history: ReferenceHistory;
}

/** Behind every entry. */
const NOW = Number.MAX_SAFE_INTEGER;

export async function provisionalSteps(parts: ProvisionalParts, charge: Charge): Promise<ExplainStep[]> {
  if (charge.kind !== 'valuation' || charge.sign < 0) return [];
  const { ledger, state, history } = parts;
  const { tariffBook: book } = await history.asOf(state.registryNo);
  const period = periodText(charge.servicePeriod);
  const whose = { subscriptionNo: charge.subscriptionNo, view: payerOf(charge.view).view, service: charge.service };
  try {
    const read = { ledger, book, customers: await customersOf(history.entries(state.registryNo)) };
    const lines = await settleAfresh(read, whose, NOW, period);
    const found = lines.flatMap(({ component, zone, band, version, covers, steps }) => {
      const of = covers.list.filter(({ identity }) => identity === charge.identity);
      if (of.length === 0) return [];
      const quantity = of.reduce((sum, one) => sum + one.quantity, 0);
      const { base } = book.version(version)!.tariff.model;
      const line = [component, zone, band].filter((part) => part !== '').join(', ');
      const told: ExplainStep = {
        step: 'provisional',
        text: `Provisional: settled now, ${formatQuantity(quantity, base)} of it would stand in the line ${line}.`,
        data: { component, zone, band, quantity },
      };
      const allowance = steps.filter(({ data }) => 'left' in data);
      return [
        told,
        ...allowance.map(({ text, data }) => ({ step: 'provisional', text: `Provisional: ${text}`, data })),
      ];
    });
    if (found.length > 0) return found;
    const text = `Provisional: settled now, no line of ${period} would name it.`;
    return [{ step: 'provisional', text, data: { period } }];
  } catch (error) {
    if (!(error instanceof TollgridError)) throw error;
    const text = `Provisional: ${period} cannot be settled now: ${error.code}, ${error.message}`;
    return [{ step: 'provisional', text, data: { code: error.code } }];
  }
}
