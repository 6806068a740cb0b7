import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import path from 'node:path';
import { command, queryRows } from '../../ledger/client.ts';
import {
  ChargeEncoder,
  createTables,
  SumEncoder,
  decimalOf,
  encodeRows,
  LedgerWriter,
  microsOf,
  NO_FIELD,
  TABLE_NAMES,
  TABLES,
  type ChargeRows,
  type LedgerBlock,
  type LedgerRow,
  type TableName,
} from '../../ledger/index.ts';
import { RecordColumns } from '../../schemas/columns/record-columns.ts';
import { UsageColumns } from '../../schemas/columns/usage-columns.ts';
import { openTestLedger, type TestLedger } from './harness.ts';
import { extremes, row } from './rows.ts';

let ledger: TestLedger;
let writer: LedgerWriter;
let nextEntry = 1;

beforeAll(async () => {
  ledger = await openTestLedger();
  await createTables(ledger.client);
  writer = await LedgerWriter.open({ client: ledger.client, path: path.join(ledger.folder, 'totals') });
});
afterAll(async () => {
  await writer.close();
  await ledger.close();
});

/** Inserts blocks as they are; their rows' `posted_entry` plays no part here. */
async function insert(blocks: LedgerBlock[]): Promise<void> {
  const entry = nextEntry++;
  await writer.write({ fromEntry: entry, toEntry: entry, blocks });
}

async function readBack(table: TableName, order: string): Promise<LedgerRow[]> {
  const columns = TABLES[table].columns.map(({ name, type }) =>
    type === 'FixedString(16)' ? `lower(hex(${name})) AS ${name}` : `${name}`,
  );
  return queryRows<LedgerRow>(ledger.client, `SELECT ${columns.join(', ')} FROM ${table} ORDER BY ${order}`);
}

const asText = (rows: readonly LedgerRow[]): Record<string, string>[] =>
  rows.map((one) => Object.fromEntries(Object.entries(one).map(([name, value]) => [name, String(value)])));

describe('rows of every table', () => {
  it.each(TABLE_NAMES)('come back from %s with their lowest and highest values', async (table) => {
    await command(ledger.client, `TRUNCATE TABLE ${table}`);
    const rows = [0, 1].map((end) =>
      Object.fromEntries(TABLES[table].columns.map(({ name, type }) => [name, extremes(type)[end]!])),
    );
    for (const one of rows) await insert(encodeRows(table, [one]));
    expect(asText(await readBack(table, 'posted_entry'))).toEqual(rows);
  });

  it('are refused when a value does not fit, instead of being cut', () => {
    const refused = (table: TableName, changes: LedgerRow): void => {
      expect(() => encodeRows(table, [row(table, changes)])).toThrow(
        expect.objectContaining({ code: 'LEDGER_OVERFLOW' }) as Error,
      );
    };
    refused('charges', { quantity: 2n ** 63n });
    refused('charges', { amount: 10n ** 18n });
    refused('charges', { amount: -(10n ** 18n) });
    refused('charges', { account_no: 2 ** 32 });
    refused('charges', { account_no: -1 });
    refused('charges', { start_at: -1 });
    refused('charges_daily', { amount: 10n ** 38n });
    expect(() => encodeRows('charges', [row('charges', { amount: '1.1234567' })])).toThrow('not a decimal');
    expect(() => encodeRows('charges', [row('charges', { kind: 'gift' })])).toThrow('charges.kind');
    expect(() => encodeRows('charges', [row('charges', { color: 'red' })])).toThrow('no column color');
  });

  it('get one block per month, with sums over each', () => {
    const at = (start: string, amount: string): LedgerRow => row('charges', { start_at: start, amount, quantity: 5 });
    const blocks = encodeRows('charges', [
      at('2026-02-01 00:00:00.000', '2.5'),
      at('2026-01-31 23:59:59.999', '-1'),
      at('2026-02-28 12:00:00.000', '0.000001'),
    ]);
    expect(blocks.map(({ month, rows, amountMicros, quantity }) => [month, rows, amountMicros, quantity])).toEqual([
      [202601, 1, -1_000_000n, 5n],
      [202602, 2, 2_500_001n, 10n],
    ]);
  });

  it('keep decimals exact between text and micro-units', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }), (micros) => {
        expect(microsOf(decimalOf(micros))).toBe(micros);
      }),
    );
    expect([decimalOf(-1n), decimalOf(12_500_000n), microsOf('-0.5'), microsOf('7')]).toEqual([
      '-0.000001',
      '12.500000',
      -500_000n,
      7_000_000n,
    ]);
  });
});

