/** What the front and the process that keeps the second copy up tell each other. */
import type { FollowerReport } from '../copy/index.ts';

export type FrontToShipper =
  | { type: 'start'; dataDir: string; to: string; headNo: number; epoch: number }
  /** Entries up to here are durable. */
  | { type: 'head'; headNo: number };

export interface ShipperToFront {
  type: 'copied';
  report: FollowerReport;
}
