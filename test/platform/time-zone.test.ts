import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseZone, ZoneClock, zoneTransitions } from '../../platform/time-zone.ts';

const ZONES = [
  'Europe/Kyiv',
  'Europe/Sarajevo',
  'Asia/Tashkent',
  'Asia/Kathmandu',
  'UTC',
  'Africa/Casablanca',
  'Australia/Lord_Howe',
];
const HOUR_MS = 3_600_000;
const clocks = new Map(ZONES.map((zone) => [zone, new ZoneClock(zoneTransitions(zone))]));

/** What Intl says, by another way than the table was made. */
function intlOffsetMs(timeZone: string, utcMs: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(utcMs);
  const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(
    parts.find(({ type }) => type === 'timeZoneName')!.value,
  )!;
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000 : 0;
}

describe('a zone clock', () => {
  it.each(ZONES)('shows the same wall time as Intl in %s, also around each change', (zone) => {
    const clock = clocks.get(zone)!;
    const times = zoneTransitions(zone)
      .filter(([ms]) => ms >= Date.UTC(2024, 0, 1) && ms < Date.UTC(2030, 0, 1))
      .flatMap(([ms]) => [-HOUR_MS, -1000, -1, 0, 1, HOUR_MS].map((shift) => ms + shift));
    for (let day = Date.UTC(1990, 0, 2); day < Date.UTC(2045, 11, 31); day += 97 * 24 * HOUR_MS) times.push(day);
    for (const ms of times) expect(clock.toLocalMs(ms) - ms, new Date(ms).toISOString()).toBe(intlOffsetMs(zone, ms));
  });

  // Zones that changed their clocks most often within a year: no change is short enough to be missed.
  it.each(['Africa/Cairo', 'Africa/El_Aaiun', 'Asia/Gaza', 'America/Sao_Paulo'])('misses no day in %s', (zone) => {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    const clock = new ZoneClock(zoneTransitions(zone));
    const told = (ms: number): string => {
      const minutes = (clock.toLocalMs(ms) - ms) / 60_000;
      const digits = (value: number): string => String(Math.floor(Math.abs(value))).padStart(2, '0');
      return `GMT${minutes < 0 ? '-' : '+'}${digits(minutes / 60)}:${digits(minutes % 60)}`;
    };
    const wrong: string[] = [];
    for (let ms = Date.UTC(1990, 0, 1, 12); ms < Date.UTC(2030, 0, 1); ms += 24 * HOUR_MS)
      if (
        !format
          .format(ms)
          .replace(/GMT$/, 'GMT+00:00')
          .endsWith(` ${told(ms)}`)
      )
        wrong.push(`${format.format(ms)} is not ${told(ms)}`);
    expect(wrong).toEqual([]);
  });

  it('changes in Kyiv at 01:00 UTC on the last Sundays of March and October', () => {
    const of2026 = zoneTransitions('Europe/Kyiv', 2026, 2026);
    expect(of2026).toEqual([
      [Date.UTC(2026, 0, 1), 2 * HOUR_MS],
      [Date.UTC(2026, 2, 29, 1), 3 * HOUR_MS],
      [Date.UTC(2026, 9, 25, 1), 2 * HOUR_MS],
    ]);
    expect(zoneTransitions('Asia/Kathmandu', 2000, 2030)).toEqual([[Date.UTC(2000, 0, 1), 5.75 * HOUR_MS]]);
  });

  it('reads a wall time shown twice as the earlier or the later moment', () => {
    const kyiv = clocks.get('Europe/Kyiv')!;
    const wall = Date.UTC(2026, 9, 25, 3, 30);
    expect(kyiv.toUtcMs(wall, 'earlier')).toBe(Date.UTC(2026, 9, 25, 0, 30));
    expect(kyiv.toUtcMs(wall, 'later')).toBe(Date.UTC(2026, 9, 25, 1, 30));
    expect(kyiv.toUtcMs(Date.UTC(2026, 9, 25, 2, 59, 59, 999), 'later')).toBe(Date.UTC(2026, 9, 24, 23, 59, 59, 999));
    expect(kyiv.toUtcMs(Date.UTC(2026, 9, 25, 4), 'earlier')).toBe(Date.UTC(2026, 9, 25, 2));
  });

  it('reads a wall time never shown as one side of the gap or the other', () => {
    const sarajevo = clocks.get('Europe/Sarajevo')!;
    const wall = Date.UTC(2026, 2, 29, 2, 30);
    const earlier = sarajevo.toUtcMs(wall, 'earlier');
    const later = sarajevo.toUtcMs(wall, 'later');
    expect([earlier, later]).toEqual([Date.UTC(2026, 2, 29, 0, 30), Date.UTC(2026, 2, 29, 1, 30)]);
    expect(sarajevo.toLocalMs(earlier)).toBe(Date.UTC(2026, 2, 29, 1, 30));
    expect(sarajevo.toLocalMs(later)).toBe(Date.UTC(2026, 2, 29, 3, 30));
  });

  it('finds every moment again from its wall time, and orders both readings', () => {
    const when = fc.integer({ min: Date.UTC(1980, 0, 1), max: Date.UTC(2050, 0, 1) });
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), when, (zone, utcMs) => {
        const clock = clocks.get(zone)!;
        const wall = clock.toLocalMs(utcMs);
        const [earlier, later] = [clock.toUtcMs(wall, 'earlier'), clock.toUtcMs(wall, 'later')];
        expect([earlier, later]).toContain(utcMs);
        expect(earlier).toBeLessThanOrEqual(later);
      }),
      { numRuns: 200 },
    );
  });

  it('holds the first offset for all time before the table and the last one for all time after', () => {
    const kyiv = new ZoneClock(zoneTransitions('Europe/Kyiv', 2026, 2026));
    for (const ms of [Date.UTC(1900, 6, 1), Date.UTC(2100, 6, 1)]) {
      expect(kyiv.toLocalMs(ms)).toBe(ms + 2 * HOUR_MS);
      expect(kyiv.toUtcMs(ms, 'later')).toBe(ms - 2 * HOUR_MS);
    }
  });

  it('knows the day of the week and the month on the wall', () => {
    const kyiv = clocks.get('Europe/Kyiv')!;
    expect(kyiv.dayOfWeek(Date.UTC(2026, 9, 25, 12))).toBe(7);
    expect(kyiv.dayOfWeek(Date.UTC(2026, 9, 25, 22))).toBe(1);
    expect(kyiv.yyyymm(Date.UTC(2026, 11, 31, 22))).toBe(202701);
    expect(kyiv.yyyymm(Date.UTC(2026, 11, 31, 21, 59))).toBe(202612);
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 4e12 }), (utcMs) => {
        const date = new Date(utcMs);
        const utc = clocks.get('UTC')!;
        expect(utc.yyyymm(utcMs)).toBe(date.getUTCFullYear() * 100 + date.getUTCMonth() + 1);
        expect(utc.dayOfWeek(utcMs) % 7).toBe(date.getUTCDay());
      }),
    );
  });

  it('refuses what is no zone', () => {
    expect(parseZone('Europe/Kyiv')).toBe('Europe/Kyiv');
    for (const name of ['', 'Kyiv', '+02:00', 'GMT+3', 'Europe/Kyiv2']) {
      expect(() => parseZone(name), name).toThrow(expect.objectContaining({ code: 'ZONE_UNKNOWN' }));
    }
  });
});
