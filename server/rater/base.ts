/**
 * What stands in the place of entries that retention removed: the state after the last sealed entry, from which everything
 * behind it is computed, and sums and hashes of the ledger's sealed rows, which cannot be computed again.
 *
 *   <dataDir>/base/<entry>/rater/   a pin (see pins.ts): state of stage B, registry and publications
 *   <dataDir>/base/<entry>/front/   a checkpoint of the front, of that entry or a later one
 *   <dataDir>/base/<entry>/seal.json
 *
 * Which base counts is said by the mark in the log (`retained.json`); without a mark there is none.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { SealedRows } from '../../ledger/index.ts';
import { makeDirectory, syncDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import { TollgridError } from '../../platform/errors.ts';
import { readRetained, type LogReader, type Retained } from '../../platform/log/index.ts';
import { readSections } from '../../platform/section-file.ts';
import { readCheckpointFile, readWhole, type Checkpoint } from './checkpoint.ts';
import { linkFolder, type Pin } from './pins.ts';
import type { ReferenceEntry } from './reference-data.ts';
import { ReferenceTrail, type TrailFacts } from './reference-trail.ts';

export interface Seal {
  /** Rows of entries up to here are sealed. */
  sealedNo: number;
  /** Chain of the log after that entry. */
  chain: string;
  rows: SealedRows[];
}

const FOLDER = 'base';
const FRONT = 'front';
const FRONT_CHECKPOINT = 'checkpoint';
const RATER = 'rater';
const SEAL = 'seal.json';

export function baseFolder(dataDir: string, name: string): string {
  return path.join(dataDir, FOLDER, name);
}

/** The front's checkpoint of the base that counts; null when nothing was removed. */
export async function frontBase(dataDir: string): Promise<string | null> {
  const retained = await readRetained(path.join(dataDir, 'log'));
  return retained === null ? null : path.join(baseFolder(dataDir, retained.base), FRONT);
}

/** State and seal to begin from; null when nothing was removed. Error: BASE_DAMAGED. */
export async function readBase(
  dataDir: string,
): Promise<{ checkpoint: Checkpoint & { path: string }; seal: Seal; retained: Retained } | null> {
  const retained = await readRetained(path.join(dataDir, 'log'));
  if (retained === null) return null;
  const folder = baseFolder(dataDir, retained.base);
  const checkpoint = await readWhole(path.join(folder, RATER));
  const seal = await readSeal(folder);
  if (checkpoint === null || seal === null || seal.sealedNo !== retained.sealedNo) throw damagedBase(folder);
  return { checkpoint, seal, retained };
}

/** Registry and publications as of the sealed entry; null when nothing was removed. Error: BASE_DAMAGED. */
export async function baseReference(dataDir: string): Promise<{ sealedNo: number; trail: ReferenceTrail } | null> {
  const retained = await readRetained(path.join(dataDir, 'log'));
  if (retained === null) return null;
  const folder = path.join(baseFolder(dataDir, retained.base), RATER);
  const checkpoint = await readCheckpointFile(folder);
  if (checkpoint === null) throw damagedBase(folder);
  return { sealedNo: retained.sealedNo, trail: ReferenceTrail.of(folder, checkpoint.reference) };
}

export interface LazyReference extends Omit<ReferenceEntry, 'body'> {
  body(): Promise<Uint8Array>;
}

/**
 * Registry and publications up to an entry, all or those behind another, one by one as the log has them; for those that
 * retention removed the base stands. Errors: LOG_ENTRY_RETIRED when the base is of later, BASE_DAMAGED.
 */
