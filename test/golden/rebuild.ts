/** Computes the ledger from the golden log, on a copy of it, and says what came out. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { connectLedger, TABLE_NAMES } from '../../ledger/index.ts';
import { queryBytes } from '../../ledger/client.ts';
import { loadConfig } from '../../platform/config.ts';
import { projectRoot } from '../../platform/paths.ts';
import { LogReader } from '../../platform/log/index.ts';
import { EntryType, SEMANTICS_NO } from '../../schemas/log-entries.ts';
import { startFront, type Front } from '../../server/index.ts';

const GOLDEN = path.join(projectRoot, 'test', 'golden');
/** Log and spool, as in a data directory. */
export const GOLDEN_INPUT = path.join(GOLDEN, 'input');
const RECORDED = path.join(GOLDEN, 'recorded.json');

interface Content {
  rows: number;
  sha256: string;
}

/** What the golden log gives, and what it is recorded to give. */
export interface GoldenResult {
  semanticsNo: number;
  /** Of the golden log, by type. */
  entries: Record<string, number>;
  /** Records by what became of them. */
  records: Record<string, number>;
  canonicalExport: Content;
  /** All rows of each table of the ledger, all columns, in order of all columns. */
  tables: Record<string, Content>;
}

export function recordedResult(): GoldenResult {
  return JSON.parse(fs.readFileSync(RECORDED, 'utf8')) as GoldenResult;
}

export function record(result: GoldenResult): void {
  fs.writeFileSync(RECORDED, `${JSON.stringify(result, null, 2)}\n`);
}

export function clearOutside(folder: string): void {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
}

export async function rebuildGoldenLog(threads = 1): Promise<GoldenResult> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-golden-'));
  try {
    const dataDir = path.join(folder, 'data');
    fs.cpSync(GOLDEN_INPUT, dataDir, { recursive: true });
    const file = path.join(folder, 'tollgrid.yaml');
    const values = {
      dataDir,
      server: { port: 0 },
      audit: { everyMinutes: 0, dailyStatements: false },
      rater: { niceLevel: 0, threads },
      engine: { niceLevel: 0 },
      logging: { level: 'silent' },
    };
    // JSON is YAML.
    fs.writeFileSync(file, JSON.stringify(values));
    const entries = await entriesOf(path.join(dataDir, 'log'));
    const front = await startFront({ config: loadConfig({ path: file, env: {} }), temporary: false });
    try {
      const { processed } = await front.services.waitUntilProcessed(front.services.status().logHead, 120_000);
      if (!processed) throw new Error('the golden log was not processed within two minutes');
      return { semanticsNo: SEMANTICS_NO, entries, ...(await contentOf(front)) };
    } finally {
      await front.stop();
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function entriesOf(logDir: string): Promise<Record<string, number>> {
  const names = new Map<number, string>(Object.entries(EntryType).map(([name, no]) => [no, name]));
  const counts: Record<string, number> = {};
  const reader = new LogReader(logDir);
  try {
    const { headNo } = await reader.verify();
    for await (const { type } of reader.readHeads(1, headNo)) {
      const name = names.get(type) ?? `type ${type}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
  } finally {
    await reader.close();
  }
  return counts;
}

async function contentOf(front: Front): Promise<Pick<GoldenResult, 'records' | 'canonicalExport' | 'tables'>> {
  const audit = await front.services.audit({ wait: true });
  if (!audit.closes) throw new Error('the audit of the golden log does not close');
  const canonicalExport = await contentOfLines(await front.services.canonicalExport());
  const ledger = connectLedger(front.ledgerAddress());
  const tables: Record<string, Content> = {};
  for (const name of TABLE_NAMES) {
    tables[name] = await contentOfLines(
      await queryBytes(ledger, `SELECT * FROM ${name} ORDER BY ALL FORMAT TabSeparated`),
    );
  }
  await ledger.close();
  return { records: audit.total as unknown as Record<string, number>, canonicalExport, tables };
}

async function contentOfLines(stream: AsyncIterable<unknown>): Promise<Content> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const part of stream) {
    const bytes = part as Buffer;
    hash.update(bytes);
    for (const byte of bytes) if (byte === 10) rows++;
  }
  return { rows, sha256: hash.digest('hex') };
}
