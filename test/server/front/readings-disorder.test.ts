/** Meters whose readings come late, again, revised and out of order, over several files: charged for what they showed, once. */
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Random } from '../../crash/random.ts';
import { System, TOWN } from './system.ts';

const HEADER = 'meter,register,readAt,value,unit,quality\n';
const FILES = 6;
const SEED = Number(process.env['SEED'] ?? 1);

/** Customers with a day and a night register. */
function meters(): string[] {
  const registry = fs.readFileSync(path.join(TOWN, 'registry.yaml'), 'utf8');
  const dayNight =
    /kind: meter, value: (E\d+)[^\n]*\n\s+tariffs: \[\{ view: retail, service: electricity, tariff: electricity-day-night/g;
  return [...registry.matchAll(dayNight)].map(([, meter]) => meter!);
}

/** Readings of six days in any order, a third of them repeated, each file's behind those of the file before. */
function disorder(random: Random): string[] {
  const files = Array.from({ length: FILES }, () => HEADER);
  for (const chain of meters().flatMap((meter) => [`${meter},1.8.1`, `${meter},1.8.2`])) {
    const sent: string[] = [];
    let file = 0;
    for (let left = 3 + random.below(14); left > 0; left--) {
      const day = 1 + random.below(6);
      const value = 100 + day * 10 + random.below(12);
      const quality = random.pick(['actual', 'actual', 'estimated']);
      const isAgain = sent.length > 0 && random.chance(1 / 3);
      const row = isAgain ? random.pick(sent) : `2026-10-0${day} 00:00,${value},kWh,${quality}`;
      sent.push(row);
      if (random.chance(1 / 4)) file = Math.min(FILES - 1, file + 1);
      files[file] += `${chain},${row}\n`;
    }
  }
  return files;
}

let system: System;
afterEach(() => system.remove());

it(`readings in disorder are charged once (seed ${SEED})`, async () => {
  system = await System.start();
  for (const [i, rows] of disorder(new Random(SEED)).entries()) {
    await system.feed('meters', `${i}.csv`, 'meter-register-csv', rows);
  }
  const { closes, checks, total, meters: lines } = await system.audit();
  // Closes: what each register went on by is its usage.
  expect(checks.filter((check) => !check.closes)).toEqual([]);
  expect(closes).toBe(true);
  expect(lines.map(({ view, chains }) => [view, chains > 200])).toEqual([['retail', true]]);
  for (const count of [total.rated, total.duplicate, total.superseded, total.suspended])
    expect(count).toBeGreaterThan(0);
  const before = await system.exportHash();
  await system.services.rebuild({ threads: 2 });
  expect(await system.exportHash()).toBe(before);
});
