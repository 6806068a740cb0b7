/**
 * Retention takes nothing from the log that a copy still needs: each that the configuration names has a hold with the last
 * entry that it has.
 */
import { readHolds, removeHold, writeHold } from '../../platform/log/index.ts';
import { isBackupHold } from '../copy/index.ts';

const NOTE_EVERY_MS = 10_000;

export class CopyHolds {
  private readonly logDir: string;
  private readonly notedAtMs = new Map<string, number>();
  private writing: Promise<void> = Promise.resolve();

  constructor(logDir: string) {
    this.logDir = logDir;
  }

  /**
   * Copies that the configuration names no more hold nothing; one that was never seen holds everything. Those of backups stay:
   * one may be under way, or go on from there next time.
   */
  async open(names: readonly string[]): Promise<void> {
    const there = (await readHolds(this.logDir)).map(({ name }) => name);
    for (const name of there) if (!names.includes(name) && !isBackupHold(name)) await removeHold(this.logDir, name);
    for (const name of names) {
      this.notedAtMs.set(name, -Infinity);
      if (!there.includes(name)) await writeHold(this.logDir, { name, entryNo: 0, of: '' });
    }
  }

  copied(name: string, entryNo: number, nowMs: number): void {
    const notedAtMs = this.notedAtMs.get(name);
    if (notedAtMs === undefined || Math.abs(nowMs - notedAtMs) < NOTE_EVERY_MS) return;
    this.notedAtMs.set(name, nowMs);
    // An older note holds more: that one cannot be written does no harm.
    this.writing = this.writing.then(() => writeHold(this.logDir, { name, entryNo, of: '' })).catch(() => undefined);
  }

  close(): Promise<void> {
    return this.writing;
  }
}
