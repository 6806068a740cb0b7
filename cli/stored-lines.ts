/** The watch over stored bytes as `tollgrid status` tells it. */
import type { StoredStatus } from '../schemas/api/operation.ts';

export function storedLines(stored: StoredStatus): string[] {
  const { findings, everySeconds, checkedAt, roundMinutes, stepsDone, steps, lastRoundSeconds, lastRoundAt } = stored;
  const looked = checkedAt === null ? 'not looked at yet' : `looked at ${checkedAt}`;
  const round =
    lastRoundAt === null
      ? `first round: ${stepsDone} of ${steps} steps`
      : `last round ended ${lastRoundAt} after ${lastRoundSeconds} s`;
  return [
    `stored bytes: ${looked} (every ${everySeconds} s); all read again within ${roundMinutes} min, ${round}`,
    ...findings.map((finding) => `  WRONG ${finding}`),
  ];
}
