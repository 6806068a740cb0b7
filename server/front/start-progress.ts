/** How far a start is: usage is taken first, then what is made from the log comes up behind it. */
export class StartProgress {
  /** Last entry at the start: up to there the ledger replays, and nobody new has to wait for it. */
  headNo = 0;
  /** Entry of the checkpoint that was begun with, 0 without one, and what was read of the log behind it. */
  checkpointNo = 0;
  entriesRead = 0;
  takesUsage = false;
  /** For people; null when nothing is left to do. */
  busyWith: string | null = 'reads the log';
}
