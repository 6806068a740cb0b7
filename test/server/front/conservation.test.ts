import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { System, townFiles } from './system.ts';

let system: System;

const HEAD = 'meter,register,readAt,value,unit,quality\n';

beforeAll(async () => {
  system = await System.start();
  for (const { source, name, format, bytes } of townFiles()) await system.feed(source, name, format, bytes);
});
afterAll(() => system.remove());

describe('conservation of the sample town', () => {
  it('closes by file, by source and by hour of acceptance, with the same total', async () => {
    const reports = await Promise.all(
      (['file', 'source', 'hour'] as const).map((by) => system.services.audit({ wait: true, by })),
    );
    for (const report of reports) {
      expect(report.closes, JSON.stringify(report.checks)).toBe(true);
      expect(report.total).toEqual(reports[0].total);
    }
    const [byFile, bySource, byHour] = reports;
    expect(byFile.records).toHaveLength(townFiles().length);
    expect(new Set(bySource.records.map(({ source }) => source)).size).toBe(bySource.records.length);
    expect(byHour.records.every(({ hour }) => /^\d{4}-\d{2}-\d{2}T\d{2}:00:00\.000Z$/.test(hour!))).toBe(true);
    const rated = bySource.records.map(({ rated: count }) => count);
    expect(rated.reduce((sum, count) => sum + count, 0)).toBe(1529);
  });

  it('can be asked for one source and for some hours', async () => {
    const one = await system.services.audit({ wait: true, by: 'file', source: 'meters' });
    expect(one.records.map(({ source }) => source)).toEqual(one.records.map(() => 'meters'));
    expect(one.total.received).toBeGreaterThan(0);
    const none = await system.services.audit({ wait: true, by: 'source', toMs: Date.UTC(2020, 0, 1) });
    expect(none.records).toEqual([]);
    expect(none.closes).toBe(true);
  });

  it('holds usage of meters against what they showed, told from the readings', async () => {
    const { meters } = await system.audit();
    expect(meters.map(({ kind, view }) => `${kind} ${view}`)).toEqual(['interval retail', 'register retail']);
    for (const { expected, usage, difference } of meters) {
      expect(usage).toBe(expected);
      expect(difference).toBe('0');
      expect(Number(usage)).toBeGreaterThan(0);
    }
  });

  it('keeps closing when readings come late, are revised', async () => {
    const before = (await system.audit()).meters.find(({ kind }) => kind === 'register')!;
    const file = townFiles().find(({ source }) => source === 'meters')!;
    const lines = file.bytes.toString().trimEnd().split('\n').slice(1);
    const [meter, register, , value, unit] = lines[0].split(',');
    // Between two values of the register, half a day after the first one; then the same moment again, better.
    const moment = '2026-10-15 12:00';
    const between = (digits: number, quality: string) =>
      `${HEAD}${meter},${register},${moment},${(Number(value) + digits).toFixed(3)},${unit},${quality}\n`;
    await system.feed('meters', 'late.csv', file.format, between(0.5, 'estimated'));
    await system.feed('meters', 'better.csv', file.format, between(0.75, 'actual'));
    const after = await system.audit();
    expect(after.closes, JSON.stringify([after.checks, after.meters])).toBe(true);
    const line = after.meters.find(({ kind }) => kind === 'register')!;
    expect(line.usage).toBe(before.usage);
    expect(line.steps).toBe(before.steps + 1);
  });

  it('sets the metrics of the last whole audit', async () => {
    await system.audit();
    const text = await system.services.metricsText();
    for (const of of ['records', 'units', 'money', 'meters', 'checks']) {
      expect(text).toContain(`tollgrid_conservation_difference{of="${of}"} 0`);
    }
    expect(text).toMatch(/tollgrid_conservation_audit_timestamp_seconds 1\.\d+e\+9|\d{10}/);
  });
});
