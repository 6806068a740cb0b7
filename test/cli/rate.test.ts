import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, it, expect } from 'vitest';
import { rate } from '../../cli/commands/rate.ts';
import type { Context } from '../../cli/command.ts';
import type { RatedRecord } from '../../cli/rate-file.ts';
import { TollgridError } from '../../platform/errors.ts';

const FORMAT = `
format: test-calls
family: delimited
separator: ';'
columns: 4
timeZone: Europe/Kyiv
fields:
  - { name: from, column: 1 }
  - { name: to, column: 2 }
  - { name: at, column: 3, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }
  - { name: seconds, column: 4, type: duration, unit: s }
classes:
  - { class: call, kind: usage, service: voice }
record: { start: at, quantity: seconds, callingParty: from, calledParty: to }
identity: occurrence
`;

/** 0.60 for each begun minute, tax of 20 % in it. */
const tariff = (name: string, price: string, effective = '2026-01-01'): string => `
name: ${name}
title: Test
effective: ${effective}
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: { at: record, mode: half-up, decimals: 2 }
zones: { ukraine: ['380'] }
rules:
  - { zone: ukraine, price: { price: ${price}, per: 1min, first: 1min, then: 1min } }
`;

let folder: string;
let out: string[];
const at = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-rate-'));
  mkdirSync(at('one'));
  mkdirSync(at('two'));
  writeFileSync(at('calls.yaml'), FORMAT);
  writeFileSync(at('one/a.yaml'), tariff('plain', '0.60'));
  writeFileSync(at('two/a.yaml'), tariff('plain', '0.60'));
  writeFileSync(at('two/b.yaml'), tariff('dear', '6'));
  const lines = [
    '380441234567;380671112233;2026-10-15 12:00:00;61',
    '380441234567;99999;2026-10-15 12:00:00;61',
    '380441234567;380671112233;2026-10-35 12:00:00;61',
  ];
  writeFileSync(at('calls.csv'), lines.map((line) => `${line}\n`).join(''));
  writeFileSync(at('good.csv'), `${lines[0]}\n`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  out = [];
});

function run(file: string, tariffs: string, json: boolean, name?: string, more = {}): Promise<unknown> {
  const io = { out: (line: string) => void out.push(line), note: () => {}, interactive: false };
  const options = {
    format: at('calls.yaml'),
    tariffs: at(tariffs),
    ...(name !== undefined && { tariff: name }),
    ...more,
  };
  return rate.run({ io, json } as unknown as Context, [at(file)], options);
}

describe('rating a file without a server', () => {
  it('prices what can be priced, with steps, and says why the rest has no price', async () => {
    expect(await run('calls.csv', 'one', true)).toBe(1);
    const records = out.map((line) => JSON.parse(line) as RatedRecord);
    // 61 s are two begun minutes: 1.20, and 1.20 / 6 = 0.20 of it is tax.
    expect(records[0]).toMatchObject({
      record: 0,
      byteOffset: 0,
      disposition: 'rated',
      usage: { service: 'voice', startAt: '2026-10-15T09:00:00.000Z', quantity: 61_000 },
      charge: { tariff: 'plain@2026-01-01', zone: 'ukraine', billed: 120_000, amount: '1.20', tax: '0.20' },
    });
    expect(records[0]!.charge!.steps.length).toBeGreaterThan(3);
    expect(records[1]).toMatchObject({ record: 1, byteOffset: 49, disposition: 'suspended', charge: null });
    expect(records[1]!.code).toMatch(/ZONE/);
    expect(records[2]).toMatchObject({ record: 2, disposition: 'suspended', field: 'at', usage: null });
  });

  it('reads as sentences, with the sum at the end', async () => {
    expect(await run('good.csv', 'one', false)).toBe(0);
    expect(out[0]).toContain('record 0 (byte 0) call: voice, 2026-10-15T09:00:00.000Z, 1.02 min');
    expect(out.at(-2)).toBe('  = 1.20 UAH, of which 0.20 is tax');
    expect(out.at(-1)).toBe('1 records, 1 rated, 0 without a price, 1.20 UAH');
  });

  it('asks which tariff when several fit, and takes the one named', async () => {
    await expect(run('good.csv', 'two', true)).rejects.toThrow(/choose one of the tariffs for voice.*dear, plain/);
    expect(await run('good.csv', 'two', true, 'dear')).toBe(0);
    expect((JSON.parse(out[0]!) as RatedRecord).charge!.amount).toBe('12.00');
    await expect(run('good.csv', 'two', true, 'none')).rejects.toThrow(/there is no tariff none/);
  });

  it('assumes the direction and the attributes that are given', async () => {
    const rules = `rules:
  - { when: { direction: in }, price: { price: 0.01, per: 1min, then: 1min } }
  - { when: { listed: family }, price: { price: 0.05, per: 1min, then: 1min } }
  - { when: { class: call, attribute: { segment: gold } }, price: { price: 0.40, per: 1min, then: 1min } }
  - { price: { price: 0.60, per: 1min, then: 1min } }
`;
    mkdirSync(at('asking'));
    writeFileSync(at('asking/a.yaml'), tariff('plain', '0.60').replace(/rules:[^]*/, rules));
    const amount = async (more: object) => {
      out = [];
      expect(await run('good.csv', 'asking', true, undefined, more)).toBe(0);
      return (JSON.parse(out[0]!) as RatedRecord).charge!.amount;
    };
    expect(await amount({})).toBe('1.20');
    expect(await amount({ direction: 'in' })).toBe('0.02');
    expect(await amount({ attributes: 'family=380501111111 380671112233' })).toBe('0.10');
    expect(await amount({ attributes: 'segment=gold' })).toBe('0.80');
    await expect(run('good.csv', 'asking', true, undefined, { attributes: 'gold' })).rejects.toThrow(/name=value/);
  });

  it('says that a file is not there', async () => {
    await expect(run('none.csv', 'one', true)).rejects.toThrow(TollgridError);
  });
});
