/** What an output is made of: pages of events to be read, a target that takes them, and a position between both. */

export interface OutputEvent {
  /** What belongs together keeps its order: the account. */
  key: string;
  /** JSON. */
  value: string;
}

/** Address of a charge and its sign: the order within what one entry posted. */
export type PostedKey = [entryNo: number, recordNo: number, chargeNo: number, sign: number];

/** All that entries before `entry` posted was acknowledged, and of `entry` what lies not behind `after`; null: all of it. */
export interface Position {
  entry: number;
  after: PostedKey | null;
}

export interface Page {
  /** In the order of the log. */
  events: readonly OutputEvent[];
  /** Behind the last of them, or where nothing more was posted up to. */
  end: Position;
}

export interface Pages {
  /** Only what stands in the ledger for good. Null: nothing new just now. */
  after(position: Position): Promise<Page | null>;
}

export interface Target {
  /** Where it is, for people. */
  readonly where: string;
  /** What is wrong just now while it tries by itself. */
  readonly failure: string | null;
  /** Once more does nothing. Errors: OUTPUT_UNREACHABLE and those of the kind. */
  open(): Promise<void>;
  /** Resolves when all are acknowledged. When it throws, any of them may have arrived, and it has to be closed. Error: OUTPUT_UNREACHABLE. */
  send(events: readonly OutputEvent[]): Promise<void>;
  close(): Promise<void>;
}

export interface OutputStatus {
  /** `waiting`: the other side is missing, and is tried again. */
  state: 'sending' | 'waiting' | 'paused' | 'stopped';
  detail: string;
  /** All that this entry and those before it posted was acknowledged; null: not known. */
  entry: number | null;
  /** Events acknowledged since the output began; some of them more than once. */
  sent: number;
  /** UTC, milliseconds; null: nothing since the start. */
  lastSentMs: number | null;
}
