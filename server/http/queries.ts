/** Query strings as services want them. */
import { TollgridError } from '../../platform/errors.ts';
import { PAGE_LIMIT_DEFAULT } from '../../schemas/api/common.ts';
import type { PageRequest, Span } from './services.ts';

export function pageRequest(query: { limit?: number; cursor?: string }): PageRequest {
  return { limit: query.limit ?? PAGE_LIMIT_DEFAULT, cursor: query.cursor };
}

/** Throws REQUEST_INVALID for a time that does not exist, or a span that is empty. */
export function span(query: { from?: string; to?: string }): Span {
  const fromMs = moment('from', query.from);
  const toMs = moment('to', query.to);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) throw invalid('to', 'must be after from');
  return { fromMs, toMs };
}

function moment(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw invalid(name, 'is not a time that exists');
  return ms;
}

function invalid(name: string, message: string): TollgridError {
  const problems = [{ at: `querystring.${name}`, message }];
  return new TollgridError('REQUEST_INVALID', 'The request has 1 mistake(s).', { problems });
}
