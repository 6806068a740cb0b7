/** Usage where it hurts: near borders of bands, days, holidays and clock changes, of odd lengths. */
import type { Fields } from '../model/document.ts';
import { DAY_MS, localMs, utcMs } from '../model/local-time.ts';
import type { Usage } from '../model/usage.ts';
import { borders, HOLIDAYS } from './random-tariff.ts';
import { randomAttributes } from './random-energy.ts';
import type { Random } from './random.ts';

/** Where clocks change in 2026: Europe, North America, Lord Howe. */
const CHANGES = ['2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-03-08T07:00Z', '2026-11-01T06:00Z'];
const HALF_HOUR_CHANGES = ['2026-04-04T15:00Z', '2026-10-03T15:30Z'];
const DATES = [...HOLIDAYS, '2026-03-07', '2026-03-28', '2026-10-25', '2026-11-01', '2026-02-28', '2026-12-31'];

export function randomUsages(random: Random, tariff: Fields, count: number): Usage[] {
  const edges = borders(tariff);
  return random
    .times(count, () => ({
      startMs: randomStart(random, String(tariff.timeZone), edges),
      ...randomQuantity(random, String(tariff.service)),
      to: digits(random),
      from: digits(random),
      forwardedBy: random.chance(0.2) ? digits(random) : '',
      direction: random.chance(0.2) ? 'in' : 'out',
      texts: { trunkIn: random.pick(['T-1', 'T-2', 'X']), trunkOut: random.pick(['T-1', 'T-2', 'X']) },
      ...(tariff.energy === undefined ? {} : { attributes: randomAttributes(random) }),
      register: random.pick(['1.8.1', '1.8.2', 'T1', '3.8.0', ...(random.chance(0.05) ? ['1.8.9'] : [])]),
    }))
    .map((usage) =>
      tariff.crossing === 'prorate' || (tariff.energy !== undefined && random.chance(0.6))
        ? { ...usage, endMs: usage.startMs + 60_000 * random.int(0, 900) }
        : usage,
    );
}

const digits = (random: Random): string => random.times(random.int(0, 6), () => String(random.int(1, 4))).join('');

function randomStart(random: Random, timeZone: string, edges: readonly number[]): number {
  const near = () => (random.chance(0.7) ? 1000 * random.int(-400, 400) : random.int(-400_000, 400_000));
  const kind = random.next();
  if (kind < 0.25) return Date.parse(random.pick([...CHANGES, ...HALF_HOUR_CHANGES])) + near();
  const day = Date.parse(`${random.pick(DATES)}T00:00Z`);
  const minute = kind < 0.75 && edges.length > 0 ? random.pick(edges) : random.int(0, 1440);
  return utcMs(day + minute * 60_000, timeZone) + near();
}

/** Within the days [first, end) of one local month, for settlement. */
export function randomMonthUsages(random: Random, tariff: Fields, first: string, end: string, count: number): Usage[] {
  const timeZone = String(tariff.timeZone);
  const [from, to] = [Date.parse(`${first}T00:00Z`), Date.parse(`${end}T00:00Z`)];
  const days = (to - from) / DAY_MS;
  // Some stand close together: what falls into one window of time counts as one.
  const clustered = random.chance(0.5);
  let before = NaN;
  return randomUsages(random, tariff, count).map((usage, index) => {
    const local = localMs(usage.startMs, timeZone);
    const inside = local >= from && local < to;
    const timeMs = ((local % DAY_MS) + DAY_MS) % DAY_MS;
    const near = clustered && random.chance(0.6) ? before + 60_000 * random.int(0, 40) : NaN;
    if (!Number.isNaN(near) && localMs(near, timeZone) < to) {
      before = near + index;
      return moment({ ...usage, startMs: before });
    }
    const moved = inside ? usage.startMs : utcMs(from + random.int(0, days - 1) * DAY_MS + timeMs, timeZone);
    const startMs = moved + index;
    before = startMs;
    // What lasts beyond the month would be divided there.
    const lasts = usage.endMs === undefined ? 0 : usage.endMs - usage.startMs;
    const endMs = localMs(startMs + lasts, timeZone) < to ? startMs + lasts : startMs;
    return usage.endMs === undefined ? { ...usage, startMs } : { ...usage, startMs, endMs };
  });
}

/** What lasts could last beyond the month. */
function moment({ endMs, startMs, ...usage }: Usage): Usage {
  return endMs === undefined ? { ...usage, startMs } : { ...usage, startMs, endMs: startMs };
}

function randomQuantity(random: Random, service: string): { quantity: number; up: number } {
  if (random.chance(0.05)) return { quantity: 0, up: 0 };
  if (service === 'voice') {
    const kind = random.next();
    const quantity =
      kind < 0.6 ? 1000 * random.int(1, 600) : kind < 0.9 ? random.int(1, 400_000) : 60_000 * random.int(1, 40);
    return { quantity, up: 0 };
  }
  const most = service === 'data' ? 10 ** random.int(2, 10) : service === 'sms' ? 30 : 10 ** random.int(2, 7);
  const quantity = random.int(1, most);
  return { quantity, up: service === 'data' ? random.int(0, quantity) : 0 };
}
