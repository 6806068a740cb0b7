import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  findCharges,
  listCharges,
  listUsage,
  postedSettlementLines,
  reversalOf,
  standingCharges,
  usageForSettlement,
  usageSummary,
  type LedgerClient,
  type LedgerRow,
} from '../../../ledger/index.ts';
import { row } from '../rows.ts';
import { openPostedLedger, collect, NEVER, type PostedLedger } from './posting.ts';

let ledger: PostedLedger;
let client: LedgerClient;
const post: PostedLedger['post'] = (table, rows) => ledger.post(table, rows);

const id = (n: number): string => n.toString(16).padStart(32, '0');

/** Call number n of an account: n minutes after midnight of 15 January, n units of money. */
function call(n: number, changes: LedgerRow = {}): LedgerRow {
  return row('charges', {
    entry_no: 1,
    record_no: n,
    charge_no: 0,
    account_no: 7,
    subscription_no: 70,
    view: 'retail',
    service: 'voice',
    zone: n % 2 === 0 ? 'local' : 'mobile',
    currency: 'UZS',
    start_at: Date.UTC(2026, 0, 15) + n * 60_000,
    end_at: Date.UTC(2026, 0, 15) + (n + 1) * 60_000,
    identity: id(n),
    quantity: 60_000,
    quantity_up: 0,
    billed: 60_000,
    amount: `${n}`,
    tax: '0.12',
    service_period: 202601,
    posting_period: 202601,
    corrects: '',
    ...changes,
  });
}

beforeAll(async () => {
  ledger = await openPostedLedger();
  client = ledger.client;
  await post('charges', [
    ...Array.from({ length: 10 }, (_, i) => call(i + 1)),
    // Three charges of one usage and start: only the charge number tells them apart.
    call(11, { charge_no: 1 }),
    call(11, { charge_no: 2, view: 'interconnect' }),
    call(12, { kind: 'valuation', service: 'data', zone: '', amount: '100' }),
    call(13, { kind: 'settlement', service: 'data', component: 'allowance', amount: '30', quantity: 5 }),
    call(14, {
      account_no: 8,
      subscription_no: 80,
      service_period: 202602,
      currency: 'EUR',
      start_at: '2026-02-01 00:00:00.000',
    }),
  ]);
});
afterAll(() => ledger.close());

describe('charges', () => {
  it('come page by page, each once, in order of start, identity and charge', async () => {
    for (const limit of [1, 4, 14, 100]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listCharges(client, { accountNo: 7, limit, ...(cursor && { cursor }) });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map(({ address }) => address));
        cursor = page.next;
      } while (cursor);
      expect(seen).toEqual([
        ...Array.from({ length: 10 }, (_, i) => `1.${i + 1}.0`),
        '1.11.1',
        '1.11.2',
        '1.12.0',
        '1.13.0',
      ]);
    }
  });

  it('carry money and 64-bit numbers as text, times as milliseconds', async () => {
    const { items } = await listCharges(client, { accountNo: 7, period: 202601, limit: 1 });
    expect(items[0]).toEqual({
      address: '1.1.0',
      postedEntry: '1',
      sign: 1,
      kind: 'record',
      accountNo: 7,
      subscriptionNo: 70,
      view: 'retail',
      service: 'voice',
      startMs: Date.UTC(2026, 0, 15, 0, 1),
      endMs: Date.UTC(2026, 0, 15, 0, 2),
      identity: id(1),
      quantity: '60000',
      quantityUp: '0',
      party: 'a party',
      otherParty: 'a other_party',
      zone: 'mobile',
      band: 'a band',
      tariff: 'a tariff',
      component: 'a component',
      billed: '60000',
      currency: 'UZS',
      amount: '1.000000',
      tax: '0.120000',
      servicePeriod: 202601,
      postingPeriod: 202601,
      corrects: '',
    });
    expect((await listCharges(client, { accountNo: 7, period: 202602, limit: 9 })).items).toEqual([]);
    expect((await listCharges(client, { accountNo: 8, period: 202602, limit: 9 })).items).toHaveLength(1);
  });

  it('refuse the cursor of another list', async () => {
    const forged = Buffer.from(JSON.stringify([1, "' OR 1=1", 0, 0, 0])).toString('base64url');
    for (const cursor of ['', 'x', forged, 'bnVsbA']) {
      await expect(listCharges(client, { accountNo: 7, limit: 1, cursor })).rejects.toMatchObject({
        code: 'LEDGER_BAD_CURSOR',
      });
    }
  });

  it('are found by address, and nothing by what is no address', async () => {
    expect((await findCharges(client, '1.11.2')).map(({ view }) => view)).toEqual(['interconnect']);
    expect(await findCharges(client, '1.11')).toHaveLength(2);
    for (const address of ['9.9.9', '1', '', '1.1.1.1', "1.1.0' OR 1=1", '-1.1.0']) {
      expect(await findCharges(client, address)).toEqual([]);
    }
  });
});