/** `count` charges whose columns all differ; every third one has no other party. */
function sample(count: number, zones: number): ChargeRows {
  const records = new RecordColumns(0, count, count * 260);
  const usage = new UsageColumns(4);
  for (let i = 0; i < count; i++) {
    records.count++;
    const party = Buffer.from(`login-ü-${i}${'x'.repeat(i % 200)}`);
    const other = i % 3 === 0 ? Buffer.alloc(0) : Buffer.from(`4420${i}\n\n`);
    for (const [field, bytes] of [party, other].entries()) {
      records.text.set(bytes, records.arenaEnd);
      records.textOffset[field]![i] = records.arenaEnd;
      records.textLength[field]![i] = bytes.length;
      records.arenaEnd += bytes.length;
    }
    for (let word = 0; word < 4; word++) records.identity[4 * i + word] = (i * 4 + word) * 0x01010101;
    usage.push();
    usage.record[i] = i;
    usage.accountNo[i] = 4_000_000_000 + (i % 7);
    usage.subscriptionNo[i] = i;
    usage.serviceNo[i] = i % 10;
    usage.viewNo[i] = i % 2;
    usage.startMs[i] = Date.UTC(2026, 0, 31, 23, 59, 59, 990) + i;
    usage.endMs[i] = usage.startMs[i]! + 60_000;
    usage.quantity[i] = i === 0 ? Number.MAX_SAFE_INTEGER : i === 1 ? -Number.MAX_SAFE_INTEGER : i - 5;
    usage.quantityUp[i] = i;
    usage.billed[i] = i * 2 ** 33;
    usage.amountMicros[i] = i === 2 ? Number.MAX_SAFE_INTEGER : (i - 3) * 1_000_001;
    usage.taxMicros[i] = -i;
    usage.zoneNo[i] = (i * 31) % zones;
    usage.bandNo[i] = i % 3;
    usage.versionNo[i] = 0;
    usage.currencyNo[i] = i % 2;
    usage.kind[i] = 1 + (i % 2);
    usage.servicePeriod[i] = 202601;
  }
  return {
    usage,
    records,
    rows: Uint32Array.from({ length: count }, (_, i) => count - 1 - i),
    count,
    dictionaries: {
      views: ['retail', 'interconnect'],
      zones: Array.from({ length: zones }, (_, i) => (i === 5 ? '' : `zone ${i}`)),
      bands: ['', 'day', 'night'],
      versions: ['town@2026-01-01'],
      currencies: ['UZS', 'EUR'],
    },
    entryNo: 2 ** 40 + 7,
    postedEntry: 2 ** 40 + 9,
    postingPeriod: 202602,
    chargeNo: Uint16Array.from({ length: count }, (_, i) => i % 65_536),
    partyField: new Uint8Array(count),
    otherField: Uint8Array.from({ length: count }, (_, i) => (i % 3 === 0 ? NO_FIELD : 1)),
  };
}

