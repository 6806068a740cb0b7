import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System, townFiles } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
  for (const { source, name, format, bytes } of townFiles()) await system.feed(source, name, format, bytes);
});
afterAll(() => system.remove());

describe('the sample town', () => {
  it('ends with every record in one state, and units and money equal on all three sides', async () => {
    const audit = await system.audit();
    expect(audit.closes).toBe(true);
    expect(audit.total).toMatchObject({ received: 2043, rated: 1529, suspended: 25, difference: 0, inFlight: 0 });
    expect(audit.money.every(({ difference }) => Number(difference) === 0)).toBe(true);
  });

  it('explains a record charge from its amount to the bytes in the source', async () => {
    const charge = (await system.charges('A-1002')).find(
      ({ service, kind }) => service === 'voice' && kind === 'record',
    )!;
    const told = (await system.services.explainCharge(charge.id))!;
    const file = townFiles().find(({ name }) => name === told.record!.file)!;
    const { byteOffset, byteLength, text } = told.record!;
    expect(file.bytes.subarray(byteOffset, byteOffset + byteLength).toString()).toBe(text);
    expect(told.steps.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['decode', 'guide', 'zone', 'rounding', 'tax']),
    );
    expect(told.steps.some(({ step }) => step === 'difference')).toBe(false);
  });

  it('tells how what a meter showed became a quantity', async () => {
    const charges = (await system.charges()).filter(({ kind }) => kind === 'valuation');
    const stepOf = async (id: string, name: string) =>
      (await system.services.explainCharge(id))!.steps.filter(({ step }) => step === name);
    // E700001 counts through transformers of 40: its file says 0.069 kWh.
    const interval = charges.find(
      ({ party, startAt }) => party === 'E700001' && startAt === '2026-10-14T21:00:00.000Z',
    )!;
    expect(await stepOf(interval.id, 'multiplier')).toEqual([
      expect.objectContaining({ text: '69, times the multiplier 40: 2760 Wh.' }),
    ]);
    const water = charges.find(({ party }) => party === 'W300009')!;
    expect(await stepOf(water.id, 'difference-of-readings')).toEqual([
      expect.objectContaining({ text: '1679.200 less 1676.537: 2663 litres.' }),
    ]);
    for (const { id } of charges.filter(({ tariff }) => tariff.startsWith('electricity-day-night')).slice(0, 5))
      expect(await stepOf(id, 'difference-of-readings')).toHaveLength(1);
  });

  it('explains every kind of charge without a difference to what it computes again', async () => {
    const seen = new Map<string, string>();
    for (const { id, service, kind, view, tariff } of await system.charges())
      seen.set(`${view}/${service}/${kind}/${tariff}`, id);
    expect(seen.size).toBeGreaterThan(8);
    for (const [what, id] of seen) {
      const told = (await system.services.explainCharge(id))!;
      expect([what, told.steps.filter(({ step }) => step === 'difference')]).toEqual([what, []]);
      expect(told.steps.length).toBeGreaterThan(3);
    }
  });

  it('counts the same files, received again, as duplicates and changes nothing else', async () => {
    const before = await system.totals();
    const rows = await system.export();
    for (const { source, name, format, bytes } of townFiles()) await system.feed(source, name, format, bytes);
    const after = await system.totals();
    expect(after).toEqual({
      ...before,
      received: before['received']! * 2,
      duplicate: before['duplicate']! + before['received']!,
    });
    expect(await system.export()).toBe(rows);
  });

  it('finds duplicates record by record when the same calls come in another file', async () => {
    const before = await system.totals();
    const file = townFiles().find(({ source }) => source === 'hotel-pbx')!;
    const lines = file.bytes.toString().trimEnd().split('\n').reverse();
    await system.feed('hotel-pbx', 'again.csv', file.format, lines.join('\n'));
    const after = await system.totals();
    expect(after['rated']).toBe(before['rated']);
    expect(after['suspended']).toBe(before['suspended']);
  });

  it('settles a month once: fees, allowances and energy lines, which say what they cover', async () => {
    await system.settle('2026-10');
    const settled = (await system.charges()).filter(({ kind }) => kind === 'settlement');
    expect(settled.length).toBeGreaterThan(100);
    await system.settle('2026-10');
    expect((await system.charges()).filter(({ kind }) => kind === 'settlement')).toEqual(settled);
    const energy = settled.find(({ component }) => component === 'energy-day')!;
    const told = (await system.services.explainCharge(energy.id))!;
    expect(told.coversTotal).toBeGreaterThan(0);
    expect(told.covers.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(energy.quantity);
    const covered = (await system.services.explainCharge(told.covers[0]!.charge))!;
    expect(covered.charge).toMatchObject({ kind: 'valuation', service: 'electricity' });
    expect(covered.steps.filter(({ step }) => step === 'reading')).toHaveLength(2);
    expect((await system.audit()).closes).toBe(true);
  });

  it("sums an account's month by service, money without valuations", async () => {
    const charges = (await system.charges('A-1002')).filter(({ servicePeriod }) => servicePeriod === '2026-10');
    const owed = charges
      .filter(({ kind }) => kind !== 'valuation')
      .reduce((sum, { amount }) => sum + Number(amount), 0);
    const summary = (await system.services.usageSummary('A-1002', '2026-10'))!;
    expect(summary.totals).toHaveLength(1);
    expect(Number(summary.totals[0]!.amount)).toBeCloseTo(owed, 6);
    expect(summary.lines.reduce((sum, { records }) => sum + records, 0)).toBe(charges.length);
    expect((await system.front.outcome()).length).toBeGreaterThan(5);
  });

  it('computes the same rows again with 1, with 2 and with 4 threads', async () => {
    const rows = await system.charges();
    const exported = await system.export();
    for (const threads of [2, 4, 1]) {
      await system.services.rebuild({ threads });
      expect(await system.charges()).toEqual(rows);
      expect(await system.export()).toBe(exported);
      expect((await system.audit()).closes).toBe(true);
    }
    expect((await system.services.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});
