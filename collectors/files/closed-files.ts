/**
 * Files that are complete when they appear. A file counts as complete when two looks at it show the same size and
 * time; polling rather than notification, because it also works on network file systems.
 */
import { listFiles, Unreadable } from './folder.ts';
import { matches } from './pattern.ts';
import type { FileIntake, FileSource } from './port.ts';

export class ClosedFiles {
  /** What the last look saw: name → size and time. */
  private lastLook = new Map<string, string>();
  private readonly source: FileSource;
  private readonly intake: FileIntake;

  constructor(source: FileSource, intake: FileIntake) {
    this.source = source;
    this.intake = intake;
  }

  /** Takes in what is complete; returns how many files are still waiting for a second look. */
  async poll(nowMs: number): Promise<number> {
    const look = new Map<string, string>();
    const unreadable = new Unreadable();
    let waiting = 0;
    for (const { name, filePath, stat } of await listFiles(this.source.directory)) {
      if (!matches(this.source.pattern, name)) continue;
      const modifiedMs = Math.trunc(stat.mtimeMs);
      const seen = `${stat.size}@${modifiedMs}`;
      look.set(name, seen);
      if (this.intake.knowsClosed(this.source.name, name, stat.size, modifiedMs)) continue;
      // A file untouched for a while is complete at the first look; a fresh one must look the same twice.
      const old = nowMs - modifiedMs > 5 * this.source.pollMs && nowMs - modifiedMs > 5_000;
      if (!old && this.lastLook.get(name) !== seen) {
        waiting++;
        continue;
      }
      await unreadable.pass(() => this.intake.admitClosed(this.source, name, filePath, modifiedMs));
    }
    this.lastLook = look;
    unreadable.raise();
    return waiting;
  }
}
