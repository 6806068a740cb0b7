/** The ledger's tables, and their writer. A journal that cannot be read says nothing about the ledger: then both are made anew. */
import { rm } from 'node:fs/promises';
import {
  createTables,
  dropLeftWorkspaces,
  LedgerWriter,
  ownLedger,
  takeLedger,
  type LedgerClient,
  type LedgerFence,
  type RecoveredWrite,
} from '../../ledger/index.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { RaterOptions } from './messages.ts';
import type { RaterEvents } from './rater-ports.ts';
import { totalsFile } from './totals-file.ts';

export interface WriterParts {
  options: RaterOptions;
  events: RaterEvents;
  ledger: LedgerClient;
  checkpoints: CheckpointStore;
  log: Logger;
}

/**
 * Of a ledger on a server. Undefined: nobody else has the journal of this ledger.
 * Errors: LEDGER_FOREIGN, LEDGER_FENCED.
 */
async function takeOver(
  ledger: LedgerClient,
  { ledgerOwner: word, ledgerEpoch: epoch }: Pick<RaterOptions, 'ledgerOwner' | 'ledgerEpoch'>,
  { announce }: Pick<RaterEvents, 'announce'>,
): Promise<LedgerFence | undefined> {
  if (word === undefined) return undefined;
  if (epoch === undefined || announce === undefined) {
    await ownLedger(ledger, word);
    return undefined;
  }
  await takeLedger(ledger, word, epoch);
  return { epoch, announce };
}

/** Up to which entry the ledger holds what was journalled: so far others may read it, while the state is computed again. */
export function standsUpTo(recovered: readonly RecoveredWrite[]): number {
  const isWhole = ({ blocks }: RecoveredWrite): boolean => blocks.every(({ state }) => state === 'whole');
  const broken = recovered.find((write) => !isWhole(write));
  return broken === undefined ? (recovered.at(-1)?.toEntry ?? 0) : broken.fromEntry - 1;
}

/** Errors: LEDGER_FOREIGN, LEDGER_FENCED. */
export async function openWriter(parts: WriterParts): Promise<LedgerWriter> {
  const { options, ledger: client, events, checkpoints, log } = parts;
  const fence = await takeOver(client, options, events);
  await createTables(client);
  await dropLeftWorkspaces(client);
  const { handoverFolder } = options.ledger;
  const journal = totalsFile(options.dataDir);
  const open = (): Promise<LedgerWriter> =>
    LedgerWriter.open({
      ...{ client, path: journal },
      ...(handoverFolder !== undefined && { handoverFolder }),
      ...(fence !== undefined && { fence }),
    });
  try {
    return await open();
  } catch (error) {
    if (toTollgridError(error).code !== 'JOURNAL_DAMAGED') throw error;
    log.warn({ err: error }, 'the journal of totals is damaged: the ledger is computed again from the log');
    await checkpoints.remove();
    await rm(journal);
    await fence?.announce({ behind: 0 });
    return open();
  }
}
