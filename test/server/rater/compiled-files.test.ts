import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileParts, explainRating, partsOf, prepareTariff, TariffBook } from '../../../rating/index.ts';
import { readCompiled, writeCompiled } from '../../../server/rater/index.ts';
import { columnsOf } from '../../rating/support/tariffs.ts';

const TARIFF = `name: phone
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
numbers: { free: ['800'] }
zonesFile: zones.csv
rules:
  - { zone: home, price: { price: 1.00, per: 1min } }
  - { zone: abroad, price: { price: 7.00, per: 1min } }
`;
const parts = partsOf(prepareTariff(TARIFF, () => '380,home\n38067,abroad\n4,abroad\n'));

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-compiled-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function priced(read: typeof parts, to: string): [string, number] {
  const tariff = compileParts(read, 2);
  const book = TariffBook.build([tariff]);
  const { usage, records } = columnsOf([{ startMs: Date.UTC(2026, 9, 5), quantity: 60_000, to }]);
  const { version, amountMicros } = explainRating(book, book.bind(['phone']), usage, records, 0);
  return [version, amountMicros];
}

describe('a compiled tariff in a file', () => {
  it('prices as the one it was made of, from shared memory', async () => {
    await writeCompiled(folder, 'a', parts);
    const read = (await readCompiled(folder, 'a'))!;
    expect(read).toEqual(parts);
    expect(read.trie!.nodes.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(['380441234567', '380671234567', '49301234'].map((to) => priced(read, to))).toEqual([
      ['phone@2026-01-01#2', 1_000_000],
      ['phone@2026-01-01#2', 7_000_000],
      ['phone@2026-01-01#2', 7_000_000],
    ]);
  });

  it('is none when it is absent, cut or changed anywhere', async () => {
    expect(await readCompiled(folder, 'absent')).toBeNull();
    await writeCompiled(folder, 'b', parts);
    const whole = fs.readFileSync(path.join(folder, 'b'));
    for (const length of [0, 3, 7, 8, 100, whole.length - 1]) {
      fs.writeFileSync(path.join(folder, 'b'), whole.subarray(0, length));
      expect(await readCompiled(folder, 'b'), `${length} bytes`).toBeNull();
    }
    for (let at = 0; at < whole.length; at += 37) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 0x10;
      fs.writeFileSync(path.join(folder, 'b'), changed);
      expect(await readCompiled(folder, 'b'), `byte ${at}`).toBeNull();
    }
  });

  it('does not pile up: the newest eight stay', async () => {
    for (let number = 0; number < 12; number++) await writeCompiled(folder, `c-${number}`, parts);
    expect(fs.readdirSync(folder)).toHaveLength(8);
    expect(await readCompiled(folder, 'c-11')).not.toBeNull();
  });
});
