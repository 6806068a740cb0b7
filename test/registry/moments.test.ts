import { describe, expect, it } from 'vitest';
import { isZone, momentMs } from '../../registry/moments.ts';

const iso = (text: string, zone: string): string | null => {
  const ms = momentMs(text, zone);
  return ms === null ? null : new Date(ms).toISOString();
};

describe('a moment', () => {
  it('is the first moment of a date in the zone, summer and winter', () => {
    expect(iso('2026-01-01', 'Europe/Kyiv')).toBe('2025-12-31T22:00:00.000Z');
    expect(iso('2026-07-01', 'Europe/Kyiv')).toBe('2026-06-30T21:00:00.000Z');
    // Days on which the clocks change later in the day.
    expect(iso('2026-03-29', 'Europe/Kyiv')).toBe('2026-03-28T22:00:00.000Z');
    expect(iso('2026-10-25', 'Europe/Kyiv')).toBe('2026-10-24T21:00:00.000Z');
  });

  it('is the end of the gap where midnight is skipped, and the earlier of two midnights', () => {
    // Beirut 2026-03-29: 00:00 becomes 01:00. Havana 2026-11-01: 01:00 becomes 00:00, so midnight happens twice.
    expect(iso('2026-03-29', 'Asia/Beirut')).toBe('2026-03-28T22:00:00.000Z');
    expect(iso('2026-11-01', 'America/Havana')).toBe('2026-11-01T04:00:00.000Z');
    // Samoa left out 30 December 2011.
    expect(iso('2011-12-30', 'Pacific/Apia')).toBe('2011-12-30T10:00:00.000Z');
  });

  it('is an instant with its own offset, whatever the zone', () => {
    expect(iso('2026-01-01T00:00:00+02:00', 'Asia/Tokyo')).toBe('2025-12-31T22:00:00.000Z');
    expect(iso('2026-01-01T00:00Z', 'Asia/Tokyo')).toBe('2026-01-01T00:00:00.000Z');
  });

  it('is nothing else', () => {
    for (const text of ['2026-02-29', '2026-13-01', '2026-01-01T00:00:00', '1.1.2026', '', '2026-01-01T25:00Z']) {
      expect(momentMs(text, 'UTC'), text).toBeNull();
    }
    expect(['Europe/Kyiv', 'UTC', 'Europe/Atlantis', '+02:00', ''].map(isZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
