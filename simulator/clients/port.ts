/** What a client of the network does for the runner. */
import type { Delivery } from '../events.ts';

export interface ClientCounts {
  /** Attempts after the first one: no answer came, or it was to wait. */
  retries: number;
  /** Answers that said to come again later. */
  toldToWait: number;
  /** Handed over on connections that broke, in protocols without an answer: they may be lost. */
  uncertain: number;
}

export const NO_COUNTS: ClientCounts = { retries: 0, toldToWait: 0, uncertain: 0 };

export interface DeviceClient {
  readonly counts: ClientCounts;
  /** False: the protocol has no answer, `deliver` resolves when the system has taken the bytes. */
  readonly acknowledges: boolean;
  /**
   * Resolves with true when the other side has answered that it is safe; with false when the client was closed before.
   * Tries again until then.
   */
  deliver(delivery: Delivery): Promise<boolean>;
  /** Sends what is left, then ends. */
  finish(): Promise<void>;
  /** Ends now: whatever is not answered stays so. */
  abort(): void;
}

/** Resolves after that time, or when it is over anyway. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
