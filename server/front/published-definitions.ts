/**
 * Are the configured definitions those that were published last? Then usage can be taken at once after a start. Otherwise
 * it waits until what changed is published: it must not be charged by yesterday's tariff. A note says which files were
 * published, and at which place of which log; it is a saving only, and may be missing.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../platform/config.ts';
import { makeDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import type { EntryProof, LogReader } from '../../platform/log/index.ts';
import { projectRoot } from '../../platform/paths.ts';
import { SEMANTICS_NO } from '../../schemas/log-entries.ts';
import { checkpointFolder } from './checkpoint.ts';
import type { LogState } from './log-state.ts';
import { version } from './version.ts';

interface Note extends EntryProof {
  sha256: string;
  /** Last publication, and last registry change when registry files are configured. */
  lastPublication: number;
  lastRegistryEntry: number;
}

export class PublishedDefinitions {
  private readonly config: Config;
  private readonly reader: LogReader;
  private readonly file: string;

  constructor(config: Config, reader: LogReader) {
    this.config = config;
    this.reader = reader;
    this.file = path.join(checkpointFolder(config.dataDir), 'definitions.json');
  }

  async areKnown(state: LogState): Promise<boolean> {
    try {
      const note = JSON.parse(await fs.readFile(this.file, 'utf8')) as Note;
      const { lastPublication, lastRegistryEntry } = this.places(state);
      if (note.lastPublication !== lastPublication || note.lastRegistryEntry !== lastRegistryEntry) return false;
      return (await this.reader.holds(note)) && note.sha256 === (await this.hash());
    } catch {
      return false;
    }
  }

  /** Called when all of them are published. */
  async note(state: LogState): Promise<void> {
    const { last } = state;
    if (last === null) return;
    const proof = await this.reader.prove(last.entryNo, last.position);
    const note: Note = { sha256: await this.hash(), ...proof, ...this.places(state) };
    await makeDirectory(path.dirname(this.file));
    await writeFileDurably(this.file, JSON.stringify(note));
  }

  private places(state: LogState): Pick<Note, 'lastPublication' | 'lastRegistryEntry'> {
    const publications = [...state.publications.values()].map(({ entryNo }) => entryNo);
    return {
      lastPublication: publications.reduce((a, b) => Math.max(a, b), 0),
      lastRegistryEntry: this.config.definitions.registry.length === 0 ? 0 : state.lastRegistryEntry,
    };
  }

  /** Of every byte that publishing may read. */
  private async hash(): Promise<string> {
    const { definitions, duplicates } = this.config;
    const digest = createHash('sha256').update(JSON.stringify([version, SEMANTICS_NO, definitions, duplicates]));
    const folders = [path.join(projectRoot, 'formats'), ...definitions.formats, ...definitions.tariffs];
    for (const folder of folders) await hashTree(digest, folder);
    for (const file of [definitions.guiding ?? [], definitions.registry].flat()) await hashFile(digest, file);
    return digest.digest('hex');
  }
}

async function hashTree(digest: Hash, folder: string): Promise<void> {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const inside = path.join(folder, entry.name);
    if (entry.isDirectory()) await hashTree(digest, inside);
    else if (entry.isFile()) await hashFile(digest, inside);
  }
}

async function hashFile(digest: Hash, file: string): Promise<void> {
  const { size } = await fs.stat(file);
  digest.update(`${file}\u0000${size}\u0000`);
  for await (const piece of createReadStream(file)) digest.update(piece as Buffer);
}
