/** Time comes in as an argument so that a test can hold it. */
export interface Clock {
  /** UTC milliseconds, whole. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
