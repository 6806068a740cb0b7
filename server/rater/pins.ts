/**
 * Checkpoints that are kept for longer, so that retention has one to begin from: what is before a pin can be let go, since
 * everything behind it can be computed from it. A pin is a folder of links to the files of a checkpoint.
 *
 *   <dataDir>/rater/pins/<entry>/...    the files of the state, and checkpoint.json, as in the checkpoint
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { makeDirectory, syncDirectory } from '../../platform/durable-file.ts';
import { readCheckpointFile, writeCheckpointFile, type Checkpoint } from './checkpoint.ts';

export interface Pin {
  entryNo: number;
  /** When that entry was accepted. */
  acceptedAtMs: number;
  folder: string;
}

export class PinStore {
  readonly dir: string;

  constructor(raterDir: string) {
    this.dir = path.join(raterDir, 'pins');
  }

  /** In the order of their entries; what was left half made is not among them. */
  async list(): Promise<Pin[]> {
    const pins: Pin[] = [];
    for (const name of await fs.readdir(this.dir).catch(() => [])) {
      const folder = path.join(this.dir, name);
      const checkpoint = /^\d+$/.test(name) ? await readCheckpointFile(folder) : null;
      if (checkpoint === null) continue;
      pins.push({ entryNo: checkpoint.entryNo, acceptedAtMs: checkpoint.place.acceptedAtMs, folder });
    }
    return pins.sort((a, b) => a.entryNo - b.entryNo);
  }

  /** Keeps a checkpoint whose state lies in `folder`. */
  async add(checkpoint: Checkpoint, folder: string): Promise<void> {
    const target = path.join(this.dir, String(checkpoint.entryNo));
    const temporary = `${target}.tmp`;
    await makeDirectory(this.dir);
    for (const old of [temporary, target]) await fs.rm(old, { recursive: true, force: true });
    await linkFolder(folder, temporary);
    await writeCheckpointFile(temporary, { ...checkpoint, folder: '.' });
    await fs.rename(temporary, target);
    await syncDirectory(this.dir);
  }

  /** Those up to an entry are not needed any more. */
  async removeUpTo(entryNo: number): Promise<void> {
    for (const pin of await this.list()) {
      if (pin.entryNo <= entryNo) await fs.rm(pin.folder, { recursive: true, force: true });
    }
  }

  async removeAll(): Promise<void> {
    await fs.rm(this.dir, { recursive: true, force: true });
  }
}

/** Links to all files of a folder, in a new one; durable. Files of a checkpoint are never changed. */
export async function linkFolder(from: string, to: string): Promise<void> {
  await makeDirectory(to);
  for (const name of await fs.readdir(from)) await fs.link(path.join(from, name), path.join(to, name));
  await syncDirectory(to);
}
