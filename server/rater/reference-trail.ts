/**
 * Where reference data is made from: an extract, and the places of the entries behind it. Front and rater each keep one and
 * put it into their checkpoints, so that a start reads these and nothing else of the log for them.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { LogPosition, LogReader } from '../../platform/log/index.ts';
import type { ReferenceEntry } from './reference-data.ts';
import { readExtract, ReferenceExtract } from './reference-extract.ts';

/** Entries behind an extract before a new one is made. */
const ENTRIES_MAX = 1000;

export interface ReferencePlace extends LogPosition {
  entryNo: number;
}

export interface TrailFacts {
  /** File name beside the checkpoint; null: the places reach back to the start of the log. */
  extract: { name: string; entryNo: number } | null;
  places: ReferencePlace[];
}

export class ReferenceTrail {
  private file: string | null = null;
  private extractNo = 0;
  private places: ReferencePlace[] = [];

  static of(folder: string, { extract, places }: TrailFacts): ReferenceTrail {
    const trail = new ReferenceTrail();
    trail.file = extract === null ? null : path.join(folder, extract.name);
    trail.extractNo = extract?.entryNo ?? 0;
    trail.places = [...places];
    return trail;
  }

  note(entryNo: number, { segment, offset }: LogPosition): void {
    this.places.push({ entryNo, segment, offset });
  }

  /** Takes over what another made of the same log meanwhile; only what it had not seen yet is kept. */
  adopt(folder: string, facts: TrailFacts): void {
    const made = ReferenceTrail.of(folder, facts);
    const rest = this.places.filter(({ entryNo }) => entryNo > made.lastNo);
    Object.assign(this, { file: made.file, extractNo: made.extractNo, places: [...made.places, ...rest] });
  }

  /** Last reference entry; 0 when there is none. */
  get lastNo(): number {
    return this.places.at(-1)?.entryNo ?? this.extractNo;
  }

  /** What the extract holds, up to entry `extractNo`; null when it cannot be read. */
  async *extracted(): AsyncGenerator<ReferenceEntry> {
    if (this.file === null) return;
    const found = await readExtract(this.file);
    if (found === null) throw new ExtractLost(this.file);
    yield* found.entries;
  }

  /** Entries behind the extract and behind `afterNo`, up to `upTo`. */
  async *behind(reader: LogReader, afterNo = 0, upTo = Infinity): AsyncGenerator<ReferenceEntry> {
    for (const { entryNo, ...position } of this.places) {
      if (entryNo > upTo) return;
      if (entryNo <= afterNo) continue;
      const entry = await reader.entryAt(entryNo, position);
      yield { entryNo, type: entry.type, head: entry.head, body: await entry.body() };
    }
  }

  /** All up to an entry behind the extract, as far as they still matter. Throws ExtractLost. */
  async *entries(reader: LogReader, upTo = Infinity): AsyncGenerator<ReferenceEntry> {
    // As it is now: somebody may put a newer extract in its place meanwhile.
    const now = Object.assign(new ReferenceTrail(), this);
    yield* now.extracted();
    yield* now.behind(reader, 0, upTo);
  }

  get extractedNo(): number {
    return this.extractNo;
  }

  /**
   * Makes the files for a checkpoint in `folder` and returns what it has to name. An extract stays as it is, as another
   * link, until enough entries stand behind it. `wholly`: nothing of the log may be needed any more for what is before.
   */
  async keepIn(folder: string, reader: LogReader, wholly = false): Promise<TrailFacts> {
    if (this.places.length > (wholly ? 0 : ENTRIES_MAX)) {
      const extract = new ReferenceExtract();
      for await (const entry of this.entries(reader)) extract.add(entry);
      const file = path.join(folder, nameOf(extract.entryNo));
      await extract.write(file);
      this.file = file;
      this.extractNo = extract.entryNo;
      this.places = [];
    } else if (this.file !== null && path.dirname(this.file) !== folder) {
      const file = path.join(folder, path.basename(this.file));
      await fs.link(this.file, file);
      this.file = file;
    }
    const extract = this.file === null ? null : { name: path.basename(this.file), entryNo: this.extractNo };
    return { extract, places: this.places };
  }
}

/** The extract is not what was written: whoever relied on it begins at the start of the log. */
export class ExtractLost extends Error {
  constructor(file: string) {
    super(`${file} is not what was written`);
  }
}

function nameOf(entryNo: number): string {
  return `reference-${entryNo}`;
}
