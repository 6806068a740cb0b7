import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPart, detachedParts, ledgerParts, monthTotals } from '../../../ledger/index.ts';
import { row } from '../rows.ts';
import { openPostedLedger, type PostedLedger } from './posting.ts';

let ledger: PostedLedger;
const JANUARY = Date.UTC(2026, 0, 5);
const MARCH = Date.UTC(2026, 2, 5);

beforeAll(async () => {
  ledger = await openPostedLedger();
  await ledger.post('charges', [
    row('charges', { start_at: JANUARY, amount: '1.5', quantity: 10 }),
    row('charges', { start_at: JANUARY, amount: '2.25', quantity: 30 }),
  ]);
  await ledger.post('charges', [row('charges', { start_at: MARCH, amount: '-4', quantity: -7 })]);
  await ledger.post('batches', [row('batches', { received: 5 })]);
});
afterAll(() => ledger.close());

describe("the ledger's parts", () => {
  it('are listed with month, rows and hash', async () => {
    const parts = await ledgerParts(ledger.client);
    expect(parts.map(({ table, month, rows }) => [table, month, rows])).toEqual([
      ['batches', 0, 1],
      ['charges', 202601, 2],
      ['charges', 202603, 1],
    ]);
    expect(new Set(parts.map(({ hash }) => hash)).size).toBe(3);
    for (const { hash, sizeBytes } of parts) {
      expect(hash).toMatch(/^[0-9a-f]{32}$/);
      expect(sizeBytes).toBeGreaterThan(0);
    }
    expect(await detachedParts(ledger.client)).toEqual([]);
  });

  it('give the control sums of a month', async () => {
    const { client } = ledger;
    expect(await monthTotals(client, 'charges', 202601)).toEqual({ rows: 2, quantity: 40n, amountMicros: 3_750_000n });
    expect(await monthTotals(client, 'charges', 202603)).toEqual({ rows: 1, quantity: -7n, amountMicros: -4_000_000n });
    expect(await monthTotals(client, 'charges', 202602)).toEqual({ rows: 0, quantity: 0n, amountMicros: 0n });
    expect(await monthTotals(client, 'batches', 0)).toEqual({ rows: 1, quantity: 5n, amountMicros: 0n });
  });

  it('are checked against their files', async () => {
    const { client } = ledger;
    const part = (await ledgerParts(client)).find(({ month }) => month === 202603)!;
    expect(await checkPart(client, 'charges', part.name)).toBeNull();
    expect(await checkPart(client, 'charges', '209901_1_1_0')).toBe('gone');
    if (ledger.folder === null) return;
    const files = readdirSync(ledger.folder, { recursive: true, withFileTypes: true });
    const file = files.find((one) => one.name.endsWith('.bin') && one.parentPath.endsWith(part.name))!;
    const name = path.join(file.parentPath, file.name);
    const bytes = readFileSync(name);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(name, bytes);
    expect(await checkPart(client, 'charges', part.name)).toEqual(expect.stringMatching(/.+/));
  });
});
