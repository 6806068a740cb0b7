/**
 * The rater's checkpoint: the state of stage B after an entry, and what the main thread remembers of open files.
 * A checkpoint is a folder of its own; the file that names it is replaced last, so the old one holds until then.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import { SEMANTICS_NO } from '../../schemas/log-entries.ts';

export interface Checkpoint {
  /** Everything up to this entry stands in the ledger, and in the state beside this file. */
  entryNo: number;
  semanticsNo: number;
  folder: string;
  /** Records received per closed file so far: what a file received again counts as duplicates. */
  fileRecords: [number, number][];
}

const NAME = 'checkpoint.json';

export class CheckpointStore {
  private readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Null when there is none that can be read. */
  async read(): Promise<(Checkpoint & { path: string }) | null> {
    try {
      const checkpoint = JSON.parse(await fs.readFile(path.join(this.dir, NAME), 'utf8')) as Checkpoint;
      return { ...checkpoint, path: path.join(this.dir, checkpoint.folder) };
    } catch {
      return null;
    }
  }

  /** `dump` fills the folder with synced files. */
  async write(
    entryNo: number,
    fileRecords: Map<number, number>,
    dump: (folder: string) => Promise<void>,
  ): Promise<void> {
    const folder = `state-${entryNo}`;
    const target = path.join(this.dir, folder);
    await fs.rm(target, { recursive: true, force: true });
    await makeDirectory(target);
    await dump(target);
    await syncDirectory(target);
    await syncDirectory(this.dir);
    const checkpoint: Checkpoint = { entryNo, semanticsNo: SEMANTICS_NO, folder, fileRecords: [...fileRecords] };
    await writeFileDurably(path.join(this.dir, NAME), JSON.stringify(checkpoint));
    await this.removeOthers(folder);
  }

  async remove(): Promise<void> {
    await fs.rm(path.join(this.dir, NAME), { force: true });
    await this.removeOthers('');
  }

  private async removeOthers(keep: string): Promise<void> {
    for (const name of await fs.readdir(this.dir).catch(() => [])) {
      if (name.startsWith('state-') && name !== keep)
        await fs.rm(path.join(this.dir, name), { recursive: true, force: true });
    }
  }
}
