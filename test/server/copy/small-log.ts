/** A data directory with a log, a spool and a statement, that a test adds to; no processes, no engine. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import { listSegments, LogReader, LogWriter, Spool, writeRetained } from '../../../platform/log/index.ts';
import { EntryType } from '../../../schemas/log-entries.ts';

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

export function temporaryFolder(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-copy-'));
  made.push(dir);
  return dir;
}

export const clock = { now: () => Date.UTC(2026, 10, 22, 2, 0, 0) };

async function* single(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

export class SmallLog {
  readonly dataDir: string;
  private readonly log: LogWriter;
  private readonly spool: Spool;

  private constructor(dataDir: string, log: LogWriter, spool: Spool) {
    this.dataDir = dataDir;
    this.log = log;
    this.spool = spool;
  }

  static async open(
    folder = temporaryFolder(),
    segmentBytesMax = 4096,
    onDurable: (headNo: number) => void = () => undefined,
  ): Promise<SmallLog> {
    const dataDir = path.join(folder, 'data');
    const log = await LogWriter.open(path.join(dataDir, 'log'), { segmentBytesMax, groupWaitMs: 0, onDurable });
    fs.mkdirSync(path.join(dataDir, 'keys'), { recursive: true });
    fs.writeFileSync(path.join(dataDir, 'keys', 'statements.key'), 'the secret');
    fs.writeFileSync(path.join(dataDir, 'keys', 'statements.pub'), 'the public key');
    fs.writeFileSync(path.join(dataDir, 'epoch'), '7\n');
    return new SmallLog(dataDir, log, await Spool.open(path.join(dataDir, 'spool')));
  }

  get headNo(): number {
    return this.log.headNo;
  }

  private pins(): { acceptedAtMs: number; registryNo: number; semanticsNo: number } {
    return { acceptedAtMs: 1_790_000_000_000 + this.log.nextNo, registryNo: 0, semanticsNo: 2 };
  }

  /** A pushed batch. */
  async push(text: string): Promise<number> {
    return (await this.log.append(EntryType.batch, { source: 's' }, Buffer.from(text), this.pins())).entryNo;
  }

  /** A slice of a received file. */
  async slice(text: string): Promise<string> {
    const { sha256 } = await this.spool.add(single(text));
    await this.log.append(EntryType.slice, { source: 's', blob: sha256 }, undefined, this.pins());
    return sha256;
  }

  /** How far an output is. */
  output(name: string, entry: number): void {
    const folder = path.join(this.dataDir, 'outputs');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({ entry, after: null, sent: entry }));
  }

  statement(date: string): void {
    const folder = path.join(this.dataDir, 'statements');
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, `${date}.json`), JSON.stringify({ date }));
  }

  /** Takes the first segments away as retention does: the mark first. Returns their names. */
  async retire(count: number): Promise<string[]> {
    const dir = path.join(this.dataDir, 'log');
    const segments = await listSegments(dir);
    const { firstNo } = segments[count]!;
    const reader = new LogReader(dir);
    const chain = Buffer.from((await reader.entry(firstNo - 1)).chain).toString('hex');
    await reader.close();
    const sealed = { sealedNo: firstNo - 1, base: 'none', removedAtMs: 0, sealedAcceptedMs: 0 };
    await writeRetained(dir, { firstNo, chain, ...sealed });
    for (const { path: file } of segments.slice(0, count)) fs.rmSync(file);
    return segments.slice(0, count).map(({ path: file }) => path.basename(file));
  }

  close(): Promise<void> {
    return this.log.close();
  }
}

/** Every file of some folders by its name, with its content; what is kept back for copies belongs to none of them. */
export function contentOf(dir: string, ...folders: string[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const folder of folders) {
    const at = path.join(dir, folder);
    if (!fs.existsSync(at)) continue;
    for (const name of fs.readdirSync(at, { recursive: true, encoding: 'utf8' }).sort()) {
      const file = path.join(at, name);
      if (name.startsWith('holds')) continue;
      if (fs.statSync(file).isFile() && fs.statSync(file).size > 0)
        files[`${folder}/${name}`] = fs.readFileSync(file, 'latin1');
    }
  }
  return files;
}

/** Flips a bit in the middle of a file. */
export function damage(file: string): void {
  const bytes = fs.readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  fs.writeFileSync(file, bytes);
}
