/** The watch over everything a rater can see: log, spool and ledger. */
import type { LedgerClient, LedgerWriter } from '../../ledger/index.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Spool } from '../../platform/log/index.ts';
import type { Logger } from '../../platform/logger.ts';
import type { WatchOptions, WatchState } from './messages.ts';
import { lookAtMonth, lookAtParts, lookIntoPart, PartHashes } from './verify-ledger.ts';
import { lookAtBlob } from './verify.ts';
import { LogWatch } from './watch-log.ts';
import { Watch, type WatchStep } from './watch.ts';

export interface StoredParts {
  logDir: string;
  spool: Spool;
  ledger: LedgerClient;
  writer: LedgerWriter;
  log: Logger;
  headNo(): number;
  processedNo(): number;
  withLedger<T>(work: () => Promise<T>): Promise<T>;
  tell(state: WatchState): void;
}

export interface StoredWatch {
  stop(): Promise<void>;
}

export function watchStored(parts: StoredParts, options: WatchOptions): StoredWatch {
  const { ledger, writer, spool, log } = parts;
  const logWatch = new LogWatch(parts.logDir, spool, parts.headNo);
  const hashes = new PartHashes();
  /** After a crash the journal knows of writes that the replay has yet to send. */
  const caughtUp = (): boolean => parts.processedNo() >= writer.lastEntry;

  const months = async (): Promise<WatchStep[]> => {
    const { parts: stored, expected } = await lookAtParts(ledger, writer);
    return [
      ...stored.map((part) => ({
        subject: `part ${part.name} of ${part.table}`,
        run: () => lookIntoPart(ledger, part),
      })),
      ...[...expected.keys()].map((key) => ({
        subject: `rows of ${key}`,
        run: () =>
          parts.withLedger(async () => {
            const now = (await lookAtParts(ledger, writer)).expected.get(key);
            return now === undefined || !caughtUp() ? [] : lookAtMonth(ledger, now);
          }),
      })),
    ];
  };

  const watch = new Watch(
    {
      quick: async () => [
        ...(await logWatch.quick()),
        ...(await parts.withLedger(async () => {
          if (!caughtUp()) return [];
          const look = await lookAtParts(ledger, writer);
          return [...look.findings, ...hashes.look(look.parts)];
        })),
      ],
      steps: async () => [
        ...(await logWatch.steps()),
        ...(await spool.blobs()).map((sha256) => ({
          subject: `spool ${sha256}`,
          run: () => lookAtBlob(spool, sha256),
        })),
        ...(await months()),
      ],
      busy: () => parts.headNo() > parts.processedNo(),
      now: () => systemClock.now(),
      tell: parts.tell,
      found: (finding) => log.error({ code: 'STORED_DIFFERS' }, finding),
      gone: (finding) => log.info(`no longer found: ${finding}`),
    },
    options,
  );
  watch.start();
  return {
    stop: async () => {
      await watch.stop();
      await logWatch.close();
    },
  };
}
