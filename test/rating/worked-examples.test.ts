import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, expect } from 'vitest';
import { projectRoot } from '../../platform/paths.ts';
import { testTariff } from '../../rating/index.ts';
import { readSource } from '../../rating/language/source.ts';

/** What, the file, its test, and the published figure: in what the test expects, to the last digit. */
const WORKED: readonly (readonly [what: string, file: string, test: string, figure: string])[] = [
  ['increments 60/60, 125 s', 'open-increments', 'test 17', '3.60'],
  ['increments 60/1, 95 s', 'open-increments', 'test 14', '1.90'],
  ['increments 1/1, 61 s', 'open-increments', 'test 11', '1.22'],
  ['increments 6/6, 125 s', 'open-increments', 'test 20', '2.52'],
  ['city telephone, 800 minutes', 'ua-telephone-tiers', '800 minutes', '52.13'],
  ['city telephone, 1000 minutes', 'ua-telephone-tiers', '1000 minutes reach the last step', '60.34'],
  ['long distance by start', 'golden/long-distance-by-start', 'a call over the border of day and evening', '2.40'],
  ['long distance by increment', 'ua-long-distance', 'over six in the evening', '2.04'],
  ['full megabytes, 246.80 and tax', 'ua-adsl-full-megabytes', 'the begun megabyte is not charged', '296.16'],
  ['data before and after eleven', 'ua-adsl-night', 'four megabytes before eleven, six after it', '2.30'],
  ['half a kilobyte', 'ua-adsl-night', '512 bytes are free', '0'],
  ['setup, block, seconds', 'open-setup-and-block', '107 seconds', '0.6048'],
  ['cap, 30 s', 'open-cap', '30 seconds are below it', '0.60'],
  ['cap, 40 s', 'open-cap', '40 seconds are above it', '0.75'],
  ['cap that ends the call, finished', 'open-cap', 'a finished call of 40 seconds is not capped', '0.80'],
  ['cap that ends the call, authorised', 'golden/tiers-and-caps', 'the cap pays for 37 of 60 seconds', '37s'],
  ['0.05 a minute by the second', 'golden/drift-and-caps', 'ten minutes at five cents are fifty cents', '0.5'],
  ['two pieces of 6, cap of 15', 'golden/drift-and-caps', 'two pieces of six are under a cap of fifteen', '12'],
  ['blocks, 500 kWh', 'uz-electricity', '500 kWh', '360000'],
  ['blocks, 1500 kWh', 'uz-electricity', '1500 kWh', '1485000'],
  ['blocks with an electric stove', 'uz-electricity-stoves', '300 kWh', '90000'],
  ['three blocks, 196 kWh', 'ua-electricity-blocks', '196 kWh', '97.08'],
  ['electric heating', 'ua-electric-heating', '2500 kWh in January', '7440.00'],
  ['summer bill, new', 'golden/summer-bill', 'at the new price', '55.61'],
  ['summer bill, old', 'golden/summer-bill', 'at the old price', '52.84'],
  ['summer bill, 23.97 and tax', 'ba-day-register', '264 kWh in three readings are one line', '28.04'],
  ['a business of 24 MWh', 'cz-c02d', '24 MWh in the year', '123178.68'],
  ['its tax', 'cz-c02d', '24 MWh in the year', '21378.12'],
  ['commercial bill with riders', 'open-commercial-demand', 'the bill of June', '1624.72'],
  ['gas corrected by height', 'open-gas-units', 'Bratislava', '100.50'],
  ['gas corrected by height, higher', 'open-gas-units', 'Poprad', '93.90'],
  ['gas to energy', 'cz-gas', '100 m³ at 10.5 are 1023.75 kWh', '1023750Wh'],
  ['gas by megajoules', 'open-gas-uk', 'two cubic metres', '22.33'],
  ['gas by the imperial unit', 'open-gas-uk', 'one imperial unit', '31.73'],
  ['waste of 60 m²', 'ba-waste', '60 square metres', '4.91'],
  ['15 in and 10 out', 'open-net-quarter-hour', '15 in and 10 out', '5kWh'],
  ['10 in and 15 out', 'open-net-quarter-hour', '10 in and 15 out', '5kWh'],
  ['105 kW', 'open-power-factor', '100 kW at 0.90', '105.00'],
  [
    'losses of a transformer',
    'ua-transformer-losses',
    '684 kWh of no-load and 659.342 kWh of load in 720 hours',
    '1343.342kWh',
  ],
];

function folderOf(file: string): string {
  return file.startsWith('golden/')
    ? path.join(import.meta.dirname, 'golden')
    : path.join(projectRoot, 'examples', 'tariffs');
}

describe('a worked example', () => {
  it.each(WORKED)('%s: %s', (_what, file, test, figure) => {
    const read = (name: string) => readFileSync(path.join(folderOf(file), name), 'utf8');
    const text = read(`${path.basename(file)}.yaml`);
    const { tests } = readSource(text).value as { tests: { name?: string; expect: unknown }[] };
    const found = tests.find(({ name }, index) => (name ?? `test ${index + 1}`) === test);
    const figures = JSON.stringify(found?.expect ?? {}).match(/-?\d[\w.]*/g) ?? [];
    expect(figures).toContain(figure);
    expect(testTariff(text, read).find(({ name }) => name === test)?.differences).toEqual([]);
  });
});
