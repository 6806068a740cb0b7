import { describe, it, expect } from 'vitest';
import {
  settleTogether,
  TariffBook,
  type AttributeSpan,
  type MemberInput,
  type SettledUsage,
  type SettlementCharge,
} from '../../../rating/index.ts';
import { compileText } from '../support/tariffs.ts';

const KWH = 1000;
const at = (day: number, hour = 10) => Date.UTC(2026, 5, day, hour);

function power(period: string, options: { effective?: string; rounding?: string } = {}) {
  return compileText(`name: power
effective: ${options.effective ?? '2026-01-01'}
currency: UAH
timeZone: UTC
service: electricity
tax: { percent: 20, included: true }
rounding: { at: ${options.rounding ?? 'line'}, mode: half-up, decimals: 2 }
rules: [{ component: energy, price: { price: 0, per: 1kWh } }]
period:
${period.replace(/^/gm, '  ')}
`);
}

function used(no: number, day: number, kWh: number, version = 'power@2026-01-01'): SettledUsage {
  const identity = no.toString(16).padStart(32, '0');
  const startMs = at(day);
  return { identity, startMs, quantity: kWh * KWH, quantityUp: 0, zone: '', band: '', version };
}

function member(usages: SettledUsage[], more: Partial<MemberInput> = {}): MemberInput {
  return {
    ...{ subscription: 1, account: 1, assignments: [{ tariff: 'power', fromMs: null, toMs: null }] },
    ...{ attributes: [], usages, posted: [] },
    ...more,
  };
}

const settle = (tariffs: Parameters<typeof TariffBook.build>[0], ...members: MemberInput[]) =>
  settleTogether({ book: TariffBook.build(tariffs), period: '2026-06', currency: null, members });
const brief = (charges: SettlementCharge[]) =>
  charges.map((one) => [one.component, one.version.slice(6), one.quantity, one.amountMicros / 1e6]);
const attribute = (name: string, value: string): AttributeSpan => ({ name, value, fromMs: null, toMs: null });

describe('a change of version in the middle of a period', () => {
  it('gives each part its own steps, with its share of the limits', () => {
    const tiers = (low: string) =>
      `tiers: [{ component: blocks, steps: [{ upTo: 300kWh, price: ${low}, per: 1kWh }, { price: 9, per: 1kWh }] }]`;
    const tariffs = [power(tiers('1')), power(tiers('2'), { effective: '2026-06-11' })];
    // 10 and 20 of 30 days: limits of 100 and 200 kWh.
    const charges = settle(tariffs, member([used(1, 5, 110), used(2, 20, 210, 'power@2026-06-11')]));
    expect(brief(charges)).toEqual([
      ['blocks', '2026-01-01', 110 * KWH, 100 + 90],
      ['blocks', '2026-06-11', 210 * KWH, 400 + 90],
    ]);
  });

  it('goes on in the steps when their limits are not divided by days', () => {
    const tiers = (low: string) =>
      `tiers: [{ component: blocks, limits: none, steps: [{ upTo: 300kWh, price: ${low}, per: 1kWh }, { price: 9, per: 1kWh }] }]`;
    const tariffs = [power(tiers('1')), power(tiers('2'), { effective: '2026-06-11' })];
    const charges = settle(tariffs, member([used(1, 5, 250), used(2, 20, 60, 'power@2026-06-11')]));
    expect(brief(charges)).toEqual([
      ['blocks', '2026-01-01', 250 * KWH, 250],
      ['blocks', '2026-06-11', 60 * KWH, 100 + 90],
    ]);
  });

  it('takes the maximum of each part, by its days', () => {
    const demand = (price: string) => `demand: [{ component: demand, price: ${price}, per: 1kW }]`;
    const tariffs = [power(demand('3')), power(demand('6'), { effective: '2026-06-21' })];
    const charges = settle(tariffs, member([used(1, 5, 10), used(2, 25, 5, 'power@2026-06-21')]));
    // 40 kW × 3 × 20/30 and 20 kW × 6 × 10/30.
    expect(brief(charges).filter(([component]) => component === 'demand')).toEqual([
      ['demand', '2026-01-01', 40_000, 80],
      ['demand', '2026-06-21', 20_000, 40],
    ]);
  });
});

