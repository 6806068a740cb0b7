import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { buildBandTable, dayRow } from '../../../rating/compiler/band-table.ts';
import { DayClock } from '../../../rating/compiler/day-clock.ts';
import { ZoneClock, zoneTransitions } from '../../../platform/time-zone.ts';

const transitions = zoneTransitions('Europe/Kyiv');
// Winter from November to March; the 26th of October is a holiday, the 27th a day of its own.
const seasonOfDay = Uint8Array.from({ length: 372 }, (_, place) => (place < 3 * 31 || place >= 10 * 31 ? 1 : 0));
const day = (date: number) => Date.UTC(2026, 9, date) / 86_400_000;
const bands = buildBandTable(new Uint8Array(2 * 9 * 1440), {
  holidays: [day(26)],
  sets: [{ name: 'fair', days: [day(27)] }],
  seasons: ['summer', 'winter'],
  seasonOfDay,
});
const clock = new ZoneClock(transitions);

/** What the calendar says, without remembering anything. */
function expected(utcMs: number): number[] {
  const localMs = clock.toLocalMs(utcMs);
  const day = Math.floor(localMs / 86_400_000);
  return [clock.yyyymm(utcMs), dayRow(bands, day) * 1440 + Math.floor((localMs - day * 86_400_000) / 60_000)];
}

describe('the day clock', () => {
  it('tells weekdays, holidays, day sets and seasons apart', () => {
    const rows = [day(25), day(26), day(27), day(28), Date.UTC(2026, 10, 1) / 86_400_000].map((one) =>
      dayRow(bands, one),
    );
    expect(rows).toEqual([6, 7, 8, 2, 9 + 6]);
  });

  it('says what the calendar says, in any order of times and on the days when clocks change', () => {
    const changes = [Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)];
    const near = fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -3 * 1440, max: 3 * 1440 }))
      .map(([ms, minutes]) => ms + minutes * 60_000);
    const far = fc.integer({ min: Date.UTC(1995, 0, 1), max: Date.UTC(2040, 0, 1) });
    fc.assert(
      fc.property(fc.array(fc.oneof(near, far), { maxLength: 60 }), (times) => {
        const days = new DayClock(clock, transitions, bands);
        const all = Float64Array.from(times.flatMap((at) => [at, at + 1, at + 3_600_000, at - 1]));
        const [months, minutes] = [new Int32Array(all.length), new Int32Array(all.length)];
        days.seek(all, Int32Array.from(all.keys()), all.length, months, minutes);
        expect([...all.keys()].map((row) => [months[row], minutes[row]])).toEqual([...all].map(expected));
      }),
    );
  });
});
