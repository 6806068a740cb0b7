/** A thread for what takes long with tariffs, so that the front goes on answering. It ends when nobody needs it. */
import { Piscina } from 'piscina';
import { TollgridError } from '../../../platform/errors.ts';
import { entryFlags, entryPoint } from '../../../platform/paths.ts';
import type { TariffDifference } from '../../../rating/index.ts';
import type { TariffThreadAnswer, TariffThreadTask } from './worker.ts';
import {
  compareWork,
  prepareWork,
  type CompareInput,
  type PreparedTariff,
  type TariffWorkInput,
  type TariffWorkshop,
} from './work.ts';

const IDLE_MS = 30_000;

export class ThreadWorkshop implements TariffWorkshop {
  private readonly pool = new Piscina({
    filename: entryPoint(import.meta.url, 'worker').href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    execArgv: entryFlags,
  });

  prepare(input: TariffWorkInput): Promise<PreparedTariff> {
    return this.run({ prepare: input });
  }

  compare(input: CompareInput): Promise<TariffDifference> {
    return this.run({ compare: input });
  }

  private async run<T>(task: TariffThreadTask): Promise<T> {
    const answer = (await this.pool.run(task)) as TariffThreadAnswer<T>;
    if ('done' in answer) return answer.done;
    const { code, message, details } = answer.failed;
    throw new TollgridError(code, message, details);
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

/** Where nothing else waits. */
export const inThisThread: TariffWorkshop = {
  prepare: (input) => Promise.resolve().then(() => prepareWork(input)),
  compare: (input) => Promise.resolve().then(() => compareWork(input)),
};