describe('scopes', () => {
  const BLOCKS = (scope: string) =>
    `tiers: [{ component: blocks, scope: ${scope}, steps: [{ upTo: 100kWh, price: 1, per: 1kWh }, { price: 2, per: 1kWh }] }]`;
  const three = (attributes: AttributeSpan[][]) =>
    [1, 2, 3].map((no) =>
      member([used(no, no, 80)], { subscription: no, account: no === 3 ? 2 : 1, attributes: attributes[no - 1]! }),
    );

  it('count each usage point by itself, a group, or an account, and the first one carries the line', () => {
    const none: AttributeSpan[][] = [[], [], []];
    const amounts = (scope: string, attributes = none) =>
      settle([power(BLOCKS(scope))], ...three(attributes)).map((one) => [one.subscription, one.amountMicros / 1e6]);
    expect(amounts('subscription')).toEqual([
      [1, 80],
      [2, 80],
      [3, 80],
    ]);
    expect(amounts('account')).toEqual([
      [1, 220],
      [3, 80],
    ]);
    const grouped = [[], [attribute('group', 'g')], [attribute('group', 'g')]];
    expect(amounts('group', grouped)).toEqual([
      [1, 80],
      [2, 220],
    ]);
  });

  it('names the usages of all members that a line covers, in order of (start, identity)', () => {
    const [charge] = settle([power(BLOCKS('account'))], ...three([[], [], []]));
    expect(charge!.covers.list.map(({ identity }) => Number(`0x${identity}`))).toEqual([1, 2]);
  });
});

describe('explaining a settled line', () => {
  it('tells version, steps with quantity and unit price, rounding, tax', () => {
    const blocks = `tiers: [{ component: blocks, steps: [{ upTo: 100kWh, price: 0.366, per: 1kWh }, { price: 0.63, per: 1kWh }] }]`;
    const [charge] = settle([power(blocks)], member([used(1, 5, 196)]));
    const text = charge!.steps.map((step) => `${step.step}: ${step.text}`);
    expect(text).toEqual([
      'version: Tariff power@2026-01-01 (power), component blocks.',
      'segment: Step 1: 100kWh × 0.366 per 1kWh = 36.60.',
      'segment: Step 2: 96kWh × 0.63 per 1kWh = 60.48.',
      'quantity: 1 usage(s), 196kWh.',
      'sum: Exact sum 97.08 UAH, rounded half-up to 2 decimals on the line.',
      'tax: Tax 20 % is in it: 16.18; amount 97.08 UAH.',
    ]);
  });
});

describe('what cannot be settled', () => {
  const usage = [used(1, 5, 1)];
  it('is refused with a code that says what is missing', () => {
    const code = (period: string, more: Partial<MemberInput> = {}, currency: string | null = null) => {
      try {
        const book = TariffBook.build([power(period)]);
        settleTogether({ book, period: '2026-06', currency, members: [member(usage, more)] });
        return 'settled';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(code('fees: [{ component: fee, amount: 1, times: m2 }]')).toBe('SETTLE_ATTRIBUTE');
    const wrong = { attributes: [attribute('m2', 'large')] };
    expect(code('fees: [{ component: fee, amount: 1, times: m2 }]', wrong)).toBe('SETTLE_ATTRIBUTE');
    expect(code('fees: [{ component: fee, amount: 1 }]', {}, 'EUR')).toBe('SETTLE_CURRENCY');
    expect(code('exchange: { to: EUR, rates: { 2026-07-01: 0.02 } }')).toBe('SETTLE_NO_RATE');
    expect(code('tiers: [{ component: a, when: { stove: gas }, steps: [{ price: 1, per: 1kWh }] }]')).toBe(
      'RATE_NO_PRICE',
    );
    expect(code('fees: [{ component: fee, amount: 1 }]', {}, 'UAH')).toBe('settled');
  });
});
