/**
 * Retention takes nothing from the log that a copy still needs: each that the configuration names leaves a file in
 * `log/holds/` with the last entry that it has.
 */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, writeFileDurably } from '../../platform/durable-file.ts';

const NOTE_EVERY_MS = 10_000;

export class CopyHolds {
  private readonly dir: string;
  private readonly notedAtMs = new Map<string, number>();
  private writing: Promise<void> = Promise.resolve();

  constructor(logDir: string) {
    this.dir = path.join(logDir, 'holds');
  }

  /** Copies that the configuration names no more hold nothing; one that was never seen holds everything. */
  async open(names: readonly string[]): Promise<void> {
    const there = await readdir(this.dir).catch((): string[] => []);
    for (const name of there) if (!names.includes(name)) await rm(path.join(this.dir, name));
    if (names.length > 0) await makeDirectory(this.dir);
    for (const name of names) {
      this.notedAtMs.set(name, -Infinity);
      if (!there.includes(name)) await writeFileDurably(path.join(this.dir, name), '0\n');
    }
  }

  copied(name: string, entryNo: number, nowMs: number): void {
    const notedAtMs = this.notedAtMs.get(name);
    if (notedAtMs === undefined || Math.abs(nowMs - notedAtMs) < NOTE_EVERY_MS) return;
    this.notedAtMs.set(name, nowMs);
    // An older note holds more: that one cannot be written does no harm.
    this.writing = this.writing
      .then(() => writeFileDurably(path.join(this.dir, name), `${entryNo}\n`))
      .catch(() => undefined);
  }

  close(): Promise<void> {
    return this.writing;
  }
}
