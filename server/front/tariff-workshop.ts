/** A thread for what takes long with tariffs, so that the front goes on answering. It ends when nobody needs it. */
import { Piscina } from 'piscina';
import { TollgridError } from '../../platform/errors.ts';
import { entryFlags, entryPoint } from '../../platform/paths.ts';
import type { TariffThreadAnswer } from './tariff-thread.ts';
import { prepareWork, type PreparedTariff, type TariffWorkInput, type TariffWorkshop } from './tariff-work.ts';

const IDLE_MS = 30_000;

export class ThreadWorkshop implements TariffWorkshop {
  private readonly pool = new Piscina({
    filename: entryPoint(import.meta.url, 'tariff-thread').href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    execArgv: entryFlags,
  });

  async prepare(input: TariffWorkInput): Promise<PreparedTariff> {
    const answer = (await this.pool.run(input)) as TariffThreadAnswer;
    if ('prepared' in answer) return answer.prepared;
    const { code, message, details } = answer.failed;
    throw new TollgridError(code, message, details);
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

/** Where nothing else waits. */
export const inThisThread: TariffWorkshop = { prepare: (input) => Promise.resolve().then(() => prepareWork(input)) };