/** What the charge of usage row i must read as, written down a second time and without the encoder. */
function expected(input: ChargeRows, i: number): Record<string, string> {
  const { usage, records, dictionaries } = input;
  const time = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, -1);
  return {
    entry_no: '1099511627783',
    record_no: String(i),
    charge_no: String(i % 65_536),
    posted_entry: '1099511627785',
    sign: '1',
    kind: i % 2 === 0 ? 'record' : 'valuation',
    account_no: String(usage.accountNo[i]),
    subscription_no: String(i),
    view: i % 2 === 0 ? 'retail' : 'interconnect',
    service: ['voice', 'sms', 'data', 'electricity', 'gas', 'heat', 'water', 'sewage', 'waste', 'event'][i % 10]!,
    start_at: time(usage.startMs[i]!),
    end_at: time(usage.endMs[i]!),
    identity: Buffer.from(records.identity.slice(4 * i, 4 * i + 4).buffer).toString('hex'),
    quantity: String(usage.quantity[i]),
    quantity_up: String(usage.quantityUp[i]),
    party: records.textOf(0, i),
    other_party: i % 3 === 0 ? '' : records.textOf(1, i),
    zone: dictionaries.zones[usage.zoneNo[i]!]!,
    band: dictionaries.bands[usage.bandNo[i]!]!,
    tariff: 'town@2026-01-01',
    component: '',
    billed: String(usage.billed[i]),
    currency: i % 2 === 0 ? 'UZS' : 'EUR',
    amount: decimalOf(BigInt(usage.amountMicros[i]!)),
    tax: decimalOf(BigInt(usage.taxMicros[i]!)),
    service_period: '202601',
    posting_period: '202602',
    corrects: '',
  };
}

describe('charges from columns', () => {
  it.each([
    ['few keys (one byte each)', 300, 100],
    ['255 keys', 600, 255],
    ['256 keys', 600, 256],
    ['thousands of keys (two bytes each)', 9_000, 8_000],
  ])('come back exactly: %s', async (_, count, zones) => {
    await command(ledger.client, 'TRUNCATE TABLE charges');
    const input = sample(count, zones);
    const blocks = new ChargeEncoder().encode(input);
    expect(blocks.map(({ month, rows }) => [month, rows])).toEqual([
      [202601, 10],
      [202602, count - 10],
    ]);
    await insert(blocks);
    const found = asText(await readBack('charges', 'record_no'));
    expect(found).toHaveLength(count);
    for (let i = 0; i < count; i++) expect(found[i]).toEqual(expected(input, i));
  });

  it('take dictionaries of more than 65,536 keys', async () => {
    await command(ledger.client, 'TRUNCATE TABLE charges');
    const count = 70_000;
    const input = sample(count, 10);
    input.dictionaries = {
      ...input.dictionaries,
      versions: Array.from({ length: count }, (_, i) => `v${i}@2026-01-01`),
    };
    const blocks = new ChargeEncoder().encode({
      ...input,
      usage: Object.assign(input.usage, {
        // Wider than the pipeline's column, to reach an index of four bytes.
        versionNo: Uint32Array.from({ length: count }, (_, i) => i),
      }) as UsageColumns,
    });
    await insert(blocks);
    const [row] = await queryRows<{ n: string; wrong: string }>(
      ledger.client,
      `SELECT uniqExact(tariff) AS n, countIf(tariff != concat('v', toString(record_no), '@2026-01-01')) AS wrong FROM charges`,
    );
    expect(row).toEqual({ n: String(count), wrong: '0' });
  });

  it('use the given record numbers and leave out what was not selected', async () => {
    await command(ledger.client, 'TRUNCATE TABLE charges');
    const input = sample(20, 10);
    const recordNo = Uint32Array.from({ length: 20 }, (_, i) => 4_000_000_000 + i);
    await insert(
      new ChargeEncoder().encode({ ...input, rows: Uint32Array.of(3, 11), count: 2, recordNo, postingPeriod: 0 }),
    );
    expect(await queryRows(ledger.client, 'SELECT record_no, posting_period FROM charges ORDER BY record_no')).toEqual([
      { record_no: 4_000_000_003, posting_period: 202601 },
      { record_no: 4_000_000_011, posting_period: 202601 },
    ]);
  });

  it('are refused when a number is not exact', () => {
    for (const wrong of [2 ** 53, -(2 ** 53), 0.5, NaN, Infinity]) {
      const input = sample(20, 10);
      input.usage.amountMicros[12] = wrong;
      expect(() => new ChargeEncoder().encode(input)).toThrow(
        expect.objectContaining({ code: 'LEDGER_OVERFLOW' }) as Error,
      );
    }
  });

  it('carry control sums that no float could hold', () => {
    const input = sample(20, 10);
    input.usage.startMs.fill(Date.UTC(2026, 2, 1));
    input.usage.quantity.fill(Number.MAX_SAFE_INTEGER);
    input.usage.amountMicros.fill(-Number.MAX_SAFE_INTEGER);
    const [block] = new ChargeEncoder().encode(input);
    expect([block!.quantity, block!.amountMicros]).toEqual([
      20n * BigInt(Number.MAX_SAFE_INTEGER),
      -20n * BigInt(Number.MAX_SAFE_INTEGER),
    ]);
  });
});

