import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, it, expect } from 'vitest';
import { generateTown, type GeneratedTown } from '../../cli/generate/index.ts';
import { projectRoot } from '../../platform/paths.ts';
import { testTariff } from '../../rating/index.ts';
import { readTownConfig, runTown, type TownRun } from './town-run.ts';

const town = path.join(projectRoot, 'examples', 'town');
const formats = path.join(projectRoot, 'formats');
const tariffs = path.join(town, 'tariffs');
const folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-town-'));
const config = readTownConfig(town);
let fresh: GeneratedTown;
let run: TownRun;

beforeAll(async () => {
  fresh = await generateTown({ seed: 1, outDir: folder });
  run = await runTown(town, town, formats);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const expectedOf = (source: string) => fresh.files.find((file) => file.source === source)!.expected;
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

describe('the sample town', () => {
  it('is what the generator makes from seed 1', () => {
    const files = ['registry.yaml', ...fresh.files.map((file) => file.path)];
    for (const file of files) {
      const same = readFileSync(path.join(town, file)).equals(readFileSync(path.join(folder, file)));
      expect(same, `${file}: run \`tollgrid generate --seed 1 --out examples/town\``).toBe(true);
    }
    const found = readdirSync(path.join(town, 'inbox'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(town, path.join(entry.parentPath, entry.name)));
    expect(found.sort()).toEqual(files.slice(1).sort());
  });

  it('has every source of its configuration, and no others', () => {
    expect(config.sources.map(({ name }) => name).sort()).toEqual(fresh.files.map(({ source }) => source).sort());
    for (const { name, directory } of config.sources) expect(directory).toBe(`inbox/${name}`);
  });

  it('stays small enough to clone', () => {
    const sizes = readdirSync(town, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name)).length);
    expect(sum(sizes)).toBeLessThan(400_000);
  });

  it.each(config.sources.map(({ name }) => name))('ends with the records of %s where they belong', (source) => {
    expect(run.outcomes[source]).toEqual(expectedOf(source));
  });

  it('loses no record: all dispositions together are what was received', () => {
    for (const { received, suspended, ...others } of Object.values(run.outcomes)) {
      expect(sum(Object.values(others)) + sum(Object.values(suspended))).toBe(received);
    }
  });

  it('lists in its README what each source becomes', () => {
    const rows = readFileSync(path.join(town, 'README.md'), 'utf8')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, name]) => config.sources.some((source) => `\`${source.name}\`` === name))
      .filter((cells) => cells.slice(2, 9).every((cell) => /^\d+$/.test(cell)))
      .map(([, name, ...counts]) => [name, ...counts.slice(0, 7).map(Number)]);
    const expected = config.sources.map(({ name }) => {
      const { received, rated, absorbed, duplicate, superseded, filtered, suspended } = expectedOf(name);
      return [`\`${name}\``, received, rated, absorbed, duplicate, superseded, filtered, sum(Object.values(suspended))];
    });
    expect(rows).toEqual(expected);
  });

  it('lists in its README every fault that was put in', () => {
    const listed = readFileSync(path.join(town, 'README.md'), 'utf8')
      .split('\n')
      .map((line) => /^\| `([a-z-]+)` +\| (\d+) +\| `?(\w+)`? +\| [^|]*[a-z][^|]* \|$/.exec(line)?.slice(1).join(' '))
      .filter((row) => row !== undefined);
    const expected = fresh.files.flatMap(({ source, expected: { suspended, duplicate, superseded } }) =>
      Object.entries({ ...suspended, duplicate, superseded }).flatMap(([code, count]) =>
        count === 0 ? [] : [`${source} ${count} ${code}`],
      ),
    );
    expect(listed.sort()).toEqual(expected.sort());
  });

  it('prices electricity and water by the difference of their registers', () => {
    const used = (file: string, register: string) => {
      const readings = new Map<string, number[]>();
      for (const line of readFileSync(path.join(town, 'inbox', file), 'utf8').split('\n')) {
        const [meter, code, at, value] = line.split(',');
        if (code !== register || !at!.endsWith(' 00:00') || meter!.startsWith('X')) continue;
        readings.set(meter!, [...new Set([...(readings.get(meter!) ?? []), Math.round(Number(value) * 1000)])]);
      }
      return sum([...readings.values()].map(([begin, end]) => end! - begin!)) / 1000;
    };
    const day = used('meters/registers-20261015.csv', '1.8.1');
    const night = used('meters/registers-20261015.csv', '1.8.2');
    expect(day).toBeGreaterThan(100);
    expect(run.amounts['electricity-day-night@2026-01-01']! / 1e6).toBeCloseTo(day * 4.32 + night * 2.16, 4);
    const water = used('water/water-20261015.csv', 'total');
    expect(run.amounts['water@2026-01-01']! / 1e6).toBeCloseTo(water * 30.384, 4);
  });

  it('has usage for every one of its tariffs', () => {
    const used = Object.keys(run.amounts).map((version) => `${version.split('@')[0]!}.yaml`);
    expect(used.sort()).toEqual(
      readdirSync(tariffs)
        .filter((name) => name.endsWith('.yaml'))
        .sort(),
    );
    for (const amount of Object.values(run.amounts)) expect(amount).toBeGreaterThan(0);
  });
});

describe('another town', () => {
  it('made from another seed, day and size works with the same definitions', async () => {
    const other = mkdtempSync(path.join(tmpdir(), 'tollgrid-town-'));
    try {
      const made = await generateTown({ seed: 7, outDir: other, customers: 120, day: '2026-01-20' });
      const { outcomes } = await runTown(town, other, formats);
      for (const file of made.files) expect(outcomes[file.source]).toEqual(file.expected);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  });
});

describe('tariffs of the sample town', () => {
  const files = readdirSync(tariffs).filter((name) => name.endsWith('.yaml'));

  it.each(files)('%s holds what its own tests say', (file) => {
    const read = (name: string) => readFileSync(path.join(tariffs, name), 'utf8');
    const results = testTariff(read(file), read, file);
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ ok }) => !ok).map(({ name, differences }) => ({ name, differences }))).toEqual([]);
  });
});
