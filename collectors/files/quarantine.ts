/** Files that were refused: what lies in the quarantine folder with the notes beside it, or, without one, since the start. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { leaveNote, NOTE_SUFFIX, putAway, type Listed } from './put-away.ts';

const SHOWN_MAX = 20;

export interface RefusedFile {
  name: string;
  code: string;
  detail: string;
}

export class Quarantine {
  private readonly folder: string | undefined;
  /** Refused files that stay where they are: name → size and time, and why. */
  private readonly staying = new Map<string, RefusedFile & { seen: string }>();
  private lying: RefusedFile[] = [];
  count = 0;

  constructor(folder: string | undefined) {
    this.folder = folder;
  }

  /** The folder as it is: somebody may have emptied it. */
  async look(): Promise<void> {
    if (this.folder === undefined) return;
    const folder = this.folder;
    const names = await readdir(folder).catch(() => []);
    const notes = names.filter((name) => name.endsWith(NOTE_SUFFIX)).sort();
    this.lying = await Promise.all(
      notes.slice(0, SHOWN_MAX).map(async (note) => {
        const text = await readFile(path.join(folder, note), 'utf8').catch(() => '');
        const [, code = '', detail = ''] = /^([A-Z_]+): ([^\n]*)/.exec(text) ?? [];
        return { name: note.slice(0, -NOTE_SUFFIX.length), code, detail };
      }),
    );
    this.count = notes.length;
  }

  /** Counted before, and still as it was. */
  has(name: string, seen: string): boolean {
    return this.staying.get(name)?.seen === seen;
  }

  /** True: it lies in the folder now. Errors of moving it there. */
  async add(listed: Listed, file: RefusedFile, seen: string): Promise<boolean> {
    if (this.folder === undefined) {
      this.staying.set(file.name, { ...file, seen });
      return false;
    }
    // The note first: a stop in between leaves a file that is refused again, not one without a reason.
    const isAway = await putAway(listed, this.folder, file.name, (target) => leaveNote(target, file.code, file.detail));
    await this.look();
    return isAway;
  }

  /** What is not in the folder any more is nobody's business. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.staying.keys()) if (!names.has(name)) this.staying.delete(name);
    if (this.folder === undefined) this.count = this.staying.size;
  }

  /** The first ones. */
  list(): RefusedFile[] {
    if (this.folder !== undefined) return this.lying;
    return [...this.staying.values()].slice(0, SHOWN_MAX).map(({ name, code, detail }) => ({ name, code, detail }));
  }
}
