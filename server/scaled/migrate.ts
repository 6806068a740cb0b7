/**
 * The log of one machine becomes an order on Kafka. Its data directory is a copy of it from then on, the registry is rolled
 * forward from it at the next start, and a rater computes the ledger from it.
 */
import path from 'node:path';
import type { Config } from '../../platform/config.ts';
import { lockDataDir } from '../../platform/lock.ts';
import { LogReader, Spool } from '../../platform/log/index.ts';
import { fillOrder } from '../../platform/order/index.ts';
import { contentsIn, openSegments, orderOf, prepareOrders } from '../front/open-log.ts';
import { needsServers } from '../front/roles.ts';

export interface Migrated {
  topic: string;
  /** Entries of the log, and of them those that the topic lacked. */
  entries: number;
  written: number;
  /** Chain of the last entry, hexadecimal: the same in every copy. */
  chain: string;
}

/** Errors: ROLE_NEEDS_SERVERS, DATA_DIR_LOCKED, LOG_ORDER_DIFFERS, LOG_ENTRY_RETIRED, and those of Kafka and log. */
export async function migrateToKafka(
  config: Config,
  onFilled: (entryNo: number, of: number) => void,
): Promise<Migrated> {
  const { kafka } = config.log;
  if (kafka === undefined) throw needsServers('api');
  const lock = await lockDataDir(config.dataDir);
  const reader = new LogReader(path.join(config.dataDir, 'log'));
  try {
    // Cuts a torn tail, as a start would.
    const log = await openSegments(config, lock);
    const { headNo } = log;
    const chain = Buffer.from(log.chain).toString('hex');
    await log.close();
    const spool = await Spool.open(path.join(config.dataDir, 'spool'));
    const connection = await prepareOrders(kafka, 'api');
    const topic = orderOf(kafka, 'api');
    const written = await fillOrder({
      ...{ connection, topic, reader, headNo, contentsOf: contentsIn(spool) },
      onFilled: (entryNo) => onFilled(entryNo, headNo),
    });
    await spool.close();
    return { topic, entries: headNo, written, chain };
  } finally {
    await reader.close();
    await lock.release();
  }
}
