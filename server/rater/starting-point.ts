/**
 * Where a rater begins: behind its checkpoint when ledger and log still hold what that says, otherwise where computing again
 * begins, which is the first entry or the base that took the place of removed ones.
 */
import path from 'node:path';
import { compareSeals, sealRows, type LedgerClient, type LedgerWriter } from '../../ledger/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import { readRetained, type LogReader } from '../../platform/log/index.ts';
import type { Logger } from '../../platform/logger.ts';
import { SEMANTICS_NO } from '../../schemas/log-entries.ts';
import { readBase, type Seal } from './base.ts';
import type { Checkpoint, CheckpointStore } from './checkpoint.ts';

export type UsableCheckpoint = Checkpoint & { path: string };

export interface StartingParts {
  dataDir: string;
  reader: LogReader;
  ledger: LedgerClient;
  writer: LedgerWriter;
  checkpoints: CheckpointStore;
  log: Logger;
  /** Up to this entry the ledger was computed by other rules. */
  outdatedNo: number;
  headNo(): number;
  /** What older computations left beside the checkpoint is worth nothing. */
  forget(): Promise<void>;
}

export class StartingPoint {
  private readonly parts: StartingParts;

  constructor(parts: StartingParts) {
    this.parts = parts;
  }

  /** Null: the first entry, with an empty ledger. Errors: BASE_DAMAGED, LEDGER_BEYOND_RETENTION. */
  async find(): Promise<UsableCheckpoint | null> {
    const { checkpoints, log } = this.parts;
    const checkpoint = await checkpoints.read();
    const reason = await this.whyComputeAgain(checkpoint);
    if (reason === null) return checkpoint;
    log.warn(`${reason}: the ledger is computed again from the log`);
    await this.dropLedger();
    return this.base();
  }

  /** Null when nothing was removed from the log. Error: BASE_DAMAGED. */
  async base(): Promise<UsableCheckpoint | null> {
    return (await readBase(this.parts.dataDir))?.checkpoint ?? null;
  }

  /** What retention has sealed stays: it cannot be computed again. Errors: BASE_DAMAGED, LEDGER_BEYOND_RETENTION. */
  async dropLedger(): Promise<void> {
    const { checkpoints, writer } = this.parts;
    const base = await readBase(this.parts.dataDir);
    if (base !== null) await this.requireSealed(base.seal);
    await checkpoints.remove();
    await this.parts.forget();
    if (base === null) return writer.truncate();
    await writer.truncateBehind(base.seal.sealedNo);
    await this.requireSealed(base.seal);
  }

  private async requireSealed({ sealedNo, rows }: Seal): Promise<void> {
    const wrong = compareSeals(rows, await sealRows(this.parts.ledger, sealedNo));
    if (wrong.length === 0) return;
    throw new TollgridError(
      'LEDGER_BEYOND_RETENTION',
      `rows of entries up to ${sealedNo}, which retention removed, are not what was sealed: ${wrong.slice(0, 5).join('; ')}`,
      { sealedNo },
    );
  }

  private async whyComputeAgain(checkpoint: Checkpoint | null): Promise<string | null> {
    const { writer, dataDir, headNo, outdatedNo } = this.parts;
    const retained = await readRetained(path.join(dataDir, 'log'));
    if ((checkpoint?.entryNo ?? 0) < (retained?.sealedNo ?? 0)) return 'no checkpoint is left';
    const isOutdated =
      outdatedNo > (retained?.sealedNo ?? 0) || (checkpoint?.semanticsNo ?? SEMANTICS_NO) !== SEMANTICS_NO;
    if (isOutdated) return 'this version gives other results';
    if (checkpoint === null) return this.whyFromTheFirst();
    const { place } = checkpoint;
    const another = place.entryNo > headNo() || !(await this.parts.reader.holds(place));
    if (another || writer.lastEntry > headNo()) return 'the ledger was made from another log';
    const wrong = await writer.verifySince(checkpoint.entryNo, checkpoint.inventory);
    return wrong.length === 0 ? null : `the ledger is not what was written (${wrong.slice(0, 3).join('; ')})`;
  }

  /** Without a checkpoint everything is replayed; what the ledger holds may stay when each write can be told. */
  private async whyFromTheFirst(): Promise<string | null> {
    const { writer, headNo } = this.parts;
    if (writer.lastEntry > headNo()) return 'the ledger was made from another log';
    // Where the old writes were cut is not known any more, so they could not be compared with new ones.
    if (writer.foldedTo > 0) return 'there is no checkpoint to go on from';
    const { differences, detachedParts } = await writer.verify();
    // An interrupted write is made whole, but rows that no write explains would stay.
    const lost = differences.filter(({ expected }) => expected.rows === 0).length + detachedParts.length;
    return lost === 0 ? null : `${lost} blocks or parts of the ledger are not what was written`;
  }
}
