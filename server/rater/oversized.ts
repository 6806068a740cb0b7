/** Usage so large that sums of it would not fit the ledger: one such record must not stop its whole slice. */
import { errorNo } from '../../platform/errors.ts';
import type { UsageColumns } from '../../schemas/columns/usage-columns.ts';

/**
 * Sums over a slice stand in 64-bit columns, and a slice has at most 250,000 records (SLICE_RECORDS_MAX of the intake):
 * 2^18 of 2^45 just fit. As bytes this is 35 terabytes in one record, as milliseconds a thousand years.
 */
export const USAGE_MAX = 2 ** 45 - 1;
const OVERFLOW = errorNo('RATE_OVERFLOW');

/** After rating; `billed` may be more than was used. */
export function refuseOversized({ count, quantity, quantityUp, billed, code }: UsageColumns): void {
  for (let row = 0; row < count; row++) {
    if (quantity[row] <= USAGE_MAX && quantityUp[row] <= USAGE_MAX && billed[row] <= USAGE_MAX) continue;
    if (code[row] === 0) code[row] = OVERFLOW;
  }
}
