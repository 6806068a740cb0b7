/** `--role rater`: follows the log on Kafka into files of its own, and brings the ledger up to it. */
import path from 'node:path';
import type { Config } from '../../platform/config.ts';
import type { TollgridError } from '../../platform/errors.ts';
import { lockDataDir, type DataDirLock } from '../../platform/lock.ts';
import { Spool } from '../../platform/log/index.ts';
import { createLogger } from '../../platform/logger.ts';
import { OrderFollower } from '../../platform/order/index.ts';
import { Children } from '../front/children.ts';
import { replaced } from '../front/ledger-journal.ts';
import { openSegments, orderOf, prepareOrders, progressOf } from '../front/open-log.ts';
import { ofRole } from '../front/roles.ts';
import { ProgressTeller } from './progress.ts';

export interface RaterNode {
  readonly headNo: number;
  /** The last entry that stands in the ledger. */
  readonly processedNo: number;
  /** Resolves with the reason when it cannot go on. */
  readonly ended: Promise<TollgridError>;
  stop(): Promise<void>;
}

/** Errors: ROLE_NEEDS_SERVERS, DATA_DIR_LOCKED, and those of Kafka, log and ledger. */
export async function startRater(config: Config): Promise<RaterNode> {
  ofRole(config, 'rater');
  process.umask(0o077);
  const lock = await lockDataDir(config.dataDir);
  const steps: (() => Promise<unknown>)[] = [() => lock.release()];
  const close = async (): Promise<void> => {
    for (const step of steps.splice(0).reverse()) await step().catch(() => undefined);
  };
  try {
    return await open(config, lock, steps, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  config: Config,
  lock: DataDirLock,
  steps: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<RaterNode> {
  const kafka = config.log.kafka!;
  const logger = createLogger({ name: 'rater-node', level: config.logging.level });
  let end!: (error: TollgridError) => void;
  const ended = new Promise<TollgridError>((resolve) => (end = resolve));
  const connection = await prepareOrders(kafka, 'rater');
  const spool = await Spool.open(path.join(config.dataDir, 'spool'));
  steps.push(() => spool.close());
  let children: Children | null = null;
  const follower = await OrderFollower.open({
    ...{ connection, topic: orderOf(kafka, 'rater'), dataDir: config.dataDir, spool },
    copy: await openSegments(config, lock),
    onHead: (headNo) => children?.headMoved(headNo),
    onFailure: end,
    warn: (code, message) => logger.warn({ code }, message),
  });
  steps.push(() => follower.stop());
  // With the whole log at hand: whoever is the rater so far goes on until now.
  const teller = await ProgressTeller.open(connection, progressOf(kafka.topic), (error) => end(replaced(error)));
  steps.push(() => teller.close());
  let processedNo = 0;
  const events = {
    headNo: () => follower.headNo,
    onProcessed: (entryNo: number) => (processedNo = entryNo),
    onKept: () => undefined,
    onRerating: () => undefined,
    onRaterEnded: () => undefined,
    onReplaced: end,
    onMessage: (message: Parameters<ProgressTeller['tell']>[0]) => teller.tell(message),
  };
  children = new Children(config, events, logger, 'rater');
  const started = children;
  steps.push(() => started.stop());
  await started.start();
  // The head may have moved between the two.
  started.headMoved(follower.headNo);
  return {
    get headNo() {
      return follower.headNo;
    },
    get processedNo() {
      return processedNo;
    },
    ended,
    stop,
  };
}
