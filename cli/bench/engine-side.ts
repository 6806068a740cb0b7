/**
 * The same work by the ClickHouse engine alone: one INSERT ... SELECT that reads the file, finds the caller and the
 * longest prefix by dictionaries, prices the call in integers, and fills the same table; then the same daily and hourly sums.
 * Nothing else: no log, no duplicates, no suspense, no control totals. It is the floor that Tollgrid has to beat.
 * Before the clock starts it has worked through the warm-up file in the same way.
 */
import fs from 'node:fs';
import os from 'node:os';
import { connectLedger, createTables, startEngine, type LedgerClient } from '../../ledger/index.ts';
import type { GeneratedCalls } from '../generate/index.ts';
import { MemoryWatch } from './memory.ts';
import { measured, type SideResult } from './sides.ts';

/** As the engine comes, and with every core made to insert: measured, the fastest way to run the same statement. */
export const ENGINE_VARIANTS = {
  plain: 'max_insert_threads = 0',
  tuned: `max_insert_threads = ${os.availableParallelism()}, max_threads = ${os.availableParallelism()}`,
} as const;
export type EngineVariant = keyof typeof ENGINE_VARIANTS;
const MEMORY_BYTES = 4 * 1024 ** 3;

export async function runEngineAlone(
  generated: GeneratedCalls,
  warmUpFile: string,
  folder: string,
  variant: EngineVariant,
): Promise<SideResult> {
  const settings = ENGINE_VARIANTS[variant];
  fs.rmSync(folder, { recursive: true, force: true });
  const engine = await startEngine({ path: folder, memoryBytes: MEMORY_BYTES, nice: 0 });
  const memory = new MemoryWatch();
  const ledger = connectLedger(engine);
  try {
    await createTables(ledger);
    await createDictionaries(ledger, generated);
    const load = async (file: string, entryNo: number): Promise<void> => {
      await run(ledger, insertCharges(file, entryNo, settings));
      for (const query of insertSums(entryNo, settings)) await run(ledger, query);
    };
    await load(warmUpFile, 1);
    return await measured(
      ledger,
      () => memory.stop(),
      () => load(generated.files[0], 2),
    );
  } finally {
    memory.stop();
    await ledger.close();
    await engine.stop();
  }
}

async function run(ledger: LedgerClient, query: string): Promise<void> {
  await ledger.command({ query });
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Digits as the nibbles of an IPv6 address: the engine's trie of networks then finds the longest prefix. */
function nibbles(digits: string): string {
  return digits.padEnd(32, '0').replace(/(.{4})(?=.)/g, '$1:');
}

async function createDictionaries(
  ledger: LedgerClient,
  { registryFile, zonesFile, pricesFile }: GeneratedCalls,
): Promise<void> {
  const prices = new Map(rowsOf(pricesFile).map(([zone, price]) => [zone, Math.round(Number(price) * 1_000_000)]));
  await run(ledger, 'CREATE TABLE callers (number String, account_no UInt32) ENGINE = Memory');
  await ledger.insert({
    table: 'callers',
    format: 'JSONEachRow',
    values: rowsOf(registryFile).map((row, index) => ({ number: row[6], account_no: index + 1 })),
  });
  await run(ledger, 'CREATE TABLE prefixes (prefix String, zone String, price UInt64) ENGINE = Memory');
  await ledger.insert({
    table: 'prefixes',
    format: 'JSONEachRow',
    values: rowsOf(zonesFile).map(([prefix, zone]) => ({
      prefix: `${nibbles(prefix)}/${prefix.length * 4}`,
      zone,
      price: prices.get(zone),
    })),
  });
  await run(
    ledger,
    `CREATE DICTIONARY caller (number String, account_no UInt32) PRIMARY KEY number
     SOURCE(CLICKHOUSE(TABLE 'callers')) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)`,
  );
  await run(
    ledger,
    `CREATE DICTIONARY zone_of (prefix String, zone String, price UInt64) PRIMARY KEY prefix
     SOURCE(CLICKHOUSE(TABLE 'prefixes')) LAYOUT(IP_TRIE()) LIFETIME(0)`,
  );
  for (const name of ['caller', 'zone_of']) await run(ledger, `SYSTEM RELOAD DICTIONARY ${name}`);
}

function rowsOf(file: string): string[][] {
  const [, ...lines] = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => line.split(','));
}

function insertCharges(file: string, entryNo: number, settings: string): string {
  const columns = `accountcode String, src String, dst String, dcontext String, clid String, channel String, dstchannel String,
     lastapp String, lastdata String, start String, answer DateTime64(3, 'Europe/Kyiv'), end String, duration UInt32,
     billsec Int64, disposition String, amaflags String`;
  return `
    INSERT INTO charges
    SELECT ${entryNo}, rowNumberInAllBlocks(), 0, ${entryNo}, 1, 'record', account_no, account_no, 'retail', 'voice',
      toDateTime64(answer, 3, 'UTC') AS start_at, start_at + toIntervalSecond(billsec), sipHash128(src, dst, answer, billsec),
      billsec * 1000, 0, src, dst, found.1, '', 'calls@2026-09-01', '', greatest(billsec, 60) * 1000, 'UAH',
      reinterpret(toInt64(intDiv(found.2 * greatest(billsec, 60) + 30, 60)) AS micros, 'Decimal(18, 6)'),
      reinterpret(toInt64(intDiv(micros + 3, 6)), 'Decimal(18, 6)'),
      toYYYYMM(answer), toYYYYMM(answer), ''
    FROM (
      SELECT src, dst, answer, billsec, dictGet('caller', 'account_no', tuple(src)) AS account_no,
        dictGet('zone_of', ('zone', 'price'),
          tuple(toIPv6(IPv6NumToString(toFixedString(unhex(rightPad(dst, 32, '0')), 16))))) AS found
      FROM file(${quoted(file)}, 'CSV', ${quoted(columns)})
      WHERE disposition = 'ANSWERED'
    )
    SETTINGS ${settings}`;
}

const SUM_COLUMNS = `view, service, kind, currency, sum(sign), sum(c.quantity), sum(c.billed), sum(c.amount), sum(c.tax)`;

/** Of the charges of one file, as a ledger that already holds others would be kept. */
const insertSums = (entryNo: number, settings: string): string[] => [
  `INSERT INTO charges_daily SELECT ${entryNo}, toDate(start_at) AS day, account_no, ${SUM_COLUMNS}
   FROM charges AS c WHERE posted_entry = ${entryNo} GROUP BY day, account_no, view, service, kind, currency SETTINGS ${settings}`,
  `INSERT INTO charges_hourly SELECT ${entryNo}, toStartOfHour(start_at) AS hour, zone, ${SUM_COLUMNS}
   FROM charges AS c WHERE posted_entry = ${entryNo} GROUP BY hour, zone, view, service, kind, currency SETTINGS ${settings}`,
];
