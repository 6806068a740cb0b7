/** The sample town: who lives there and what its sources deliver on one day. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { asteriskFile, freeswitchFile } from './branch-files.ts';
import { branchCalls, exchangeCalls } from './calls.ts';
import { createCustomers, OWN_PREFIX } from './customers.ts';
import { exchangeFile } from './exchange-file.ts';
import { compactDate, midnightMs } from './local-time.ts';
import { intervalFile, registerFile } from './meter-files.ts';
import type { Outcome, TownFile } from './outcome.ts';
import { radiusFile } from './radius-file.ts';
import { electricityRegisters, intervals, waterRegisters } from './readings.ts';
import { registryFile } from './registry-file.ts';
import { createSessions } from './sessions.ts';

export interface GenerateTownOptions {
  seed: number;
  /** `registry.yaml` and `inbox/` are written here; an `inbox` that is there is replaced. */
  outDir: string;
  /** Default 200, at least 40. */
  customers?: number;
  /** Local day, `yyyy-mm-dd`. Default 2026-10-15. */
  day?: string;
}

export interface GeneratedTown {
  registryFile: string;
  files: {
    source: string;
    /** Below `outDir`. */
    path: string;
    bytes: number;
    /** What becomes of its records under `examples/town`. */
    expected: Outcome;
  }[];
}

const CUSTOMERS_MIN = 40;

export async function generateTown(options: GenerateTownOptions): Promise<GeneratedTown> {
  const { seed, outDir, day = '2026-10-15' } = options;
  const customers = createCustomers(seed, Math.max(CUSTOMERS_MIN, options.customers ?? 200), day);
  await rm(path.join(outDir, 'inbox'), { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  await writeFile(path.join(outDir, 'registry.yaml'), registryFile(customers));

  const files: GeneratedTown['files'] = [];
  for (const file of townFiles(seed, midnightMs(day), customers)) {
    const place = path.join('inbox', file.source, file.name);
    await mkdir(path.join(outDir, path.dirname(place)), { recursive: true });
    await writeFile(path.join(outDir, place), file.bytes);
    files.push({ source: file.source, path: place, bytes: Buffer.byteLength(file.bytes), expected: file.expected });
  }
  return { registryFile: path.join(outDir, 'registry.yaml'), files };
}

function townFiles(seed: number, midnight: number, customers: ReturnType<typeof createCustomers>): TownFile[] {
  const day = compactDate(midnight);
  const wards = Array.from({ length: 30 }, (_, n) => `${OWN_PREFIX}90${String(n).padStart(2, '0')}`);
  const rooms = Array.from({ length: 40 }, (_, n) => String(n < 8 ? 101 + n : 193 + n));
  const logins = customers.flatMap(({ login }) => (login === undefined ? [] : [login]));
  return [
    exchangeFile('exchange', `calls-${day}.txt`, exchangeCalls(seed, midnight, customers)),
    asteriskFile('clinic-pbx', 'Master.csv', branchCalls(seed, 'clinic', midnight, 110, wards)),
    freeswitchFile('hotel-pbx', `cdr-${day}.csv`, seed, branchCalls(seed, 'hotel', midnight, 90, rooms)),
    radiusFile('adsl', 'detail', createSessions(seed, midnight, logins)),
    registerFile('meters', `registers-${day}.csv`, electricityRegisters(seed, midnight, customers), 'kWh'),
    intervalFile('intervals', `intervals-${day}.csv`, intervals(seed, midnight, customers)),
    registerFile('water', `water-${day}.csv`, waterRegisters(seed, midnight, customers), 'm3'),
  ];
}
