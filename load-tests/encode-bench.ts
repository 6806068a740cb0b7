/**
 * Cost of turning charge columns into Native blocks, in nanoseconds per row:
 * `node --import tsx load-tests/encode-bench.ts [rows] [rounds]`.
 */
import { ChargeEncoder, SumEncoder, type ChargeRows } from '../ledger/index.ts';
import { RecordColumns } from '../schemas/columns/record-columns.ts';
import { UsageColumns } from '../schemas/columns/usage-columns.ts';

/** `count` calls of 20,000 accounts within one day; numbers follow from the row, so that each run does the same work. */
export function sampleCharges(count: number): ChargeRows {
  const line = 200;
  const records = new RecordColumns(count * line, count, 1 << 16);
  const usage = new UsageColumns(count);
  const text = new TextEncoder();
  for (let i = 0; i < count; i++) {
    records.count++;
    usage.push();
    const mixed = Math.imul(i + 1, 0x9e3779b1) >>> 0;
    records.text.set(text.encode(`99871${String(1_000_000 + (mixed % 20_000))}`), i * line);
    records.text.set(text.encode(`4479${String(10_000_000 + (mixed % 9_999_999))}`), i * line + 20);
    records.textOffset[0][i] = i * line;
    records.textLength[0][i] = 12;
    records.textOffset[1][i] = i * line + 20;
    records.textLength[1][i] = 12;
    for (let word = 0; word < 4; word++) records.identity[4 * i + word] = Math.imul(mixed, word * 2 + 3);
    usage.record[i] = i;
    usage.accountNo[i] = mixed % 20_000;
    usage.subscriptionNo[i] = mixed % 20_000;
    usage.startMs[i] = Date.UTC(2026, 0, 15) + (i * 86_400_000) / count;
    usage.startMs[i] = Math.floor(usage.startMs[i]);
    usage.endMs[i] = usage.startMs[i] + (mixed % 600_000);
    usage.quantity[i] = mixed % 600_000;
    usage.billed[i] = Math.ceil((mixed % 600_000) / 60_000) * 60_000;
    usage.amountMicros[i] = usage.billed[i] * 3;
    usage.taxMicros[i] = Math.floor(usage.billed[i] * 0.36);
    usage.zoneNo[i] = mixed % 180;
    usage.kind[i] = 1;
    usage.servicePeriod[i] = 202601;
  }
  return {
    usage,
    records,
    rows: Uint32Array.from({ length: count }, (_, i) => i),
    count,
    dictionaries: {
      views: ['retail'],
      zones: Array.from({ length: 180 }, (_, i) => `zone ${i}`),
      bands: ['day'],
      versions: ['town@2026-01-01'],
      currencies: ['UZS'],
    },
    entryNo: 7,
    postedEntry: 7,
    postingPeriod: 0,
    chargeNo: new Uint16Array(count),
    partyField: new Uint8Array(count),
    otherField: new Uint8Array(count).fill(1),
  };
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const count = Number(process.argv[2] ?? 200_000);
  const rounds = Number(process.argv[3] ?? 15);
  const input = sampleCharges(count);
  const charges = new ChargeEncoder();
  const daily = new SumEncoder();
  const times: [string, () => { rows: number; chunks: Uint8Array[] }[], number[]][] = [
    ['charges', () => charges.encode(input), []],
    ['daily', () => daily.encode(input), []],
  ];
  for (let round = 0; round < rounds; round++) {
    for (const [, encode, taken] of times) {
      const start = performance.now();
      encode();
      taken.push(((performance.now() - start) * 1e6) / count);
    }
  }
  for (const [name, encode, taken] of times) {
    const blocks = encode();
    const bytes = blocks.reduce((sum, block) => sum + block.chunks[0].length, 0);
    const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
    const median = taken.sort((a, b) => a - b)[rounds >> 1];
    console.log(
      `${name}: median ${median.toFixed(0)} ns/row, best ${taken[0].toFixed(0)}; ${rows} rows, ${(bytes / rows).toFixed(0)} bytes each`,
    );
  }
}
