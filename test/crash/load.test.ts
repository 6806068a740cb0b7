/** What the laboratory says of files that are late. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Installation } from './lab/installation.ts';
import { Load } from './lab/load.ts';
import { Random } from './random.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-load-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** An installation that runs, and has received so many records of the file `drop-0.ndjson`; of them nothing is charged. */
function having(received: number): Installation {
  const records = received === 0 ? [] : [{ file: { name: 'drop-0.ndjson' }, received }];
  const audit = { closes: true, records, total: { received, inFlight: 0, difference: 0 }, money: [] };
  const get = (route: string): Promise<unknown> =>
    Promise.resolve(route === '/v1/audit' ? audit : { items: [], next: null });
  return { folder, inbox: folder, api: { get } } as unknown as Installation;
}

it('tells a file that has not arrived in time, or not to its end, as late and not as lost', async () => {
  for (const received of [0, 1]) {
    const load = new Load(having(received), new Random(1));
    await load.drop();
    const wrong = await load.judge(100);
    expect(wrong[0]).toBe('drop-0.ndjson did not arrive in 100 ms');
    expect(wrong.filter((what) => what.includes('lost'))).toEqual([]);
  }
});

it('calls records lost that are counted and not charged', async () => {
  const load = new Load(having(1000), new Random(1));
  await load.drop();
  expect(await load.judge(100)).toContain('record 0 was acknowledged and is lost');
});
