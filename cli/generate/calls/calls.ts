/** A file of calls of any size, with everything that is needed to rate it, in one folder. */
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TollgridError } from '../../../platform/errors.ts';
import { createRandom } from '../../../platform/random.ts';
import { ByteWriter } from './byte-writer.ts';
import { writeCallLines } from './call-lines.ts';
import { guidingText } from './guiding.ts';
import { createNumberingPlan } from './prefixes.ts';
import { priceRows, registryRows, tariffText, zonePrices, zoneRows, TARIFF_NAME } from './side-files.ts';

/** Half of the prefixes that a zone has room for, so that drawing distinct ones stays quick. */
const PREFIXES_PER_ZONE_MAX = 25_000;

export interface GenerateCallsOptions {
  seed: number;
  records: number;
  /** Side files are written beside it. */
  outFile: string;
  /** Callers; each has an account of its own. Default 100,000. */
  accounts?: number;
  /** `asterisk-csv-uniqueid` adds the column that makes a record unique. */
  format?: 'asterisk-csv' | 'asterisk-csv-uniqueid';
  /** Called prefixes. Default 50,000. */
  prefixes?: number;
  /** Default 200. */
  zones?: number;
  /** Default 30, from `firstDay` (2026-09-01). */
  days?: number;
  firstDay?: string;
  /** Calls without an answer, in percent. Default 0. */
  unansweredPercent?: number;
  /** Lines that are no records, in percent. Default 0. */
  garbagePercent?: number;
}

export interface GeneratedCalls {
  files: string[];
  /** Lines in them: answered + unanswered + garbage. */
  records: number;
  answered: number;
  unanswered: number;
  garbage: number;
  bytes: number;
  registryFile: string;
  tariffDir: string;
  guidingFile: string;
  /** `prefix,zone`, the file the tariff reads. */
  zonesFile: string;
  /** `zone,pricePerMinute`: the tariff's prices; the first minute is whole, then seconds count. */
  pricesFile: string;
}

/** Errors: ARGUMENTS_INVALID. */
export async function generateCalls(options: GenerateCallsOptions): Promise<GeneratedCalls> {
  const { seed, records, outFile, accounts = 100_000, format = 'asterisk-csv' } = options;
  const { firstDay = '2026-09-01', days = 30, prefixes = 50_000, zones = 200 } = options;
  checkWithin('accounts', accounts, 10_000_000);
  checkWithin('days', days, 3660);
  checkWithin('zones', zones, 600);
  checkWithin('prefixes', prefixes, zones * PREFIXES_PER_ZONE_MAX);
  const folder = path.dirname(outFile);
  const tariffDir = path.join(folder, 'tariffs');
  const paths = {
    registryFile: path.join(folder, 'registry.csv'),
    tariffDir,
    guidingFile: path.join(folder, 'guiding.yaml'),
    zonesFile: path.join(tariffDir, 'zones.csv'),
    pricesFile: path.join(folder, 'prices.csv'),
  };
  await mkdir(tariffDir, { recursive: true });

  const plan = createNumberingPlan(createRandom(seed, 'prefixes'), prefixes, zones);
  const prices = zonePrices(createRandom(seed, 'prices'), plan);
  await writeRows(paths.registryFile, registryRows(accounts));
  await writeRows(paths.zonesFile, zoneRows(plan));
  await writeFile(paths.pricesFile, priceRows(prices));
  await writeFile(path.join(tariffDir, `${TARIFF_NAME}.yaml`), tariffText(prices, firstDay));
  await writeFile(paths.guidingFile, guidingText());

  const out = await ByteWriter.create(outFile);
  const counts = await writeCallLines(out, createRandom(seed, 'calls'), plan, {
    records,
    accounts,
    days,
    firstDay,
    uniqueId: format === 'asterisk-csv-uniqueid',
    unansweredPercent: options.unansweredPercent ?? 0,
    garbagePercent: options.garbagePercent ?? 0,
  });
  await out.close();
  return { files: [outFile], records, ...counts, bytes: out.bytes, ...paths };
}

function checkWithin(what: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new TollgridError('ARGUMENTS_INVALID', `${what}: ${value} is not a whole number from 1 to ${most}`);
}

async function writeRows(file: string, rows: Iterable<string>): Promise<void> {
  await pipeline(Readable.from(rows, { objectMode: true, highWaterMark: 1024 }), createWriteStream(file));
}
