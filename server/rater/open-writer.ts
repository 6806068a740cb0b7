/** The writer of the ledger. A journal that cannot be read says nothing about the ledger: then both are made anew. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { LedgerWriter, type LedgerClient } from '../../ledger/index.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { RaterOptions } from './messages.ts';

export interface WriterParts {
  options: Pick<RaterOptions, 'dataDir' | 'ledger'>;
  ledger: LedgerClient;
  checkpoints: CheckpointStore;
  log: Logger;
}

export async function openWriter(parts: WriterParts): Promise<LedgerWriter> {
  const { options, ledger: client, checkpoints, log } = parts;
  const { handoverFolder } = options.ledger;
  const journal = path.join(options.dataDir, 'ledger', 'totals');
  const open = (): Promise<LedgerWriter> =>
    LedgerWriter.open({ client, path: journal, ...(handoverFolder !== undefined && { handoverFolder }) });
  try {
    return await open();
  } catch (error) {
    if (toTollgridError(error).code !== 'JOURNAL_DAMAGED') throw error;
    log.warn({ err: error }, 'the journal of totals is damaged: the ledger is computed again from the log');
    await checkpoints.remove();
    await rm(journal);
    return open();
  }
}
