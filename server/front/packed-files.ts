/**
 * Packed files: the packed one is kept in the spool, and each file in it is a file of its own, known by its own bytes, so
 * that `x.csv` and `x.csv.gz` are the same. All of it is unpacked once before anything is admitted: what is no good or
 * too large is held as it came.
 */
import { toTollgridError } from '../../platform/errors.ts';
import type { Blob, Spool } from '../../platform/log/index.ts';
import { examine, packingOf, unpack, type PackedLimits } from '../../platform/packed/index.ts';
import type { FileHead } from '../../schemas/log-entries.ts';
import { isPackedHold } from '../../schemas/log-entries.ts';
import type { AdmittedFile } from './intake.ts';
import type { PackedHead, ReceivedFile } from './file-reception.ts';
import type { LogState } from './log-state.ts';
import { Turns } from './turns.ts';

type Facts = Pick<ReceivedFile, 'source' | 'format' | 'name' | 'modifiedMs'>;
type Hold = NonNullable<FileHead['held']>;

export interface PackedParts {
  state: LogState;
  spool: Spool;
  limits: PackedLimits;
  enterHeld(file: ReceivedFile, held: Hold): Promise<number>;
  /** A file that is not packed, through all its slices. */
  admit(facts: Omit<ReceivedFile, 'sha256' | 'sizeBytes'>, content: AsyncIterable<Uint8Array>): Promise<AdmittedFile>;
  admitSlices(fileEntry: number): Promise<void>;
}

export class PackedFiles {
  private readonly parts: PackedParts;
  private readonly turns = new Turns();

  constructor(parts: PackedParts) {
    this.parts = parts;
  }

  /** `blob`: the packed file in the spool. Resolves when it is held or all in it is durable. */
  admit(facts: Facts, blob: Blob): Promise<AdmittedFile> {
    // The same one may come twice at once, or be gone on with after a restart while its collector brings it again.
    return this.turns.take(`${facts.source} ${blob.sha256}`, async () => {
      const { source, name, modifiedMs } = facts;
      const entry =
        modifiedMs === undefined ? undefined : this.parts.state.closedEntry(source, name, blob.sizeBytes, modifiedMs);
      if (entry !== undefined) return this.answerOf(entry, blob);
      return this.enter(facts, blob);
    });
  }

  /** Packed files that a stop interrupted. */
  interrupted(): { facts: Facts; blob: Blob }[] {
    return this.parts.state.begunPacked().map(({ source, format, packed }) => {
      const { name, sha256, sizeBytes, modifiedMs } = packed;
      return {
        facts: { source, format, name, ...(modifiedMs !== undefined && { modifiedMs }) },
        blob: { sha256, sizeBytes },
      };
    });
  }

  private async enter(facts: Facts, blob: Blob): Promise<AdmittedFile> {
    const { state, spool, limits } = this.parts;
    const { name, source, format, modifiedMs } = facts;
    const file = spool.path(blob.sha256);
    const packing = packingOf(name)!;
    const packed = { name, ...blob, ...(modifiedMs !== undefined && { modifiedMs }) };
    const begun = state.packedEntries(source, packed);
    const of = begun[0] === undefined ? null : state.files.get(begun[0])!.head.packed!.of;
    let count = of;
    if (count === null) {
      const examined = await this.examined(file, facts, blob);
      if (typeof examined !== 'number') return examined;
      count = examined;
    }
    for (const fileEntry of begun) {
      if (state.files.get(fileEntry)!.state === 'admitted') await this.parts.admitSlices(fileEntry);
    }
    const members: NonNullable<AdmittedFile['members']> = begun.map((fileEntry) => ({
      name: state.files.get(fileEntry)!.head.name,
      ...this.admittedAs(fileEntry),
    }));
    for await (const member of unpack(file, name, packing, limits)) {
      if (member.no <= begun.length) continue;
      const head: PackedHead = { ...packed, no: member.no, of: count };
      const admitted = await this.parts.admit({ source, format, name: member.name, packed: head }, member.content);
      members.push({ name: member.name, ...admitted });
    }
    return together(members, blob);
  }

  /** How many files are in it; or the answer, when it is held. */
  private async examined(file: string, facts: Facts, blob: Blob): Promise<number | AdmittedFile> {
    try {
      return (await examine(file, facts.name, packingOf(facts.name)!, this.parts.limits)).members;
    } catch (error) {
      const { code, message } = toTollgridError(error);
      if (!isPackedHold(code)) throw error;
      const entry = await this.parts.enterHeld({ ...facts, ...blob }, { code, detail: message });
      return this.answerOf(entry, blob);
    }
  }

  private answerOf(fileEntry: number, { sizeBytes }: Blob): AdmittedFile {
    return { ...this.admittedAs(fileEntry), sizeBytes };
  }

  private admittedAs(fileEntry: number): AdmittedFile {
    const { lastEntry, slices, head } = this.parts.state.files.get(fileEntry)!;
    const { held, duplicateOf, sizeBytes } = head;
    return {
      ...{ fileEntry, lastEntry, slices, sizeBytes: sizeBytes! },
      ...(duplicateOf !== undefined && { duplicateOf }),
      ...(held !== undefined && { held }),
    };
  }
}

/** One answer for all: a held file among them is told. */
function together(members: NonNullable<AdmittedFile['members']>, { sizeBytes }: Blob): AdmittedFile {
  const held = members.find((member) => member.held !== undefined)?.held;
  return {
    fileEntry: members[0].fileEntry,
    lastEntry: Math.max(...members.map(({ lastEntry }) => lastEntry)),
    slices: members.reduce((sum, { slices }) => sum + slices, 0),
    sizeBytes,
    members,
    ...(held !== undefined && { held }),
  };
}
