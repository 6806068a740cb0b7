/** A ledger for tests: the embedded engine on a folder of its own, or the server named by CLICKHOUSE_URL. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  addressFromEnvironment,
  connectLedger,
  startEngine,
  type EngineHandle,
  type LedgerClient,
} from '../../ledger/index.ts';

export interface TestLedger {
  folder: string;
  client: LedgerClient;
  engine: EngineHandle | undefined;
  /** Starts the engine again on the same folder, after it was killed. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const OPTIONS = { memoryBytes: 1 << 30, maxInsertBytes: 64 << 20, nice: 0 };

export async function openTestLedger(): Promise<TestLedger> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tollgrid-ledger-'));
  const server = addressFromEnvironment(process.env);
  const start = (): Promise<EngineHandle> => startEngine({ ...OPTIONS, path: path.join(folder, 'engine') });
  const engine = server ? undefined : await start();
  const ledger: TestLedger = {
    folder,
    client: connectLedger(server ?? engine!),
    engine,
    restart: async () => {
      await ledger.client.close();
      ledger.engine = await start();
      ledger.client = connectLedger(ledger.engine);
    },
    close: async () => {
      await ledger.client.close();
      await ledger.engine?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return ledger;
}
