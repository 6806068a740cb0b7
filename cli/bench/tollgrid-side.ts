/**
 * Tollgrid's whole path: a file appears in a source's folder, and is timed until its charges can be asked for. Before
 * the clock starts a smaller file has gone the same way: the server is running, not just started.
 */
import fs from 'node:fs';
import path from 'node:path';
import { loadConfig } from '../../platform/config.ts';
import { TollgridError } from '../../platform/errors.ts';
import { connectLedger } from '../../ledger/index.ts';
import { startFront } from '../../server/index.ts';
import type { GeneratedCalls } from '../generate/index.ts';
import { MemoryWatch } from './memory.ts';
import { measured, type SideResult } from './sides.ts';

const POLL_MS = 10;

export interface TollgridOptions {
  generated: GeneratedCalls;
  warmUpFile: string;
  /** Emptied before. */
  folder: string;
  threads: number;
}

export async function runTollgrid({ generated, warmUpFile, folder, threads }: TollgridOptions): Promise<SideResult> {
  fs.rmSync(folder, { recursive: true, force: true });
  const inbox = path.join(folder, 'inbox');
  fs.mkdirSync(inbox, { recursive: true });
  const config = loadConfig({ path: writeConfig(folder, inbox, generated, threads), env: {} });
  const front = await startFront({ config, temporary: false });
  const memory = new MemoryWatch();
  try {
    // Definitions and registry are in the ledger's past before the clock starts.
    await untilProcessed(front.services, front.services.status().logHead);
    const ledger = connectLedger(front.ledgerAddress());
    const load = async (file: string): Promise<void> => {
      const before = front.services.status().logHead;
      // Old enough to be taken at the first look; the link costs nothing.
      fs.linkSync(file, path.join(inbox, path.basename(file)));
      await front.fileTaken(path.basename(file), before);
      await untilProcessed(front.services, front.services.status().logHead);
    };
    await load(warmUpFile);
    const result = await measured(
      ledger,
      () => memory.stop(),
      () => load(generated.files[0]),
    );
    await ledger.close();
    const audit = await front.services.audit({ wait: true });
    if (!audit.closes) throw new TollgridError('BENCH_DIFFERS', 'The audit does not close.', { total: audit.total });
    return result;
  } finally {
    memory.stop();
    await front.stop();
  }
}

export function writeConfig(folder: string, inbox: string, generated: GeneratedCalls, threads: number): string {
  const file = path.join(folder, 'tollgrid.yaml');
  const lines = {
    dataDir: path.join(folder, 'data'),
    server: { port: 0 },
    // The engine alone runs at normal priority too.
    rater: { threads, niceLevel: 0 },
    engine: { niceLevel: 0 },
    duplicates: { windowMonths: 120 },
    logging: { level: 'error' },
    definitions: {
      tariffs: [generated.tariffDir],
      guiding: generated.guidingFile,
      registry: [generated.registryFile],
    },
    sources: [{ name: 'bench', format: 'asterisk-csv', directory: inbox, pattern: '*.csv', pollMs: 50 }],
  };
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(lines));
  return file;
}

export async function untilProcessed(
  services: { status(): { processedEntry: number } },
  entryNo: number,
): Promise<void> {
  while (services.status().processedEntry < entryNo) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
