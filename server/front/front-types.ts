/** What starting a front asks for, and what the one who started it gets. */
import type { LedgerAddress } from '../../ledger/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Config } from '../../platform/config.ts';
import type { FrontServices } from '../http/index.ts';
import type { DiskSpace } from './disk-reserve.ts';
import type { Line } from './outcome.ts';

/** What a process does; `all` on one machine, the others share a log on Kafka. */
export const ROLES = ['all', 'api', 'collector', 'rater'] as const;
export type Role = (typeof ROLES)[number];

export interface FrontOptions {
  config: Config;
  /** `all` when left out. */
  role?: Exclude<Role, 'rater'>;
  /** For one command: takes a free port, and leaves the sources alone. */
  temporary: boolean;
  clock?: Clock;
  /** Room on the disk of a folder; the system's own when left out. */
  diskSpace?: (folder: string) => Promise<DiskSpace>;
}

export interface Front {
  url: string;
  services: FrontServices;
  /** Resolves when what stood in the sources' folders at the start is in the log. */
  sourcesTaken(): Promise<void>;
  /** Charges by view, service and kind. */
  outcome(): Promise<Line[]>;
  /** Resolves when a file of that name, received after an entry, is wholly in the log, or held. */
  fileTaken(name: string, afterEntry: number): Promise<void>;
  /** Where the ledger answers ClickHouse's HTTP interface. */
  ledgerAddress(): LedgerAddress;
  /** Resolves when somebody asks through the API that Tollgrid stops; whoever started it calls `stop` then. */
  stopRequested: Promise<void>;
  /** Drains and closes; the data directory is clean afterwards. */
  stop(): Promise<void>;
}
