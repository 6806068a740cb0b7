/** Remembers what a collector hands over, as the log would; `restart` forgets what only a process knows. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TollgridError } from '../../../platform/errors.ts';
import type { FileIntake, FileSource, GrowingFile, KnownFile } from '../../../collectors/files/index.ts';
import type { CompiledFormat } from '../../../mediation/formats/index.ts';

export const QUIET_MS = 60_000;

/** Records are lines; enough of a format for collectors. */
const LINES = {
  cut: (bytes: Uint8Array, atEnd: boolean, _first: boolean) => (atEnd ? bytes.length : bytes.lastIndexOf(10) + 1),
} as CompiledFormat;

export class FakeIntake implements FileIntake {
  sliceBytesMax = 1024;
  /** Closed files taken in, by name. */
  readonly closed: { name: string; text: string }[] = [];
  private readonly closedKeys = new Map<string, KnownFile>();
  /** What its check says of a closed file. */
  hold: (name: string, text: string) => KnownFile['held'] = () => null;
  private readonly growing: (GrowingFile & { text: string })[] = [];
  /** Done after each piece of a file that is read. */
  whileReading: () => void = () => undefined;
  /** Slices until the next one is refused, as when Tollgrid stops. */
  refuseAfter = Infinity;

  format(): CompiledFormat {
    return LINES;
  }

  knownClosed(source: string, name: string, sizeBytes: number, modifiedMs: number): KnownFile | undefined {
    return this.closedKeys.get([source, name, sizeBytes, modifiedMs].join());
  }

  whileRoom(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    return content;
  }

  async admitClosed(
    source: { name: string },
    name: string,
    content: string | AsyncIterable<Uint8Array>,
    modifiedMs: number,
  ): Promise<KnownFile> {
    if (this.refuseAfter-- <= 0) throw new TollgridError('STOPPING', 'stopping');
    const text = typeof content === 'string' ? fs.readFileSync(content, 'utf8') : await this.textOf(content);
    this.closed.push({ name, text });
    const known = { sha256: createHash('sha256').update(text).digest('hex'), held: this.hold(name, text) };
    this.closedKeys.set([source.name, name, Buffer.byteLength(text), modifiedMs].join(), known);
    return known;
  }

  private async textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
    let text = '';
    for await (const chunk of content) {
      text += Buffer.from(chunk).toString();
      this.whileReading();
    }
    return text;
  }

  /** Copies: the collector moves its own offsets, the log has its own. */
  growingFiles(): GrowingFile[] {
    return this.growing.map(({ text: _, ...file }) => ({ ...file }));
  }

  startGrowing(_source: FileSource, file: Omit<GrowingFile, 'fileEntry' | 'offset' | 'tail'>): Promise<GrowingFile> {
    const started = { ...file, fileEntry: this.growing.length + 1, offset: 0 };
    this.growing.push({ ...started, text: '' });
    return Promise.resolve(started);
  }

  admitGrowth(_source: FileSource, file: GrowingFile, bytes: Uint8Array, atEnd: boolean): Promise<void> {
    if (this.refuseAfter-- <= 0) return Promise.reject(new TollgridError('STOPPING', 'stopping'));
    const kept = this.growing.find(({ fileEntry }) => fileEntry === file.fileEntry)!;
    if (!atEnd && bytes.at(-1) !== 10 && bytes.length < this.sliceBytesMax)
      throw new Error('half a line was handed over');
    kept.text += Buffer.from(bytes).toString();
    const tail = { lengthBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    for (const one of [kept, file]) {
      one.offset += bytes.length;
      one.tail = tail;
    }
    return Promise.resolve();
  }

  /** What was taken of each file, in the order in which they were begun. */
  get texts(): string[] {
    return this.growing.map(({ text }) => text);
  }
}

export class Inbox {
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-inbox-'));

  source(mode: 'closed' | 'growing', pattern = '*'): FileSource {
    return {
      ...{ name: 'inbox', format: 'lines', directory: this.directory, pattern, mode, pollMs: 100, quietMs: QUIET_MS },
      ...{ complete: 'quiet', markerSuffix: '.done', fileBytesMax: 1_000_000 },
    };
  }

  path(name: string): string {
    return path.join(this.directory, name);
  }

  write(name: string, text: string): void {
    fs.writeFileSync(this.path(name), text);
  }

  append(name: string, text: string): void {
    fs.appendFileSync(this.path(name), text);
  }

  rename(from: string, to: string): void {
    fs.renameSync(this.path(from), this.path(to));
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
