/**
 * The rater's checkpoint: the state of stage B after an entry, and what the main thread remembers of open files.
 * A checkpoint is a folder of its own; the file that names it is replaced last, so the old one holds until then.
 */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { FOOT_BYTES, identityFileSum } from './identity-file.ts';
import { IDENTITY_FILE_SUFFIX } from './identity-files.ts';
import { makeDirectory, syncDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import type { Inventory } from '../../ledger/index.ts';
import type { EntryProof } from '../../platform/log/index.ts';
import { SEMANTICS_NO } from '../../schemas/log-entries.ts';
import type { TrailFacts } from './reference-trail.ts';
import type { SettledMonths } from './settled-months.ts';

export interface Checkpoint {
  /** Everything up to this entry stands in the ledger, and in the state beside this file. */
  entryNo: number;
  semanticsNo: number;
  place: EntryProof;
  folder: string;
  /** Records received per closed file so far: what a file received again counts as duplicates. */
  fileRecords: [number, number][];
  /** Months that were settled, with the first command that did. */
  settledMonths: [string, number][];
  /** Registry and publications up to the entry. */
  reference: TrailFacts;
  /** Parts of the ledger at that time. */
  inventory: Inventory;
  /** CRC-32 of each file of the state; of a file of identities that of its foot, which holds the others. */
  files: Record<string, number>;
}

export interface CheckpointFacts {
  fileRecords: ReadonlyMap<number, number>;
  settledMonths: SettledMonths;
  inventory: Inventory;
  prove(entryNo: number): Promise<EntryProof>;
}

const NAME = 'checkpoint.json';
/** Where files of identities are made. */
const SCRATCH = 'work-';
const READ_BYTES = 1024 * 1024;

export class CheckpointStore {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Null when there is none, or one that is not byte for byte what was written. */
  read(): Promise<(Checkpoint & { path: string }) | null> {
    return readWhole(this.dir);
  }

  /** Entry of the checkpoint, whether its state is whole or not; null when there is none. */
  async entryNo(): Promise<number | null> {
    return (await readCheckpointFile(this.dir))?.entryNo ?? null;
  }

  /** A new folder for what a state keeps on disk between checkpoints. Those of earlier raters are removed. */
  async scratch(): Promise<string> {
    await makeDirectory(this.dir);
    for (const name of await fs.readdir(this.dir)) {
      if (name.startsWith(SCRATCH)) await fs.rm(path.join(this.dir, name), { recursive: true, force: true });
    }
    // A rater that was taken for dead and wakes finds its own folder gone, and never another's files in it.
    const folder = path.join(this.dir, `${SCRATCH}${randomUUID()}`);
    await makeDirectory(folder);
    return folder;
  }

  /** `dump` fills the folder with synced files. Returns what was made. */
  async write(
    entryNo: number,
    facts: CheckpointFacts,
    dump: (folder: string) => Promise<TrailFacts>,
  ): Promise<{ checkpoint: Checkpoint; path: string; bytes: number }> {
    const folder = `state-${entryNo}`;
    const target = path.join(this.dir, folder);
    await fs.rm(target, { recursive: true, force: true });
    await makeDirectory(target);
    const reference = await dump(target);
    await syncDirectory(target);
    await syncDirectory(this.dir);
    const checkpoint: Checkpoint = {
      entryNo,
      semanticsNo: SEMANTICS_NO,
      place: await facts.prove(entryNo),
      folder,
      fileRecords: [...facts.fileRecords],
      settledMonths: facts.settledMonths.list(),
      reference,
      inventory: facts.inventory,
      files: await checksums(target),
    };
    await writeCheckpointFile(this.dir, checkpoint);
    await this.removeOthers(folder);
    return { checkpoint, path: target, bytes: await sizeOf(target) };
  }

  /** Durably: one that came back after a power cut would not fit to a ledger that was computed again. */
  async remove(): Promise<void> {
    await makeDirectory(this.dir);
    await fs.rm(path.join(this.dir, NAME), { force: true });
    await syncDirectory(this.dir);
    await this.removeOthers('');
  }

  private async removeOthers(keep: string): Promise<void> {
    for (const name of await fs.readdir(this.dir).catch(() => [])) {
      if (name.startsWith('state-') && name !== keep)
        await fs.rm(path.join(this.dir, name), { recursive: true, force: true });
    }
  }
}

/** The file that names the state, without a look at that. Null when there is none, or it is not what was written. */
export async function readCheckpointFile(dir: string): Promise<Checkpoint | null> {
  const text = await fs.readFile(path.join(dir, NAME), 'utf8').catch(() => '');
  const json = text.slice(text.indexOf(' ') + 1);
  if (text === '' || text !== withChecksum(json)) return null;
  const checkpoint = JSON.parse(json) as Checkpoint;
  // Of a version that kept less.
  return checkpoint.place === undefined ? null : checkpoint;
}

export async function writeCheckpointFile(dir: string, checkpoint: Checkpoint): Promise<void> {
  await writeFileDurably(path.join(dir, NAME), withChecksum(JSON.stringify(checkpoint)));
}

/** With its state, which must be byte for byte what was written. */
export async function readWhole(dir: string): Promise<(Checkpoint & { path: string }) | null> {
  try {
    const checkpoint = await readCheckpointFile(dir);
    if (checkpoint === null) return null;
    const folder = path.join(dir, checkpoint.folder);
    // A rotten bit in what is remembered of duplicates would charge a record twice, and nothing else would notice.
    const found = await checksums(folder);
    const sound = Object.entries(checkpoint.files).every(([name, crc]) => found[name] === crc);
    return sound ? { ...checkpoint, path: folder } : null;
  } catch {
    return null;
  }
}

/** CRC-32 in hexadecimal, a blank, the text. */
function withChecksum(json: string): string {
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}`;
}

async function checksums(folder: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  const chunk = new Uint8Array(READ_BYTES);
  for (const name of await fs.readdir(folder)) {
    const file = await fs.open(path.join(folder, name), 'r');
    try {
      if (name.endsWith(IDENTITY_FILE_SUFFIX)) {
        const { size } = await file.stat();
        const { bytesRead } = await file.read(chunk, 0, FOOT_BYTES, Math.max(0, size - FOOT_BYTES));
        sums[name] = identityFileSum(chunk.subarray(0, bytesRead));
        continue;
      }
      let sum = 0;
      for (let at = 0, filled = 1; filled > 0; at += filled) {
        filled = (await file.read(chunk, 0, chunk.length, at)).bytesRead;
        sum = crc32(chunk.subarray(0, filled), sum);
      }
      sums[name] = sum;
    } finally {
      await file.close();
    }
  }
  return sums;
}

/** Of what was written for this checkpoint: files of identities are links to what stood there before. */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  const written = (await fs.readdir(folder)).filter((name) => !name.endsWith(IDENTITY_FILE_SUFFIX));
  for (const name of written) bytes += (await fs.stat(path.join(folder, name))).size;
  return bytes;
}
