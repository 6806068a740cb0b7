/** Usage that is pushed: twenty calls a request, acknowledged when they are on disk. */
import { check, fail } from 'k6';
import execution from 'k6/execution';
import { Counter } from 'k6/metrics';
import { pushedCall, type CallsPlan } from '../../cli/generate/pushed-calls.ts';
import { arrivals, get, items, post } from './support.ts';

export { handleSummary } from './support.ts';

const CALLS_PER_REQUEST = 20;
const SOURCE = 'k6';

export const options = arrivals('push', { perSecond: 20, p95Ms: 500 });

/** Acknowledged, for the audit afterwards. */
const pushed = new Counter('tollgrid_pushed_events');

interface Account {
  subscriptions: { identifiers: { kind: string; value: string }[] }[];
}

/** Numbers of some customers that the registry knows, as callers. */
export function setup(): CallsPlan {
  const accounts = items<{ id: string }>('/v1/accounts?limit=30').map(
    ({ id }) => get(`/v1/accounts/${id}`, 'account').json() as Account,
  );
  const callers = accounts
    .flatMap(({ subscriptions }) => subscriptions.flatMap(({ identifiers }) => identifiers))
    .filter(({ kind }) => kind === 'number')
    .map(({ value }) => value);
  if (callers.length === 0) fail('nobody in the registry has a number');
  const startMs = Math.floor(Date.now() / 3_600_000 - 2) * 3_600_000;
  return { run: `k6-${Date.now()}`, callers, called: ['380671234567', '380442200100', '4930123456'], startMs };
}

export function push(plan: CallsPlan): void {
  const first = execution.scenario.iterationInTest * CALLS_PER_REQUEST;
  const lines = Array.from({ length: CALLS_PER_REQUEST }, (_, index) => pushedCall(plan, first + index));
  const answer = post(`/v1/usage?source=${SOURCE}`, `${lines.join('\n')}\n`, 'application/x-ndjson', 'push');
  const taken = check(answer, { 'push answers 202': ({ status }) => status === 202 });
  if (taken) pushed.add(CALLS_PER_REQUEST);
}
