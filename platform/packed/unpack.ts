/**
 * The files in a packed one (gzip, RFC 1952; ZIP, APPNOTE 6.3), as streams, within limits: nobody knows how large it is before
 * it is unpacked. What the packed file says of its sizes is not believed; its checksums are checked.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { crc32, createGunzip } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { TollgridError } from '../errors.ts';
import { packingOf, unpackedName, type Packing } from './packing.ts';

export interface PackedLimits {
  /** Unpacked bytes for each packed one, over the whole; not looked at below a mebibyte. */
  ratioMax: number;
  filesMax: number;
  /** Unpacked bytes of all files together. */
  bytesMax: number;
}

export interface Member {
  /** From 1, in the order of the packed file. */
  no: number;
  /** As it is called inside: data, never a path. */
  name: string;
  /** To be read to its end before the next member is asked for. */
  content: AsyncIterable<Uint8Array>;
}

export interface Examined {
  members: number;
  bytes: number;
}

export const USUAL_LIMITS: PackedLimits = { ratioMax: 200, filesMax: 1000, bytesMax: 16 * 1024 ** 3 };

const RATIO_FROM_BYTES = 1024 * 1024;
const LINK_MODE = 0o120000;
const MODE_MASK = 0o170000;

/**
 * Unpacks all of it once and keeps nothing. Errors: PACKED_RATIO, PACKED_TOO_LARGE, PACKED_TOO_MANY, PACKED_NESTED,
 * PACKED_UNREADABLE.
 */
export async function examine(file: string, name: string, packing: Packing, limits: PackedLimits): Promise<Examined> {
  const examined = { members: 0, bytes: 0 };
  for await (const member of unpack(file, name, packing, limits)) {
    examined.members++;
    for await (const chunk of member.content) examined.bytes += chunk.length;
  }
  if (examined.members === 0) throw new TollgridError('PACKED_UNREADABLE', 'no file is in it');
  return examined;
}

/** The same errors, as they are come upon. */
export async function* unpack(
  file: string,
  name: string,
  packing: Packing,
  limits: PackedLimits,
): AsyncGenerator<Member> {
  const guard = new Guard((await stat(file)).size, limits);
  let no = 0;
  for await (const one of packing === 'gz' ? gzMember(file, unpackedName(name)) : zipMembers(file)) {
    if (++no > limits.filesMax)
      throw new TollgridError('PACKED_TOO_MANY', `more than ${limits.filesMax} files are in it`);
    if (packingOf(one.name) !== null)
      throw new TollgridError('PACKED_NESTED', `${JSON.stringify(one.name)} in it is packed, too`);
    yield { no, name: one.name, content: guard.within(one.content) };
  }
}

class Guard {
  private readonly packedBytes: number;
  private readonly limits: PackedLimits;
  private bytes = 0;

  constructor(packedBytes: number, limits: PackedLimits) {
    this.packedBytes = packedBytes;
    this.limits = limits;
  }

  async *within(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { ratioMax, bytesMax } = this.limits;
    for await (const chunk of readable(content)) {
      this.bytes += chunk.length;
      if (this.bytes > bytesMax)
        throw new TollgridError('PACKED_TOO_LARGE', `it unpacks to more than ${bytesMax} bytes`);
      if (this.bytes > RATIO_FROM_BYTES && this.bytes > ratioMax * this.packedBytes)
        throw new TollgridError('PACKED_RATIO', `it unpacks to more than ${ratioMax} times its size`);
      yield chunk;
    }
  }
}

interface Found {
  name: string;
  content: AsyncIterable<Uint8Array>;
}

async function* gzMember(file: string, name: string): AsyncGenerator<Found> {
  // Failures of either stream end both and are met by who reads.
  const content = pipeline(createReadStream(file), createGunzip(), () => undefined);
  try {
    yield { name, content: content as AsyncIterable<Uint8Array> };
  } finally {
    content.destroy();
  }
}

async function* zipMembers(file: string): AsyncGenerator<Found> {
  const zip = await opened(file);
  try {
    for (;;) {
      const entry = await nextEntry(zip);
      if (entry === null) return;
      if (entry.fileName.endsWith('/')) continue;
      if (((entry.externalFileAttributes >>> 16) & MODE_MASK) === LINK_MODE)
        throw unreadable(`${JSON.stringify(entry.fileName)} in it is a link`);
      if (entry.isEncrypted()) throw unreadable(`${JSON.stringify(entry.fileName)} in it is encrypted`);
      const stream = await streamOf(zip, entry);
      try {
        yield { name: entry.fileName, content: checked(stream, entry) };
      } finally {
        stream.destroy();
      }
    }
  } finally {
    zip.close();
  }
}

function opened(file: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true, autoClose: false }, (error, zip) => {
      if (error) reject(unreadable(error.message));
      else resolve(zip);
    });
  });
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => () => {
      zip.removeAllListeners();
      act();
    };
    zip.once('entry', (entry: Entry) => settle(() => resolve(entry))());
    zip.once(
      'end',
      settle(() => resolve(null)),
    );
    zip.once('error', (error: Error) => settle(() => reject(unreadable(error.message)))());
    if (zip.entriesRead === zip.entryCount) settle(() => resolve(null))();
    else zip.readEntry();
  });
}

function streamOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) reject(unreadable(`${JSON.stringify(entry.fileName)} in it: ${error.message}`));
      else resolve(stream);
    });
  });
}

async function* checked(stream: Readable, { crc32: expected, fileName }: Entry): AsyncGenerator<Uint8Array> {
  let crc = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (crc !== expected) throw unreadable(`${JSON.stringify(fileName)} in it does not have its checksum`);
}

/** Whatever zlib and the file system say of broken content. */
async function* readable(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    // The disk's own failures say nothing about the content.
    if (error instanceof TollgridError || 'syscall' in (error as object)) throw error;
    throw unreadable((error as Error).message);
  }
}

function unreadable(message: string): TollgridError {
  return new TollgridError('PACKED_UNREADABLE', message);
}
