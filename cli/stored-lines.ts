/** The watch over stored bytes, and the archive, as `tollgrid status` tells of them. */
import type { ArchiveStatus, StoredStatus } from '../schemas/api/operation.ts';

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

/** Nothing before the first pass, which is a minute after the start. */
export function archiveLines({ lastPassAt, failure }: ArchiveStatus): string[] {
  if (lastPassAt === null) return [];
  return failure === null ? [`archive: in order at ${lastPassAt}`] : [`archive: FAILED at ${lastPassAt}: ${failure}`];
}
