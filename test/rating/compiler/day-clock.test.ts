import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { buildBandTable, dayKind } from '../../../rating/compiler/band-table.ts';
import { DayClock } from '../../../rating/compiler/day-clock.ts';
import { ZoneClock, zoneTransitions } from '../../../platform/time-zone.ts';

const transitions = zoneTransitions('Europe/Kyiv');
const bands = buildBandTable(new Uint8Array(8 * 1440), [Date.UTC(2026, 9, 26) / 86_400_000]);
const clock = new ZoneClock(transitions);

/** What the calendar says, without remembering anything. */
function expected(utcMs: number): number[] {
  const localMs = clock.toLocalMs(utcMs);
  const day = Math.floor(localMs / 86_400_000);
  return [localMs - day * 86_400_000, clock.yyyymm(utcMs), dayKind(bands, day) * 1440];
}

describe('the day clock', () => {
  it('says what the calendar says, in any order of times and on the days when clocks change', () => {
    const changes = [Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)];
    const near = fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -3 * 1440, max: 3 * 1440 }))
      .map(([ms, minutes]) => ms + minutes * 60_000);
    const far = fc.integer({ min: Date.UTC(1995, 0, 1), max: Date.UTC(2040, 0, 1) });
    fc.assert(
      fc.property(fc.array(fc.oneof(near, far), { maxLength: 60 }), (times) => {
        const days = new DayClock(clock, transitions, bands);
        for (const ms of times.flatMap((at) => [at, at + 1, at + 3_600_000, at - 1])) {
          expect([days.seek(ms), days.month, days.place]).toEqual(expected(ms));
        }
      }),
    );
  });
});
