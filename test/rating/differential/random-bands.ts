/** Bands that give each minute of each day exactly one name; and the kinds of day and seasons they go by. */
import type { Fields, Tree } from '../model/document.ts';
import type { Random } from './random.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'];
const GROUPS: readonly (readonly string[][])[] = [
  [['any']],
  [['workday'], ['weekend', 'holiday']],
  [
    ['workday', 'sat'],
    ['sun', 'holiday'],
  ],
  [['workday', 'holiday'], ['weekend']],
];

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** `bands`, and beside it `daySets`, `seasons` and `clock` now and then. */
export function randomBands(random: Random): Fields {
  const sets: Fields = random.chance(0.2) ? { special: ['2026-10-25', '2026-03-28', '2026-12-25'] } : {};
  const seasons: Fields = random.chance(0.25)
    ? { winter: [{ from: '10-25', to: '03-28' }], summer: [{ from: '03-29', to: '10-24' }] }
    : {};
  const names = random.pick([
    ['day', 'night'],
    ['peak', 'half', 'low'],
    ['all', 'cheap'],
  ]);
  const bands: { [name: string]: Tree[] } = {};
  const inSeasons = Object.keys(seasons);
  for (const season of inSeasons.length === 0 ? [null] : inSeasons) {
    const extra: Fields = season === null ? {} : { season };
    const put = (name: string, days: string[], from: number, to: number) =>
      (bands[name] ??= []).push({
        ...(days.includes('any') && random.chance(0.5) ? {} : { days: [...days] }),
        ...extra,
        ...(from === 0 && to === 1440 ? {} : { from: clock(from), to: clock(to) }),
      });
    for (const days of dayGroups(random, Object.keys(sets))) oneGroup(random, names, days, put);
  }
  return {
    ...(Object.keys(sets).length > 0 ? { daySets: sets } : {}),
    ...(inSeasons.length > 0 ? { seasons } : {}),
    ...(random.chance(0.2) ? { clock: random.pick(['local', 'standard', '+01:00', '-03:30']) } : {}),
    bands,
  };
}

function oneGroup(
  random: Random,
  names: readonly string[],
  days: string[],
  put: (name: string, days: string[], from: number, to: number) => void,
): void {
  const cuts = [...new Set(random.times(random.int(0, 4), () => borderMinute(random)))].sort((a, b) => a - b);
  const edges = [0, ...cuts.filter((cut) => cut > 0 && cut < 1440), 1440];
  const pieces = edges.slice(1).map((to, index) => ({ from: edges[index]!, to, name: random.pick(names) }));
  const [first, last] = [pieces[0]!, pieces.at(-1)!];
  if (pieces.length > 2 && random.chance(0.5)) {
    put(first.name, days, last.from, first.to);
    pieces.pop();
    pieces.shift();
  }
  for (const piece of pieces) put(piece.name, days, piece.from, piece.to);
}

function dayGroups(random: Random, sets: string[]): string[][] {
  if (random.chance(0.8)) {
    const groups = random.pick(GROUPS).map((group) => [...group]);
    if (!groups[0]!.includes('any')) groups[0]!.push(...sets);
    return groups;
  }
  const all = [...DAYS, ...sets];
  const first = all.filter(() => random.chance(0.5));
  return [first, all.filter((day) => !first.includes(day))].filter((group) => group.length > 0);
}

function borderMinute(random: Random): number {
  return random.chance(0.7) ? 60 * random.int(1, 23) : random.int(1, 1439);
}
