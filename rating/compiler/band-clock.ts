/** The clock that bands go by: the local one, or one that is never moved. */
import { ZoneClock } from '../../platform/time-zone.ts';
import type { TariffModel } from '../language/index.ts';
import { DAY_MS } from '../arithmetic/calendar.ts';

type Transitions = readonly (readonly [number, number])[];

/** `standard` is the smallest offset of the version's first year: winter time. */
export function bandClock(
  { clock: kind }: TariffModel,
  local: ZoneClock,
  transitions: Transitions,
  effectiveMs: number,
): { clock: ZoneClock; transitions: Transitions } {
  if (kind === 'local') return { clock: local, transitions };
  const offsetMs = kind === 'standard' ? winterOffset(local, transitions, effectiveMs) : offsetOf(kind);
  const fixed = [[0, offsetMs]] as const;
  return { clock: new ZoneClock(fixed), transitions: fixed };
}

function winterOffset(local: ZoneClock, transitions: Transitions, fromMs: number): number {
  const year = transitions.filter(([ms]) => ms > fromMs && ms < fromMs + 366 * DAY_MS);
  return Math.min(local.toLocalMs(fromMs) - fromMs, ...year.map(([, offsetMs]) => offsetMs));
}

/** `+01:00` → milliseconds. */
function offsetOf(text: string): number {
  const ms = (Number(text.slice(1, 3)) * 60 + Number(text.slice(4))) * 60_000;
  return text.startsWith('-') ? -ms : ms;
}
