/** Sessions as Tollgrid tells them while they last. */
import type { Api } from '../client.ts';
import { whole } from '../table.ts';

interface LiveSession {
  login: string;
  quantity: number;
  charges: { currency: string; amount: string }[];
}

const SHOWN = 3;
const COUNTED_MAX = 1000;

/** Null when the ledger does not say just now. */
export function liveSessions(api: Api): Promise<LiveSession[] | null> {
  const page = api.get<{ items: LiveSession[] }>('/v1/sessions', { limit: COUNTED_MAX });
  return page.then(
    ({ items }) => items,
    () => null,
  );
}

/** The newest of them. */
export function liveSessionsLine(sessions: readonly LiveSession[]): string {
  const shown = sessions.slice(0, SHOWN).map(({ login, quantity, charges }) => {
    const cost = charges.map(({ amount, currency }) => ` ${amount} ${currency}`).join('');
    return `${login} ${whole(quantity)} bytes${cost}`;
  });
  const more = sessions.length > SHOWN ? ', ...' : '';
  return `          live in the ledger: ${sessions.length} sessions${shown.length === 0 ? '' : `: ${shown.join(', ')}${more}`}`;
}
