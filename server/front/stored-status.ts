/** The watch over stored bytes, and the archive, as the status shows them. */
import type { ConfigValues } from '../../schemas/config.ts';
import type { ArchiveStatus, StoredStatus } from '../../schemas/api/operation.ts';
import type { KeptState, WatchState } from '../rater/messages.ts';

const moment = (ms: number | null = null): string | null => (ms === null ? null : new Date(ms).toISOString());

export function storedStatus(state: WatchState | null, config: ConfigValues['watch']): StoredStatus {
  const lastRoundMs = state?.lastRoundMs ?? null;
  return {
    findings: state?.findings ?? [],
    everySeconds: config.everySeconds,
    checkedAt: moment(state?.checkedAtMs),
    roundMinutes: config.roundMinutes,
    roundStartedAt: moment(state?.roundStartedAtMs),
    stepsDone: state?.stepsDone ?? 0,
    steps: state?.steps ?? 0,
    lastRoundSeconds: lastRoundMs === null ? null : Math.round(lastRoundMs / 1000),
    lastRoundAt: moment(state?.lastRoundAtMs),
  };
}

export function archiveStatus(state: KeptState | null): ArchiveStatus {
  return { lastPassAt: moment(state?.atMs), failure: state?.failure ?? null };
}