export async function* referenceOfLog(
  reader: LogReader,
  referenceEntries: readonly number[],
  upTo: number,
  behind = 0,
): AsyncGenerator<LazyReference> {
  const base = behind === 0 ? await baseReference(path.dirname(reader.dir)) : null;
  const known = base !== null && base.trail.lastNo <= upTo ? base : null;
  if (known !== null) {
    for await (const entry of known.trail.entries(reader)) yield { ...entry, body: () => Promise.resolve(entry.body) };
  }
  for (const entryNo of referenceEntries) {
    if (entryNo > upTo) return;
    if (entryNo <= (known?.sealedNo ?? behind)) continue;
    const entry = await reader.entry(entryNo);
    yield { entryNo, type: entry.type, head: entry.head, body: () => entry.body() };
  }
}

export function damagedBase(folder: string): TollgridError {
  return new TollgridError(
    'BASE_DAMAGED',
    `${folder} is not what was written, and the entries that it stands for were removed by retention`,
    { folder },
  );
}

async function readSeal(folder: string): Promise<Seal | null> {
  const text = await fs.readFile(path.join(folder, SEAL), 'utf8').catch(() => '');
  const json = text.slice(9);
  return text === sealText(json) ? (JSON.parse(json) as Seal) : null;
}

function sealText(json: string): string {
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}`;
}

/** Makes the folder of a base, durable as a whole. It counts when the log's mark names it. Returns its name. */
export async function makeBase(dataDir: string, pin: Pin, seal: Seal, firstNo: number): Promise<string> {
  const name = String(pin.entryNo);
  const target = baseFolder(dataDir, name);
  const temporary = `${target}.tmp`;
  await makeDirectory(path.dirname(target));
  for (const old of [temporary, target]) await fs.rm(old, { recursive: true, force: true });
  await makeDirectory(temporary);
  await linkFolder(pin.folder, path.join(temporary, RATER));
  await linkFront(path.join(dataDir, 'front'), path.join(temporary, FRONT), pin.entryNo, firstNo);
  await writeFileDurably(path.join(temporary, SEAL), sealText(JSON.stringify(seal)));
  await syncDirectory(temporary);
  await fs.rename(temporary, target);
  await syncDirectory(path.dirname(target));
  return name;
}

/** Tried again when the front puts another checkpoint there just now. */
async function linkFront(from: string, to: string, sealedNo: number, firstNo: number): Promise<void> {
  const TRIES = 5;
  for (let tries = 1; ; tries++) {
    await fs.rm(to, { recursive: true, force: true });
    await makeDirectory(to);
    try {
      await fs.link(path.join(from, FRONT_CHECKPOINT), path.join(to, FRONT_CHECKPOINT));
      const found = await readSections<FrontHead>(path.join(to, FRONT_CHECKPOINT));
      if (found === null || !isBehind(found.head, sealedNo, firstNo))
        throw new Error('the front has no checkpoint of that entry');
      const { extract } = found.head.reference;
      if (extract !== null) {
        await fs.link(path.join(from, extract.name), path.join(to, extract.name));
        if ((await readSections(path.join(to, extract.name))) === null) throw new Error('its extract is not whole');
      }
      return await syncDirectory(to);
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

/** All but the one that counts. */
export async function removeOtherBases(dataDir: string, keep: string): Promise<void> {
  const folder = path.join(dataDir, FOLDER);
  for (const name of await fs.readdir(folder).catch(() => [])) {
    if (name !== keep) await fs.rm(path.join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Does the front's own checkpoint stand behind the sealed entry, point to nothing before the first that is kept, and know
 * of nothing that waits and needs an earlier one?
 */
export async function frontIsBehind(dataDir: string, sealedNo: number, firstNo: number): Promise<boolean> {
  const found = await readSections<FrontHead>(path.join(dataDir, 'front', FRONT_CHECKPOINT));
  return found !== null && isBehind(found.head, sealedNo, firstNo);
}

interface FrontHead {
  entryNo: number;
  waitingFrom: number | null;
  reference: TrailFacts;
}

function isBehind({ entryNo, waitingFrom, reference }: FrontHead, sealedNo: number, firstNo: number): boolean {
  const isFree = waitingFrom === null || waitingFrom > sealedNo;
  return isFree && entryNo >= sealedNo && reference.places.every((place) => place.entryNo >= firstNo);
}
