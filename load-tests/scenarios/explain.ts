/** Why an amount is what it is: one charge after another, from the amount to the bytes. */
import execution from 'k6/execution';
import { arrivals, get, items } from './support.ts';

export { handleSummary } from './support.ts';

export const options = arrivals('explain', { perSecond: 5, p95Ms: 1000 });

export function setup(): string[] {
  return items<{ id: string }>('/v1/charges?limit=500').map(({ id }) => id);
}

export function explain(charges: readonly string[]): void {
  const id = charges[execution.scenario.iterationInTest % charges.length];
  get(`/v1/charges/${id}/explain`, 'explain');
}
