/** `series`: prices by the hour or quarter of an hour, from files of `moment,price`. */
import { ZoneClock } from '../../platform/time-zone.ts';
import type { TariffFile } from '../../schemas/tariff.ts';
import { MICROS } from '../arithmetic/ratio.ts';
import { momentMs } from '../arithmetic/moments.ts';
import type { MistakeList } from './mistakes.ts';
import type { SeriesModel } from './model.ts';
import { parseQuantity } from './quantities.ts';
import { readQuantity } from './read-price.ts';
import type { ReadSideFile } from './read-zones.ts';
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';

/** Twenty years of quarter hours. */
const POINTS_MAX = 20 * 366 * 96;
const LINE = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)\s*[,;]\s*(-?)(\d{1,12})(?:\.(\d{1,9}))?$/;

export interface SeriesInputs {
  readSideFile: ReadSideFile;
  /** UTC offset changes of the tariff's zone; null when the zone is not known. */
  transitions: readonly (readonly [number, number])[] | null;
}

export function readSeries(
  file: TariffFile,
  base: BaseUnit,
  { readSideFile, transitions }: SeriesInputs,
  mistakes: MistakeList,
): SeriesModel[] {
  return Object.entries(file.series ?? {}).map(([name, series]) => {
    const path = ['series', name];
    const per = readQuantity(series.per, base, [...path, 'per'], mistakes, true);
    const every = parseQuantity(series.every, 'ms');
    if (typeof every === 'string' || every < 60_000) {
      mistakes.add([...path, 'every'], 'Each price holds for a minute at least.', 'Write 60min or 15min.');
    }
    const everyMs = typeof every === 'string' ? 3_600_000 : Math.max(60_000, every);
    const empty = { name, fromMs: 0, everyMs, per, prices: [], denominator: 1n };
    let text: string;
    try {
      text = readSideFile(series.file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      mistakes.add(
        [...path, 'file'],
        `\`${series.file}\` cannot be read: ${reason}.`,
        'Put the file beside the tariff or correct the name.',
      );
      return empty;
    }
    if (transitions === null) return empty;
    return { ...empty, ...readPoints(text, series.file, everyMs, new ZoneClock(transitions), mistakes) };
  });
}

interface Point {
  ms: number;
  digits: bigint;
  decimals: number;
}

function readPoints(
  text: string,
  file: string,
  everyMs: number,
  clock: ZoneClock,
  mistakes: MistakeList,
): Pick<SeriesModel, 'fromMs' | 'prices' | 'denominator'> {
  const points: Point[] = [];
  text.split('\n').forEach((line, index) => {
    const row = line.trim();
    if (row === '' || row.startsWith('#') || (index === 0 && /^[a-z]/i.test(row))) return;
    const match = LINE.exec(row);
    if (match === null) {
      mistakes.addIn(file, index + 1, `\`${row}\` is not a moment and a price.`, 'Write `2026-10-14T00:00Z,85.31`.');
      return;
    }
    const [, moment, sign, whole, fraction = ''] = match;
    const last = points.at(-1);
    let ms = momentMs(moment, clock);
    // In autumn an hour comes twice by the local clock: the second time it is the later one.
    if (last !== undefined && ms <= last.ms) ms = momentMs(moment, clock, 'later');
    const problem =
      last === undefined
        ? ''
        : ms <= last.ms
          ? 'is not after the line before it'
          : (ms - points[0].ms) % everyMs !== 0
            ? 'is not on the grid of `every`'
            : (ms - points[0].ms) / everyMs >= POINTS_MAX
              ? 'is too far from the first one'
              : '';
    if (problem !== '') {
      mistakes.addIn(file, index + 1, `\`${moment}\` ${problem}.`, 'Sort the lines, one for each step of time.');
      return;
    }
    const digits = BigInt(whole + fraction);
    points.push({ ms, digits: sign === '-' ? -digits : digits, decimals: fraction.length });
  });
  if (points.length === 0) {
    mistakes.addIn(file, 1, 'There is no price in it.', 'Write lines like `2026-10-14T00:00Z,85.31`.');
    return { fromMs: 0, prices: [], denominator: 1n };
  }
  const decimals = Math.max(6, ...new Set(points.map((point) => point.decimals)));
  const prices: (bigint | null)[] = new Array((points.at(-1)!.ms - points[0].ms) / everyMs + 1).fill(null);
  for (const point of points) {
    prices[(point.ms - points[0].ms) / everyMs] = point.digits * 10n ** BigInt(decimals - point.decimals);
  }
  return { fromMs: points[0].ms, prices, denominator: 10n ** BigInt(decimals) / MICROS };
}
