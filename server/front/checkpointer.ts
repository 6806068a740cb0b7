/** When the front's checkpoint is made: after so many bytes or entries, and at an orderly stop. One at a time. */
import { fork } from 'node:child_process';
import os from 'node:os';
import type { LogReader } from '../../platform/log/index.ts';
import type { Logger } from '../../platform/logger.ts';
import { entryFlags, entryPoint } from '../../platform/paths.ts';
import { checkpointFolder, writeCheckpoint, type CheckpointHead } from './checkpoint.ts';
import type { LogState } from './log-state.ts';

/** Reading so many heads takes about two seconds. */
const ENTRIES_MAX = 200_000;
const NICE_LEVEL = 10;

export interface CheckpointerParts {
  dataDir: string;
  state: LogState;
  reader: LogReader;
  log: Logger;
  /** Bytes of log and received files between two checkpoints. */
  bytesMax: number;
  /** Old entries are let go: checkpoints must not point to them. */
  retains: boolean;
  headNo(): number;
  /** Moves the checkpoint on to an entry; in a process of its own when left out. */
  advance?: (dataDir: string, upTo: number, wholly: boolean) => Promise<CheckpointHead | null>;
}

export class Checkpointer {
  private readonly parts: CheckpointerParts;
  private bytes = 0;
  private entries = 0;
  private running: Promise<void> | null = null;
  /** Entry of the last checkpoint, and when that entry was accepted; 0 before the first. */
  entryNo = 0;
  acceptedAtMs = 0;

  constructor(parts: CheckpointerParts) {
    this.parts = parts;
  }

  /** What stands behind the last checkpoint at the start. */
  begin(entryNo: number, entriesBehind: number): void {
    this.entryNo = entryNo;
    this.entries = entriesBehind;
    // A start that had to read much leaves a checkpoint behind, so that the next one need not.
    if (entriesBehind > ENTRIES_MAX / 4) void this.due();
  }

  appended(bytes: number): void {
    this.bytes += bytes;
    this.entries++;
    if (this.bytes >= this.parts.bytesMax || this.entries >= ENTRIES_MAX) void this.due();
  }

  /** A checkpoint of now, or of a moment ago when one is being made. */
  due(): Promise<void> {
    this.running ??= this.make().finally(() => (this.running = null));
    return this.running;
  }

  private async make(): Promise<void> {
    const { dataDir, log, advance = inProcess } = this.parts;
    const upTo = this.parts.headNo();
    this.bytes = 0;
    this.entries = 0;
    try {
      this.made(await advance(dataDir, upTo, this.parts.retains));
    } catch (error) {
      log.warn({ err: error }, 'no checkpoint could be made: the next start has more to read');
    }
  }

  private made(head: CheckpointHead | null): void {
    if (head === null) return;
    this.entryNo = head.entryNo;
    this.acceptedAtMs = head.acceptedAtMs;
    this.parts.state.trail.adopt(checkpointFolder(this.parts.dataDir), head.reference);
  }

  /** Nothing is appended any more: the state itself is kept. */
  async stop(): Promise<void> {
    await this.running;
    const { dataDir, state, reader, log } = this.parts;
    if (state.last === null || state.last.entryNo === this.entryNo) return;
    try {
      this.made(await writeCheckpoint(checkpointFolder(dataDir), state, reader));
    } catch (error) {
      log.warn({ err: error }, 'no checkpoint could be made: the next start has more to read');
    }
  }
}

function inProcess(dataDir: string, upTo: number, wholly: boolean): Promise<CheckpointHead | null> {
  return new Promise((resolve, reject) => {
    const child = fork(entryPoint(import.meta.url, 'checkpoint-process'), { execArgv: entryFlags });
    // It may have ended already.
    if (child.pid !== undefined) tryTo(() => os.setPriority(child.pid!, NICE_LEVEL));
    child.once('message', ({ head, failure }: { head?: CheckpointHead | null; failure?: string }) => {
      if (failure === undefined) resolve(head ?? null);
      else reject(new Error(failure));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`its process ended with code ${code}`)));
    child.send({ dataDir, upTo, wholly });
  });
}

function tryTo(work: () => void): void {
  try {
    work();
  } catch {
    // Priorities are a courtesy.
  }
}