describe('usage', () => {
  it('is summed by view, service, zone and currency, without money that is settled elsewhere', async () => {
    expect(await usageSummary(client, 7, 202601)).toEqual([
      summary('interconnect', 'voice', 'mobile', 1, 60_000, '11', '0.12', '0'),
      summary('retail', 'data', '', 1, 60_000, '0', '0', '100'),
      summary('retail', 'data', 'mobile', 0, 0, '30', '0.12', '0'),
      summary('retail', 'voice', 'local', 5, 300_000, '30', '0.6', '0'),
      summary('retail', 'voice', 'mobile', 6, 360_000, '36', '0.72', '0'),
    ]);
  });

  it('is listed once per view, page by page, without settlement lines', async () => {
    const first = await listUsage(client, { accountNo: 7, limit: 11 });
    const rest = await listUsage(client, { accountNo: 7, limit: 11, cursor: first.next! });
    expect(rest.next).toBeUndefined();
    const seen = [...first.items, ...rest.items].map(({ address, view }) => `${address} ${view}`);
    expect(seen).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `1.${i + 1} retail`),
      '1.11 interconnect',
      '1.11 retail',
      '1.12 retail',
    ]);
    const fromMs = Date.UTC(2026, 0, 15, 0, 3);
    const some = await listUsage(client, { accountNo: 7, limit: 50, fromMs, toMs: fromMs + 120_000 });
    expect(some.items.map(({ address }) => address)).toEqual(['1.3', '1.4']);
  });
});

describe('corrections', () => {
  it('take a charge away, bring a new one, and leave what an earlier entry saw as it was', async () => {
    const [old] = await standingCharges(client, [id(3)], NEVER, [7]);
    const reversedBy = await post('charges', [
      reversalOf(old!, 0, 202602),
      { ...old!, amount: '2.5', zone: 'special', posting_period: 202602, corrects: '1.3.0' },
    ]);
    const amounts = (rows: LedgerRow[]): unknown[] => rows.map(({ amount }) => amount);
    expect(amounts(await standingCharges(client, [id(3), id(4)], NEVER))).toEqual(['2.500000', '4.000000']);
    expect(amounts(await standingCharges(client, [id(3), id(4)], reversedBy))).toEqual(['3.000000', '4.000000']);
    expect((await findCharges(client, '1.3.0')).map(({ sign, amount }) => [sign, amount])).toEqual([
      [1, '3.000000'],
      [-1, '-3.000000'],
      [1, '2.500000'],
    ]);
    const { items } = await listUsage(client, { accountNo: 7, limit: 100 });
    expect(items.filter(({ identity }) => identity === id(3))).toMatchObject([{ zone: 'special', quantity: '60000' }]);
  });

  it('that only take away leave nothing standing', async () => {
    const [gone] = await standingCharges(client, [id(5)], NEVER);
    await post('charges', [reversalOf(gone!, 0, 202601)]);
    expect(await standingCharges(client, [id(5)], NEVER)).toEqual([]);
    const { items } = await listUsage(client, { accountNo: 7, limit: 100 });
    expect(items.some(({ identity }) => identity === id(5))).toBe(false);
  });

  it('are asked for by thousands of identities at once', async () => {
    const many = Array.from({ length: 2500 }, (_, i) => id(i + 1));
    const rows = await standingCharges(client, many, NEVER);
    expect(rows).toHaveLength(14);
  });
});

describe('settlement', () => {
  it('reads standing usage of a period by subscription, start and identity, exactly', async () => {
    const all = await collect(usageForSettlement(client, { period: 202601, beforeEntry: NEVER }));
    expect(all.map(({ identity, view, amountMicros }) => [identity, view, amountMicros])).toEqual([
      ...[1, 2].map((n) => [id(n), 'retail', BigInt(n) * 1_000_000n]),
      [id(3), 'retail', 2_500_000n],
      ...[4, 6, 7, 8, 9, 10].map((n) => [id(n), 'retail', BigInt(n) * 1_000_000n]),
      [id(11), 'interconnect', 11_000_000n],
      [id(11), 'retail', 11_000_000n],
      [id(12), 'retail', 100_000_000n],
    ]);
    expect(all[0]).toMatchObject({ quantity: 60_000n, address: '1.1.0', startMs: Date.UTC(2026, 0, 15, 0, 1) });
    const before = await collect(usageForSettlement(client, { period: 202601, beforeEntry: 2 }));
    expect(before.find(({ identity }) => identity === id(3))!.amountMicros).toBe(3_000_000n);
    const other = await collect(usageForSettlement(client, { period: 202602, beforeEntry: NEVER, subscriptionNo: 80 }));
    expect(other.map(({ currency }) => currency)).toEqual(['EUR']);
  });

  it('finds the lines that were posted already', async () => {
    const lines = (beforeEntry: number): Promise<LedgerRow[]> =>
      collect(postedSettlementLines(client, { period: 202601, beforeEntry, accountNo: 7 }));
    expect(await lines(NEVER)).toMatchObject([{ component: 'allowance', amount: '30.000000', identity: id(13) }]);
    const reversed = await post('charges', [reversalOf((await lines(NEVER))[0]!, 0, 202601)]);
    expect(await lines(NEVER)).toEqual([]);
    expect(await lines(reversed)).toHaveLength(1);
  });
});

function summary(
  view: string,
  service: string,
  zone: string,
  records: number,
  quantity: number,
  amount: string,
  tax: string,
  valuation: string,
): Record<string, string> {
  const fixed = (decimal: string): string => Number(decimal).toFixed(6);
  const units = { quantity: String(quantity), billed: String(quantity), records: String(records) };
  const money = { amount: fixed(amount), tax: fixed(tax), valuation: fixed(valuation) };
  return { view, service, zone, currency: 'UZS', ...units, ...money };
}
