import { TollgridError } from '../../platform/errors.ts';

/**
 * Usage is billed with its own month or, where that is closed, with a later one. `period`: first month of the usage.
 * Error: REQUEST_INVALID.
 */
export function requireLaterPosting(period: string, postingPeriod: string | undefined): void {
  if (postingPeriod === undefined || postingPeriod >= period) return;
  throw new TollgridError(
    'REQUEST_INVALID',
    `Usage of ${period} cannot be billed with ${postingPeriod}: that is before it.`,
  );
}
