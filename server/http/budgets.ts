/**
 * How much each key may push in a second: events and unpacked bytes. What a request holds is known only when it was read, so it is
 * taken when the key owes nothing, and what it spent beyond a second's worth is owed.
 */
import type { FastifyRequest } from 'fastify';
import { TollgridError } from '../../platform/errors.ts';

/** 0: no limit. The operator has none. */
export interface PushRates {
  eventsPerSecond: number;
  bytesPerSecond: number;
}

export interface Budget {
  spend(kind: 'events' | 'bytes', amount: number): void;
}

export interface Budgets {
  /** Throws RATE_LIMITED (details.retryAfterSeconds) while the caller owes. */
  of(request: FastifyRequest): Budget;
}

interface Account {
  /** Below 0: owed. */
  left: number;
  atMs: number;
}

const FREE: Budget = { spend: () => undefined };

/** `nowMs`: of a clock that does not go back. Callers are few: those of the keys file. */
export function createBudgets(rates: PushRates, nowMs: () => number = () => performance.now()): Budgets {
  const perSecond = { events: rates.eventsPerSecond, bytes: rates.bytesPerSecond };
  const accounts = new Map<string, Account>();

  /** A second's worth at most is kept. */
  const account = (kind: 'events' | 'bytes', id: string): Account => {
    const key = `${kind} ${id}`;
    const now = nowMs();
    let found = accounts.get(key);
    if (found === undefined) accounts.set(key, (found = { left: perSecond[kind], atMs: now }));
    const earned = ((now - found.atMs) / 1000) * perSecond[kind];
    found.left = Math.min(perSecond[kind], found.left + earned);
    found.atMs = now;
    return found;
  };

  return {
    of({ principal }) {
      const limited = (['events', 'bytes'] as const).filter((kind) => perSecond[kind] > 0);
      if (principal === null || principal.operator || limited.length === 0) return FREE;
      const { id } = principal;
      for (const kind of limited) {
        const { left } = account(kind, id);
        if (left >= 0) continue;
        const retryAfterSeconds = Math.ceil(-left / perSecond[kind]);
        throw rateLimited(
          `More than ${perSecond[kind]} ${kind} a second were pushed with this key.`,
          retryAfterSeconds,
        );
      }
      return {
        spend: (kind, amount) => {
          if (perSecond[kind] > 0) account(kind, id).left -= amount;
        },
      };
    },
  };
}

export function rateLimited(message: string, retryAfterSeconds: number): TollgridError {
  return new TollgridError('RATE_LIMITED', message, { retryAfterSeconds });
}
