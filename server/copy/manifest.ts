/** The list of everything that one backup consists of. Written last: parts without one are no backup. */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { makeDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { Blob } from '../../platform/log/index.ts';
import type { SideFile } from './layout.ts';

export const BACKUP_VERSION = 1;

export interface BackedSegment {
  firstEntry: number;
  lastEntry: number;
  /** One behind the other they are the segment, or its beginning up to `lastEntry`. */
  pieces: Blob[];
}

export interface Manifest {
  tollgridBackup: typeof BACKUP_VERSION;
  /** Number of the backup in its folder, and when it was made. */
  name: string;
  madeAt: string;
  program: string;
  /** Owner of the data directory then: see `platform/lock.ts`. */
  epoch: number;
  /** 1 and 0 of an empty log. */
  firstEntry: number;
  lastEntry: number;
  /** Of the last entry, hexadecimal. */
  chain: string;
  lastAcceptedAt: string | null;
  segments: BackedSegment[];
  spool: Blob[];
  files: SideFile[];
  /** Secrets of the data directory that are not in it. */
  leftOut: string[];
}

/** A manifest, or why it cannot be read. */
export type Listed =
  { name: string; manifest: Manifest; wrong?: undefined } | { name: string; manifest?: undefined; wrong: string };

const NAME = /^(\d{6})-\d{8}T\d{6}Z$/;
const FOLDER = 'manifests';

export function manifestName(sequence: number, atMs: number): string {
  const time = new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `${String(sequence).padStart(6, '0')}-${time}Z`;
}

export function sequenceOf(name: string): number {
  return Number(name.slice(0, 6));
}

export function manifestPath(dir: string, name: string): string {
  if (!NAME.test(name)) throw new TollgridError('BACKUP_UNKNOWN', `"${name}" is not the name of a backup.`, { name });
  return path.join(dir, FOLDER, `${name}.json`);
}

/** Oldest first. */
export async function manifestNames(dir: string): Promise<string[]> {
  const names = await readdir(path.join(dir, FOLDER)).catch(() => []);
  return names
    .map((name) => name.replace(/\.json$/, ''))
    .filter((name) => NAME.test(name))
    .sort();
}

export async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  await makeDirectory(path.join(dir, FOLDER));
  const sha256 = hash('sha256', canonicalJson(manifest));
  await writeFileDurably(manifestPath(dir, manifest.name), `${JSON.stringify({ ...manifest, sha256 })}\n`);
}

/** Errors: BACKUP_UNKNOWN, BACKUP_DAMAGED, BACKUP_VERSION_UNKNOWN. */
export async function readManifest(dir: string, name: string): Promise<Manifest> {
  const file = manifestPath(dir, name);
  const damaged = (what: string): TollgridError =>
    new TollgridError('BACKUP_DAMAGED', `${file} ${what}`, { problems: [`${file} ${what}`] });
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new TollgridError('BACKUP_UNKNOWN', `There is no backup ${name} in ${dir}.`);
    throw damaged(`cannot be read (${error.code})`);
  });
  let value: Manifest & { sha256?: string };
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw damaged('is not JSON');
  }
  const { sha256, ...manifest } = value;
  if (sha256 !== hash('sha256', canonicalJson(manifest))) throw damaged('does not have the checksum it states');
  if (manifest.tollgridBackup !== BACKUP_VERSION) {
    throw new TollgridError('BACKUP_VERSION_UNKNOWN', `${file} has the version ${String(manifest.tollgridBackup)}.`);
  }
  return manifest;
}

/** All of them, oldest first. */
export async function listManifests(dir: string): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (const name of await manifestNames(dir)) {
    try {
      listed.push({ name, manifest: await readManifest(dir, name) });
    } catch (error) {
      listed.push({ name, wrong: (error as Error).message });
    }
  }
  return listed;
}

/** Each part once, with what it holds in words. */
export function* partsOf(manifest: Manifest): Generator<Blob & { what: string }> {
  for (const { firstEntry, lastEntry, pieces } of manifest.segments) {
    for (const piece of pieces) yield { ...piece, what: `entries ${firstEntry} to ${lastEntry} of the log` };
  }
  for (const blob of manifest.spool) yield { ...blob, what: `the received file ${blob.sha256} of the spool` };
  for (const file of manifest.files) yield { ...file, what: file.path };
}
