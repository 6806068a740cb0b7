/** Re-rating through the whole program: preview, approval, explanation, undo, rebuild, conservation. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import type { RerateFigures, RerateItem } from '../../../schemas/api/rerates.ts';
import { family, GUIDING, light, READINGS, REGISTRY, shop } from './rerate-family.ts';
import { System } from './system.ts';

const START_MS = 240_000;
const WISH = { from: '2026-10', to: '2026-11' };

let system: System;
let folder: string;
let definitions: Record<string, unknown>;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-rerate-'));
  const write = (name: string, text: string): string => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  write('tariffs/shop.yaml', shop('1.00'));
  write('tariffs/family.yaml', family('1.00'));
  write('tariffs/light.yaml', light('2.00'));
  definitions = {
    tariffs: [path.join(folder, 'tariffs')],
    guiding: write('guiding.yaml', GUIDING),
    registry: [write('registry.yaml', REGISTRY)],
  };
  system = await System.start({ definitions });
  await push(
    call(1, '380440000001', 80),
    call(2, '380440000002', 50),
    call(3, '380440000003', 10),
    call(4, '380440000003', 3),
    call(5, '380449999999', 3),
  );
  // The same call again: one stands, and only that one is priced again.
  await push(call(3, '380440000003', 10));
  await system.feed('meters', 'readings.csv', 'meter-register-csv', `${READINGS.join('\n')}\n`);
  await settle('2026-10');
}, START_MS);

afterAll(async () => {
  await system.remove();
  fs.rmSync(folder, { recursive: true, force: true });
});

function call(no: number, from: string, minutes: number): Uint8Array {
  const time = `2026-10-0${no}T09:00:00Z`;
  const data = { from, to: '380671234567', startAt: time, durationMs: minutes * 60_000 };
  return Buffer.from(
    JSON.stringify({ specversion: '1.0', id: `e-${no}`, source: '/test', type: 'tollgrid.usage.voice', time, data }),
  );
}

async function push(...events: Uint8Array[]): Promise<void> {
  const { entryNo } = await system.services.pushUsage({ source: 'pbx', events, requestSha256: '' });
  await system.processed(entryNo);
}

async function settle(period: string) {
  const { entry } = await system.services.settle({ period, by: 'test' });
  await system.processed(entry);
  return (await system.services.settlement(entry))!;
}

const CORRECTION = { correct: true, person: 'O. Kovalenko', note: 'as in the price list' };

async function publish(document: string): Promise<void> {
  await system.services.publish({ kind: 'tariff', name: 't.yaml', document, files: {}, by: 'test', ...CORRECTION });
}

async function preview(wish: object = {}): Promise<{ figures: RerateFigures; rows: ChargeItem[] }> {
  const { preview: no } = await system.services.beginPreview({ ...WISH, ...wish });
  for (;;) {
    const found = (await system.services.preview(no))!;
    if (found.state === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    if (found.figures === null) throw new Error(JSON.stringify(found.failure));
    const { items } = await system.services.previewDifferences(no, { limit: 1000 });
    return { figures: found.figures, rows: items };
  }
}

async function approve(wish: object = {}): Promise<RerateItem> {
  const { entry } = await system.services.rerate({ ...WISH, by: 'Olha', note: 'wrong price', ...wish });
  return ended(entry);
}

/** As a client sees it, who asks until it is no longer pending. */
async function ended(entry: number): Promise<RerateItem> {
  for (;;) {
    const item = (await system.services.rerateOf(entry))!;
    if (item.state !== 'waiting' && item.state !== 'running') return item;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function undo(rerate: number): Promise<RerateItem> {
  const { entry } = await system.services.undoRerate({ rerate, by: 'Taras', note: 'it was right' });
  return ended(entry);
}

/** Subscription, kind, component, quantity, amount, tax and posting month of a row. */
const facts = (row: ChargeItem) => [row.subscription, row.kind, row.component, row.quantity, row.amount, row.tax];

/** What each account owes by service month: record and settlement charges. */
async function owed(): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { account, servicePeriod, kind, amount } of await system.charges()) {
    if (kind === 'valuation') continue;
    const key = `${account} ${servicePeriod}`;
    sums[key] = Math.round(((sums[key] ?? 0) + Number(amount)) * 1e6) / 1e6;
  }
  return sums;
}

async function closes(): Promise<void> {
  const report = await system.audit();
  expect(report.checks.filter((check) => !check.closes)).toEqual([]);
  expect(report.closes).toBe(true);
}

