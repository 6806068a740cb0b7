/**
 * What retention has taken from the front of the log, as a durable mark beside the segments: without it a first segment
 * that was removed by hand could not be told from one that was let go. The mark is written before anything is removed.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { writeFileDurably } from '../durable-file.ts';
import { TollgridError } from '../errors.ts';
import { CHAIN_START } from './frame.ts';

export interface Retained {
  /** First entry that is kept: where the first kept segment begins. */
  firstNo: number;
  /** Chain of the entry before it, hexadecimal. */
  chain: string;
  /** What is computed again begins behind this entry, with what stands in `base`. At least `firstNo - 1`. */
  sealedNo: number;
  /** Name of the base: what was made of all entries up to `sealedNo`. */
  base: string;
  /** When it was removed, and when the last sealed entry was accepted; UTC milliseconds. */
  removedAtMs: number;
  sealedAcceptedMs: number;
}

const NAME = 'retained.json';

/** Null: everything is kept. Error: LOG_DAMAGED. */
export async function readRetained(logDir: string): Promise<Retained | null> {
  const file = path.join(logDir, NAME);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const json = text.slice(text.indexOf(' ') + 1);
  if (text !== withChecksum(json)) {
    throw new TollgridError('LOG_DAMAGED', `${file} is not what was written: what is kept of the log is not known`, {
      file,
    });
  }
  return JSON.parse(json) as Retained;
}

export async function writeRetained(logDir: string, retained: Retained): Promise<void> {
  await writeFileDurably(path.join(logDir, NAME), withChecksum(JSON.stringify(retained)));
}

/** Before which entry the log begins, and the chain there. */
export async function logStart(logDir: string): Promise<{ firstNo: number; chain: Uint8Array }> {
  const retained = await readRetained(logDir);
  if (retained === null) return { firstNo: 1, chain: CHAIN_START };
  return { firstNo: retained.firstNo, chain: Buffer.from(retained.chain, 'hex') };
}

/** CRC-32 in hexadecimal, a blank, the text. */
function withChecksum(json: string): string {
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}`;
}
