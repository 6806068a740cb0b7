/** The watch over stored bytes as the status shows it. */
import type { ConfigValues } from '../../schemas/config.ts';
import type { StoredStatus } from '../../schemas/api/operation.ts';
import type { WatchState } from '../rater/messages.ts';

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
