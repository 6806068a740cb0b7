import { frameEnd } from '../frame.ts';
import type { Row } from '../row.ts';

/** Begins the row of the frame that stands at `from`. Returns its end; 0 when it is not whole. */
export function beginFramed(row: Row, from: number, end: number): number {
  row.slotStart.fill(from);
  row.slotEnd.fill(from);
  row.recordStart = from;
  row.high = false;
  row.fault = row.columns = 0;
  const to = frameEnd(row.text, from, end);
  row.complete = to > from;
  row.recordEnd = row.complete ? to : end;
  return to;
}