describe('sums of charges', () => {
  const WHAT = 'view, service, kind, currency';
  const sums = (records: string): string =>
    `toInt64(sum(${records})) AS n, sum(t.quantity) AS q, sum(t.billed) AS b,
     toDecimal128(sum(t.amount), 6) AS a, toDecimal128(sum(t.tax), 6) AS x`;

  it('are those of the charges they were made from, by account and day and by zone and hour', async () => {
    for (const table of ['charges', 'charges_daily', 'charges_hourly']) {
      await command(ledger.client, `TRUNCATE TABLE ${table}`);
    }
    const input = sample(5_000, 40);
    const encoder = new SumEncoder();
    input.usage.startMs.forEach((_, i, startMs) => (startMs[i] = Date.UTC(2026, 0, 1) + i * 600_000));
    input.usage.quantity.set([1, 2]);
    input.usage.amountMicros.set([1, 2, 3]);
    await insert([
      ...new ChargeEncoder().encode(input),
      ...encoder.encode(input),
      ...encoder.encode({ ...input, count: 0 }),
    ]);
    const cases = [
      { table: 'charges_daily', key: 'day, account_no', from: 'toDate(start_at) AS day, account_no' },
      { table: 'charges_hourly', key: 'hour, zone', from: 'toStartOfHour(start_at) AS hour, zone' },
    ];
    for (const { table, key, from } of cases) {
      const expected = await queryRows(
        ledger.client,
        `SELECT ${from}, ${WHAT}, ${sums('t.sign')} FROM charges AS t GROUP BY ${key}, ${WHAT} ORDER BY ${key}, ${WHAT}`,
      );
      const found = await queryRows(
        ledger.client,
        `SELECT ${key}, ${WHAT}, ${sums('t.records')} FROM ${table} AS t GROUP BY ${key}, ${WHAT} ORDER BY ${key}, ${WHAT}`,
      );
      expect(expected.length).toBeGreaterThan(500);
      expect(found).toEqual(expected);
      // One row per key: the table of groups found each again.
      expect(await queryRows(ledger.client, `SELECT count() AS n FROM ${table}`)).toEqual([
        { n: String(expected.length) },
      ]);
    }
  });

  it('stay exact where one sum would leave the exact integers: they go on in another row of the same key', () => {
    const input = sample(20, 10);
    input.usage.accountNo.fill(1);
    input.usage.startMs.fill(Date.UTC(2026, 0, 1));
    input.usage.quantity.fill(Number.MAX_SAFE_INTEGER);
    input.usage.zoneNo.fill(0);
    input.usage.serviceNo.fill(0);
    const [daily] = new SumEncoder().encode(input);
    expect(daily!.quantity).toBe(BigInt(input.count) * BigInt(Number.MAX_SAFE_INTEGER));
    expect(daily!.rows).toBeGreaterThanOrEqual(input.count);
  });
});
