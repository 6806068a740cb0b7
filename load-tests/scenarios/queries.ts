/** What a customer's page asks: charges, usage and the sums of a month, of one account after another. */
import execution from 'k6/execution';
import { arrivals, get, items } from './support.ts';

export { handleSummary } from './support.ts';

export const options = arrivals('queries', { perSecond: 10, p95Ms: 500 });

export function setup(): string[] {
  return items<{ id: string }>('/v1/accounts?limit=200').map(({ id }) => id);
}

export function queries(accounts: readonly string[]): void {
  const no = execution.scenario.iterationInTest;
  const account = accounts[no % accounts.length];
  if (no % 3 === 0) get(`/v1/charges?account=${account}&limit=100`, 'charges');
  else if (no % 3 === 1) get(`/v1/usage?account=${account}&limit=100`, 'usage');
  else get(`/v1/accounts/${account}/usage-summary?period=2026-10`, 'usage-summary');
}
