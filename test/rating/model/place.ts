/** Where a usage belongs: zone, band, rule. */
import { dateOf, localMs, minuteOf, weekdayOf } from './local-time.ts';
import { conditionsHold, digitsOf } from './conditions.ts';
import type { Rule, Tariff } from './tariff.ts';
import type { Usage } from './usage.ts';

/** null: no zone has a prefix of it. */
export function zoneOf(tariff: Tariff, usage: Usage): string | null {
  const to = digitsOf(usage, tariff.zonesOf);
  if (tariff.zones === null) return '';
  let best: { prefix: string; zone: string } | null = null;
  for (const one of tariff.zones) {
    if (to.startsWith(one.prefix) && (best === null || one.prefix.length > best.prefix.length)) best = one;
  }
  return best?.zone ?? null;
}

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The words for a day in `days`. */
function dayWords(tariff: Tariff, local: number): string[] {
  const set = tariff.daySets.get(dateOf(local));
  if (set !== undefined) return [set, 'any', 'every'];
  if (tariff.holidays.has(dateOf(local))) return ['holiday', 'any', 'every'];
  const weekday = weekdayOf(local);
  return [WEEKDAYS[weekday]!, weekday === 0 || weekday === 6 ? 'weekend' : 'workday', 'any', 'every'];
}

/** The wall clock that the bands go by. */
function clockMs(tariff: Tariff, ms: number): number {
  if (tariff.clock === 'local') return localMs(ms, tariff.timeZone);
  if (tariff.clock !== 'standard') {
    const sign = tariff.clock.startsWith('-') ? -1 : 1;
    return ms + sign * (Number(tariff.clock.slice(1, 3)) * 60 + Number(tariff.clock.slice(4))) * 60_000;
  }
  const year = new Date(localMs(ms, tariff.timeZone)).getUTCFullYear();
  const offsets = [0, 6].map(
    (month) => localMs(Date.UTC(year, month, 15), tariff.timeZone) - Date.UTC(year, month, 15),
  );
  return ms + Math.min(...offsets);
}

function seasonOf(tariff: Tariff, date: string): string {
  const day = date.slice(5);
  const season = tariff.seasons.find(({ from, to }) =>
    from <= to ? day >= from && day <= to : day >= from || day <= to,
  );
  return season?.name ?? '';
}

/** By the clock; '' without bands. */
export function bandAt(tariff: Tariff, ms: number): string {
  if (tariff.bands.length === 0) return '';
  // Bands and clocks change at whole minutes: what a minute has been asked for once it says again.
  const minute = Math.floor(ms / 60_000);
  let band = tariff.bandOfMinute.get(minute);
  if (band === undefined) tariff.bandOfMinute.set(minute, (band = bandOf(tariff, ms)));
  return band;
}

function bandOf(tariff: Tariff, ms: number): string {
  const local = clockMs(tariff, ms);
  const season = seasonOf(tariff, dateOf(local));
  const [words, minute] = [dayWords(tariff, local), minuteOf(local)];
  for (const { name, spans } of tariff.bands) {
    for (const { days, seasons, from, to } of spans) {
      if (seasons !== null && !seasons.includes(season)) continue;
      const inside = to > from ? minute >= from && minute < to : minute >= from || minute < to;
      if (inside && days.some((day) => words.includes(day))) return name;
    }
  }
  throw new Error(`No band at ${new Date(ms).toISOString()}`);
}

export function ruleFor(tariff: Tariff, usage: Usage, zone: string, band: string): Rule | undefined {
  return tariff.rules.find(
    (rule) =>
      (rule.zones?.includes(zone) ?? true) &&
      (rule.bands?.includes(band) ?? true) &&
      conditionsHold(tariff, usage, rule.when),
  );
}
