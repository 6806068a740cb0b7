/**
 * What a tariff language must express, structure by structure, and the example that shows it.
 *
 * `shows` are places in the tariff (`rules.price.setup`; `*` is any name), or in the test itself (`given.`, `expect.`);
 * `=` says what stands there. Without the first place the named test must not hold any more, or not when `instead` is
 * written there.
 */
import { OF_A_PERIOD } from './of-a-period.ts';
import { OF_A_RECORD } from './of-a-record.ts';

export interface Structure {
  what: string;
  /** `name` is in examples/tariffs, `golden/name` and `settlement/name` in test/rating. */
  file: string;
  test: string;
  shows: readonly string[];
  instead?: unknown;
}

/** What one tariff file cannot show: the file of tests, and the test. */
export const BEYOND_ONE_FILE: readonly (readonly [what: string, file: string, test: string])[] = [
  [
    'crossing a change of tariff',
    'rating/engine/divide-usage',
    'is divided at a new month and a new version, in proportion to time',
  ],
  [
    'a change of tariff and tax inside a reading',
    'rating/settlement/borders',
    'has each part at its own price and its own tax when the tariff changes in the middle',
  ],
  [
    'a border with a reading',
    'rating/settlement/borders',
    'is divided by the readings at the border where there are any',
  ],
  ['a border with intervals', 'rating/settlement/borders', 'is divided by its intervals where there are any'],
  [
    'a change of owner and of multiplier',
    'rating/settlement/borders',
    'belongs to both owners of the meter, and to both multipliers',
  ],
  [
    'blocks in a period with two versions',
    'rating/settlement/versions',
    'gives each part its own steps, with its share of the limits',
  ],
  [
    'usages named by a settled charge, in order',
    'rating/settlement/versions',
    'names the usages of all members that a line covers, in order of (start, identity)',
  ],
  [
    'publication with a name and a note',
    'server/front/tariff-life',
    'is not published without a name and a note, nor when a test in it fails',
  ],
  [
    'nothing published is edited',
    'server/front/tariff-life',
    'is left alone when it says the same, and refused when it says something else',
  ],
  [
    'a million prefixes while a stream runs',
    'server/front/tariff-live',
    'prices each batch by the version of its pin, and a replay does the same',
  ],
  ['drafts', 'server/front/tariff-life', 'is published from its draft exactly as it was kept, and its tests must hold'],
];

export const STRUCTURES: readonly Structure[] = [...OF_A_RECORD, ...OF_A_PERIOD].map(
  ([what, file, test, shows, instead]) => ({
    what,
    file,
    test,
    shows: typeof shows === 'string' ? [shows] : shows,
    ...(instead !== undefined && { instead }),
  }),
);