describe('a re-rating', () => {
  it('finds nothing while no price has changed', async () => {
    const { figures, rows } = await preview();
    expect(figures).toMatchObject({ priced: 6, changed: 0, rows: 0, money: [], unpriced: [], failures: [] });
    expect(rows).toEqual([]);
    expect(await approve()).toMatchObject({ state: 'nothing', reversed: 0, posted: 0 });
  });

  it(
    'shows the exact differences of record charges, posts them, explains them, and takes them back',
    async () => {
      const before = await owed();
      expect(before).toMatchObject({ 'A-2 2026-10': 13 + 30 });
      const exported = await system.export();
      await publish(shop('1.50'));
      const { figures, rows } = await preview();
      // 10 and 3 minutes, half a hryvnia more each.
      expect(figures).toMatchObject({
        priced: 6,
        changed: 2,
        rows: 4,
        settlementLines: 0,
        settledPeriods: ['2026-10'],
        money: [{ currency: 'UAH', amount: '6.500000' }],
        accounts: 1,
        largest: [{ account: 'A-2', currency: 'UAH', amount: '6.500000' }],
      });
      expect(figures.lines).toMatchObject([
        {
          ...{ view: 'retail', service: 'voice', tariff: 'shop@2026-01-01', kind: 'record', reversed: 2, posted: 2 },
          ...{ quantity: '0', before: '13.000000', after: '19.500000', amount: '6.500000' },
        },
      ]);
      expect(rows.map((row) => [row.sign, ...facts(row)])).toEqual([
        [-1, 'S-shop', 'record', '', -600_000, '-10.000000', '-1.670000'],
        [1, 'S-shop', 'record', '', 600_000, '15.000000', '2.500000'],
        [-1, 'S-shop', 'record', '', -180_000, '-3.000000', '-0.500000'],
        [1, 'S-shop', 'record', '', 180_000, '4.500000', '0.750000'],
      ]);
      // Nothing is posted by looking.
      expect(await owed()).toEqual(before);

      const done = await approve({ digest: figures.digest });
      expect(done).toMatchObject({ state: 'posted', reversed: 2, posted: 2, by: 'Olha', note: 'wrong price' });
      expect(done.money).toMatchObject([{ currency: 'UAH', amount: '6.500000' }]);
      expect(await owed()).toEqual({ ...before, 'A-2 2026-10': before['A-2 2026-10']! + 6.5 });
      const posted = (await system.services.rerateDifferences(done.entry, { limit: 100 })).items;
      const business = ({ postedEntry: _, ...row }: ChargeItem) => row;
      expect(posted.map(business)).toEqual(rows.map(business));
      await closes();

      // Again, with the digest of what is posted by now or without: nothing more.
      expect(await approve({ digest: figures.digest })).toMatchObject({ state: 'nothing', posted: 0 });
      expect((await preview()).figures.rows).toBe(0);

      const { id, corrects } = posted.find(({ sign, quantity }) => sign === 1 && quantity === 600_000)!;
      expect(corrects).toBe(id);
      const told = (await system.services.explainCharge(id))!;
      expect(told.charge).toMatchObject({ amount: '15.000000', postedEntry: done.entry });
      const text = told.steps.map((step) => step.text).join('\n');
      expect(text).toContain(`re-rating ${done.entry}, approved by Olha`);
      expect(text).toContain('wrong price');
      expect(text).toContain(`it corrects charge ${id}`);
      expect(told.steps.filter(({ step }) => step === 'difference')).toEqual([]);

      const undone = await undo(done.entry);
      expect(undone).toMatchObject({ state: 'posted', reversed: 2, posted: 2, left: 0, undoes: done.entry });
      expect(await owed()).toEqual(before);
      expect(await system.export()).toBe(exported);
      expect(await undo(done.entry)).toMatchObject({ state: 'nothing', posted: 0 });
      const back = (await system.services.explainCharge(id))!;
      expect(back.charge.amount).toBe('10.000000');
      expect(back.steps[0]!.text).toContain(`Taras took re-rating ${done.entry} back`);
      expect(back.steps.filter(({ step }) => step === 'difference')).toEqual([]);
      await closes();
    },
    START_MS,
  );

  it(
    'refuses other differences than those that were approved',
    async () => {
      const { figures } = await preview();
      expect(figures.rows).toBe(4);
      await publish(shop('1.60'));
      const refused = await approve({ digest: figures.digest });
      expect(refused).toMatchObject({ state: 'refused', posted: 0 });
      expect(refused.figures!.digest).not.toBe(figures.digest);
      await publish(shop('1.00'));
      expect((await preview()).figures.rows).toBe(0);
    },
    START_MS,
  );

  it(
    'settles a settled month again for all who share an allowance with the changed usage',
    async () => {
      const before = await owed();
      const exported = await system.export();
      // 130 minutes, 100 free: the son pays for 30. With 90 free for 40, at half the price.
      await publish(family('0.50', '90min'));
      const { figures, rows } = await preview({ account: 'A-1' });
      expect(figures).toMatchObject({ changed: 2, settledPeriods: ['2026-10'], failures: [] });
      // The mother's account is asked for; her son, who shares the allowance, has another one.
      const lines = rows.filter(({ kind }) => kind === 'settlement');
      expect(lines.map(facts)).toEqual(
        expect.arrayContaining([
          ['S-son', 'settlement', 'shared', -600_000, '0.000000', '0.000000'],
          ['S-son', 'settlement', 'usage', 600_000, '-10.000000', '-1.670000'],
        ]),
      );
      expect(lines).toHaveLength(2);
      expect(figures.settlementLines).toBe(2);
      const stands = (await system.charges()).find(
        ({ subscription, component }) => subscription === 'S-son' && component === 'usage',
      )!;
      expect(lines.find(({ component }) => component === 'usage')!.corrects).toBe(stands.id);

      const done = await approve({ account: 'A-1', digest: figures.digest, postingPeriod: undefined });
      expect(done).toMatchObject({ state: 'posted' });
      expect(await owed()).toEqual({ ...before, 'A-2 2026-10': before['A-2 2026-10']! - 10 });
      // Settling finds nothing left to do.
      expect(await settle('2026-10')).toMatchObject({ lines: 0 });
      const { id } = (await system.services.rerateDifferences(done.entry, { limit: 100 })).items.find(
        ({ kind, component }) => kind === 'settlement' && component === 'usage',
      )!;
      const told = (await system.services.explainCharge(id))!;
      const text = told.steps.map((step) => step.text).join('\n');
      expect(text).toContain(`re-rating ${done.entry}, approved by Olha`);
      expect(text).toContain('Posted is the difference to what stands for this line already.');
      expect(told.covers).toHaveLength(1);
      await closes();
      const early = { rerate: done.entry, by: 'Taras', postingPeriod: '2026-09' };
      await expect(system.services.undoRerate(early)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
      await undo(done.entry);
      expect(await owed()).toEqual(before);
      expect(await system.export()).toBe(exported);
      await publish(family('1.00'));
      await closes();
    },
    START_MS,
  );

  it(
    'prices what a register showed, over a border of months, and bills it with the month that is named',
    async () => {
      const exported = await system.export();
      await publish(light('3.00'));
      const { figures, rows } = await preview({ tariff: 'light', postingPeriod: '2026-12' });
      // The second reading's usage lies 4 of 14 days in October: 40 and 12 kWh there, and 30 in November.
      expect(figures).toMatchObject({ priced: 2, changed: 2 });
      const valuations = rows.filter(({ kind, sign }) => kind === 'valuation' && sign > 0);
      expect(valuations.map(({ servicePeriod, quantity, amount }) => [servicePeriod, quantity, amount])).toEqual([
        ['2026-10', 40_000, '120.000000'],
        ['2026-10', 12_000, '36.000000'],
        ['2026-11', 30_000, '90.000000'],
      ]);
      expect(rows.every(({ postingPeriod }) => postingPeriod === '2026-12')).toBe(true);
      expect(rows.filter(({ kind }) => kind === 'settlement').map(facts)).toEqual([
        ['S-light', 'settlement', 'energy', 0, '52.000000', '8.670000'],
      ]);
      const done = await approve({ tariff: 'light', postingPeriod: '2026-12', digest: figures.digest });
      expect(done.state).toBe('posted');
      await closes();
      // October's bill is closed: what is put back stands in December too, against what was posted there.
      await undo(done.entry);
      const withoutPosting = (text: string): string =>
        text.replace(/\t\d{6}\t(\d+)$/gm, (_, count: string) => `\t${count}`);
      expect(withoutPosting(await system.export())).toBe(withoutPosting(exported));
      const inDecember = (await system.charges()).filter(({ postingPeriod }) => postingPeriod === '2026-12');
      expect(inDecember.reduce((sum, { amount }) => sum + Number(amount), 0)).toBe(0);
      await publish(light('2.00'));
    },
    START_MS,
  );

  it(
    'leaves a record as it stands when it cannot be priced any more, and says so',
    async () => {
      await publish(shop('1.50').replace('rules: [{ price', "zones: { far: ['999'] }\nrules: [{ zone: far, price"));
      const { figures } = await preview({ tariff: 'shop' });
      expect(figures).toMatchObject({ rows: 0, priced: 0, unpriced: [{ code: 'RATE_NO_ZONE', records: 2 }] });
      await publish(shop('1.00'));
    },
    START_MS,
  );

  it(
    'gives the same rows when the ledger is computed again, with two threads',
    async () => {
      await publish(shop('2.00'));
      const done = await approve();
      expect(done.state).toBe('posted');
      const all = await system.charges();
      const exported = await system.export();
      await system.services.rebuild({ threads: 2 });
      expect(await system.charges()).toEqual(all);
      expect(await system.export()).toBe(exported);
      expect((await system.services.rerates({ limit: 1 })).items).toMatchObject([
        { entry: done.entry, state: 'posted' },
      ]);
      await closes();
      expect((await system.services.verify()).ok).toBe(true);
    },
    START_MS,
  );

  it('refuses what makes no sense', async () => {
    await expect(system.services.beginPreview({ from: '2026-10', to: '2026-10' })).rejects.toMatchObject({
      code: 'RERATE_MONTHS',
    });
    await expect(system.services.beginPreview({ ...WISH, account: 'A-0' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(system.services.beginPreview({ ...WISH, tariff: 'no' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(system.services.undoRerate({ rerate: 1, by: 'test' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
