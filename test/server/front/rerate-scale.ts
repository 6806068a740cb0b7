/** Many calls rated with wrong prices and re-rated, against the same calls rated with the right ones from the start. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { generateCalls } from '../../../cli/generate/index.ts';
import { connectLedger } from '../../../ledger/index.ts';
import type { RerateItem } from '../../../schemas/api/rerates.ts';
import { System, type SystemOptions } from './system.ts';

export const MONTHS = { from: '2026-08', to: '2026-11' };
const SETTLED = ['2026-09', '2026-10'];

export interface Market {
  folder: string;
  calls: string;
  /** Systems with the wrong and with the right prices. */
  wrong: SystemOptions;
  right: SystemOptions;
  /** Documents of the right tariffs, with the file they read. */
  correct: { name: string; document: string; files: Record<string, string> }[];
}

/** Every second customer is charged by the call, the others by the month with ten free minutes. */
export async function makeMarket(records: number, accounts: number, options: SystemOptions): Promise<Market> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-rerate-scale-'));
  const made = await generateCalls({
    ...{ seed: 11, records, accounts, outFile: path.join(folder, 'Master.csv') },
    ...{ prefixes: 2000, zones: 50, days: 40, unansweredPercent: 5, garbagePercent: 1 },
  });
  const registry = fs
    .readFileSync(made.registryFile, 'utf8')
    .split('\n')
    .map((line, no) => (no % 2 === 0 ? line.replace(/,calls$/, ',monthly') : line))
    .join('\n');
  const registryFile = path.join(folder, 'customers.csv');
  fs.writeFileSync(registryFile, registry);
  const calls = fs.readFileSync(path.join(made.tariffDir, 'calls.yaml'), 'utf8');
  const zones = fs.readFileSync(made.zonesFile, 'utf8');
  const monthly = (text: string, free: number): string =>
    `${text
      .replace('name: calls', 'name: monthly')
      .replace(/rounding: .*/, 'rounding: { at: line, mode: half-up, decimals: 2 }')}period:
  allowances: [{ component: free, quantity: ${free}min }]
`;
  // Every third zone has another price; a zone that had none of its own stays.
  let zone = 0;
  const corrected = calls.replace(/price: (\d+\.\d\d),/g, (rule, price: string) =>
    zone++ % 3 === 0 ? `price: ${(Number(price) + 0.11).toFixed(2)},` : rule,
  );
  const write = (name: string, documents: Record<string, string>): string => {
    const tariffs = path.join(folder, name);
    fs.mkdirSync(tariffs);
    for (const [file, text] of Object.entries({ ...documents, 'zones.csv': zones }))
      fs.writeFileSync(path.join(tariffs, file), text);
    return tariffs;
  };
  const wrong = { 'calls.yaml': calls, 'monthly.yaml': monthly(calls, 12) };
  const right = { 'calls.yaml': corrected, 'monthly.yaml': monthly(corrected, 10) };
  const system = (tariffs: string): SystemOptions => ({
    ...options,
    definitions: { tariffs: [tariffs], guiding: made.guidingFile, registry: [registryFile] },
  });
  return {
    folder,
    calls: made.files[0]!,
    wrong: system(write('wrong', wrong)),
    right: system(write('right', right)),
    correct: Object.entries(right).map(([name, document]) => ({ name, document, files: { 'zones.csv': zones } })),
  };
}

/** All calls in the ledger, and their months settled. */
export async function load(options: SystemOptions, calls: string, waitMs: number): Promise<System> {
  const system = await System.start(options);
  const stream = Readable.from(fs.createReadStream(calls));
  const { lastEntry } = await system.services.ingestFile({
    ...{ source: 'exchange', name: 'Master.csv', format: 'asterisk-csv', stream },
  });
  await reached(system, lastEntry, waitMs);
  for (const period of SETTLED)
    await reached(system, (await system.services.settle({ period, by: 'test' })).entry, waitMs);
  return system;
}

const CORRECTION = { correct: true, person: 'O. Kovalenko', note: 'as in the price list' };

export async function correctTariffs(system: System, { correct }: Market): Promise<void> {
  for (const { name, document, files } of correct)
    await system.services.publish({ kind: 'tariff', name, document, files, by: 'test', ...CORRECTION });
}

export async function reached(system: System, entryNo: number, waitMs: number): Promise<void> {
  const untilMs = Date.now() + waitMs;
  for (;;) {
    const { processed } = await system.services.waitUntilProcessed(entryNo, 10_000);
    if (processed) return;
    if (Date.now() > untilMs) throw new Error(`entry ${entryNo} was not processed in time`);
  }
}

export async function approve(system: System, waitMs: number, digest?: string): Promise<RerateItem> {
  const { entry } = await system.services.rerate({ ...MONTHS, by: 'test', digest });
  await reached(system, entry, waitMs);
  return (await system.services.rerateOf(entry))!;
}

export interface Owed {
  /** SHA-256 over what stands of every usage: quantity, zone, tariff, amount, tax, months. */
  usage: string;
  rows: number;
  /** Settled lines by identity and everything but figures → quantity, billed, amount and tax, in whole units. */
  lines: Map<string, string>;
}

/** What is owed on balance, from the canonical export. */
export async function owed(system: System): Promise<Owed> {
  const hash = createHash('sha256');
  const lines = new Map<string, bigint[]>();
  let rows = 0;
  for await (const line of exportLines(system)) {
    // Which revision of a version it is has no say in what is owed.
    const cells = line.split('\t').map((cell) => cell.replace(/(@\d{4}-\d{2}-\d{2})#\d+$/, '$1'));
    if (cells[5] !== 'settlement') {
      hash.update(`${cells.join('\t')}\n`);
      rows++;
      continue;
    }
    const figures = [cells[9]!, cells[17]!, cells[19]!, cells[20]!].map((text) => BigInt(text.replace('.', '')));
    const key = cells.filter((_, no) => ![9, 17, 19, 20, 23].includes(no)).join('\t');
    const before = lines.get(key) ?? [0n, 0n, 0n, 0n];
    lines.set(
      key,
      before.map((sum, no) => sum + figures[no]!),
    );
  }
  const net = [...lines].filter(([, sums]) => sums.some((sum) => sum !== 0n));
  return { usage: hash.digest('hex'), rows, lines: new Map(net.map(([key, sums]) => [key, sums.join(' ')])) };
}

async function* exportLines(system: System): AsyncGenerator<string> {
  let rest = '';
  for await (const part of await system.services.canonicalExport()) {
    const texts = (rest + (part as Buffer).toString('utf8')).split('\n');
    rest = texts.pop()!;
    yield* texts;
  }
}

/** Every row of the ledger's charges and sums, with the entries that posted them. */
export async function rowsOf(system: System): Promise<string[]> {
  const ledger = connectLedger(system.front.ledgerAddress());
  try {
    const hashes: string[] = [];
    for (const table of ['charges', 'charges_daily', 'charges_hourly', 'controls']) {
      const query = `SELECT count() AS n, sum(cityHash64(*)) AS hash FROM ${table}`;
      const [row] = await (await ledger.query({ query, format: 'JSONEachRow' })).json<{ n: string; hash: string }>();
      hashes.push(`${table} ${row!.n} ${row!.hash}`);
    }
    return hashes;
  } finally {
    await ledger.close();
  }
}
