/** Sums of a slice, to compare with the file's trailer. */
import { Disposition } from '../../schemas/columns/record-columns.ts';
import type { RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { RecordTypes, TrailerPlan } from './decoder.ts';
import type { SliceTotals } from './types.ts';

export function sliceTotals(columns: RecordColumns, types: RecordTypes, trailer: TrailerPlan): SliceTotals {
  const totals: SliceTotals = { records: 0, quantity: 0, unreadable: 0, trailers: 0 };
  for (let i = 0; i < columns.count; i++) {
    if (columns.disposition[i] === Disposition.suspended) {
      totals.records++;
      totals.unreadable++;
    } else if (columns.classNo[i] === types.trailerClass) {
      totals.trailers++;
      totals.declared = {
        ...(trailer.count >= 0 && { records: columns.sequence[i] }),
        ...(trailer.sum >= 0 && { quantity: columns.quantity[i] }),
      };
    } else if (columns.classNo[i] !== types.headerClass) {
      totals.records++;
      totals.quantity += columns.quantity[i];
    }
  }
  return totals;
}
