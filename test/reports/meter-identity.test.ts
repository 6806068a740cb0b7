import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeterSteps } from '../../ledger/index.ts';
import { MeterIdentity, metersClose, type MeterFacts, type MeterReport } from '../../reports/index.ts';

const E18 = 10n ** 18n;
const row = (changes: Partial<MeterSteps>): MeterSteps => ({
  meter: 'M-1',
  register: '1.8.0',
  kind: 'register',
  view: 'retail',
  atMs: 0,
  steps: 1,
  shown: 0n,
  backwards: 0n,
  scale: 0,
  usage: 0n,
  ...changes,
});
const report = (rows: MeterSteps[], facts: MeterFacts = { multiplier: 1, digits: 5 }): MeterReport => {
  const identity = new MeterIdentity(() => facts);
  for (const one of rows) identity.add(one);
  return identity.report();
};

describe('units of meters', () => {
  it('are last value less first value times the multiplier', () => {
    const { lines } = report([row({ steps: 3, shown: 12n * E18, usage: 480_000n })], { multiplier: 40, digits: 6 });
    expect(lines).toEqual([
      {
        kind: 'register',
        view: 'retail',
        chains: 1,
        steps: 3,
        expected: '480000',
        usage: '480000',
        tolerance: '0',
        difference: '0',
      },
    ]);
  });

  it('add a whole turn for a register that rolled over, and none when its digits are unknown', () => {
    const turned = row({ shown: -99_990n * E18, backwards: -99_990n * E18, usage: 10_000n });
    expect(report([turned]).lines[0]).toMatchObject({ expected: '10000', difference: '0' });
    expect(report([turned], { multiplier: 1, digits: 0 }).lines[0]).toMatchObject({
      expected: '-99990000',
      difference: '100000000',
    });
  });

  it('leave half a unit per usage only where the meter shows less than a unit', () => {
    const litres = { steps: 2, shown: E18 / 1000n, usage: 1n };
    expect(report([row({ ...litres, scale: 4 })]).lines[0]).toMatchObject({ tolerance: '1', difference: '0' });
    const apart = { steps: 2, shown: E18 / 1000n, usage: 3n, scale: 4 };
    expect(report([row(apart)]).lines[0]).toMatchObject({ expected: '1', tolerance: '1', difference: '1' });
    expect(report([row({ ...litres, usage: 2n, scale: 3 })]).lines[0]).toMatchObject({
      tolerance: '0',
      difference: '1',
    });
  });

  it('never let a lack in one register pay for an excess in another, and name both', () => {
    const found = report([
      row({ meter: 'M-1', shown: 5n * E18, usage: 4_000n }),
      row({ meter: 'M-2', shown: 5n * E18, usage: 6_000n }),
    ]);
    expect(found.lines[0]).toMatchObject({ expected: '10000', usage: '10000', difference: '2000' });
    expect(found.examples.map(({ meter }) => meter)).toEqual(['M-1', 'M-2']);
    expect(metersClose(found)).toBe(false);
  });

  it('show readings without a usage', () => {
    expect(report([row({ view: '', shown: 3n * E18 })]).lines[0]).toMatchObject({ view: '', difference: '3000' });
    expect(metersClose(report([row({ view: '', shown: 0n })]))).toBe(true);
  });

  /** A register as a mechanical counter: `consumed` per period, shown modulo its digits, times a transformer. */
  const chains = fc.record({
    start: fc.nat(99_999),
    consumed: fc.array(fc.nat(40_000), { minLength: 1, maxLength: 30 }),
    multiplier: fc.constantFrom(1, 40, 0.5, 1.2, 2500),
  });
  const rowsOf = ({ start, consumed }: { start: number; consumed: number[] }): MeterSteps[] => {
    const rows: MeterSteps[] = [];
    for (let i = 0, total = start; i < consumed.length; i++) {
      const step = BigInt(((total + consumed[i]) % 100_000) - (total % 100_000)) * E18;
      total += consumed[i];
      rows.push(row({ shown: step, backwards: step < 0n ? step : 0n }));
    }
    return rows;
  };

  it('close for any counter, whatever its turns and its transformer', () => {
    fc.assert(
      fc.property(chains, ({ start, consumed, multiplier }) => {
        const rows = rowsOf({ start, consumed });
        rows.forEach((one, i) => (one.usage = BigInt(Math.round(consumed[i] * multiplier * 1000))));
        expect(metersClose(report(rows, { multiplier, digits: 5 }))).toBe(true);
      }),
    );
  });

  it('show any unit too much or too little', () => {
    fc.assert(
      fc.property(chains, fc.nat(), fc.constantFrom(-1n, 1n, 7n), ({ start, consumed }, at, wrong) => {
        const rows = rowsOf({ start, consumed });
        rows.forEach((one, i) => (one.usage = BigInt(consumed[i] * 1000)));
        rows[at % rows.length].usage += wrong;
        const found = report(rows);
        expect(found.lines[0].difference).toBe(String(wrong < 0n ? -wrong : wrong));
      }),
    );
  });
});
