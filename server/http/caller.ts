/** What a route needs to know of its caller. */
import type { FastifyRequest } from 'fastify';
import { TollgridError } from '../../platform/errors.ts';
import { isWithin, type Principal } from './policy.ts';
import type { FrontServices } from './services.ts';

/** The caller of a route that is not public. */
export function callerOf(request: FastifyRequest): Principal {
  return request.principal!;
}

/**
 * Keeps a caller that is bound to a division to its accounts. A foreign account is not found, as an absent one is:
 * the answer must not tell that it exists.
 */
export async function ownAccount(request: FastifyRequest, services: FrontServices, id?: string): Promise<void> {
  const { division } = callerOf(request);
  if (division === '') return;
  if (id === undefined) {
    throw new TollgridError('SCOPE_MISSING', 'A key bound to a division must name one of its accounts.');
  }
  const account = await services.account(id);
  if (!account || !isWithin(account.division, division)) throw notFound('account');
}

/** Keeps a caller that is bound to sources to them. */
export function ownSource(request: FastifyRequest, source: string): string {
  const { sources } = callerOf(request);
  if (sources === null || sources.has(source)) return source;
  throw new TollgridError('SOURCE_NOT_OF_KEY', `The key may not push as the source ${source}.`, { source });
}

export function notFound(what: string): TollgridError {
  return new TollgridError('NOT_FOUND', `There is no such ${what}.`);
}

/** `null` is how services say that there is none. */
export function found<T>(value: T | null, what: string): T {
  if (value === null) throw notFound(what);
  return value;
}
