/**
 * Keeps a second copy up: entries as soon as they are durable in the original, what they point at before them. Whatever
 * goes wrong is told and tried again; the original never waits.
 */
import { toTollgridError, type ErrorCode } from '../../platform/errors.ts';
import { checkRun } from '../../platform/log/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { Pause } from '../../platform/pause.ts';
import { CopyFolder, NOWHERE, type CopyPosition } from './copy-folder.ts';
import { blobsOf } from './layout.ts';
import type { CopySource } from './source.ts';

export interface FollowerReport extends CopyPosition {
  /** Bytes of log and spool copied since the start. */
  bytes: number;
  /** Why nothing is copied just now. */
  failure: { code: ErrorCode; message: string } | null;
}

export interface FollowerOptions {
  source: CopySource;
  /** The folder of the copy. */
  to: string;
  clock: Clock;
  report: (report: FollowerReport) => void;
}

/** How long the original may keep a follower waiting for news. */
const WAIT_MS = 5_000;
const FILES_EVERY_MS = 10_000;
const RETRY_MS = 250;
const RETRY_MS_MAX = 15_000;

export class Follower {
  private readonly options: FollowerOptions;
  private folder: CopyFolder | null = null;
  private position: CopyPosition = NOWHERE;
  private bytes = 0;
  private filesAtMs = -Infinity;
  private readonly copied = new Map<string, string>();
  private stopping = false;
  private draining = false;
  private readonly pause = new Pause();

  constructor(options: FollowerOptions) {
    this.options = options;
  }

  /** Resolves after `stop` or `drain`. */
  async run(): Promise<void> {
    let pauseMs = RETRY_MS;
    while (!this.stopping) {
      try {
        this.folder ??= await CopyFolder.open(this.options.to);
        const nothingLeft = await this.step(this.folder);
        this.tell(null);
        pauseMs = RETRY_MS;
        if (nothingLeft && this.draining) break;
      } catch (error) {
        this.tell(error);
        await this.folder?.abandon();
        this.folder = null;
        if (this.draining) break;
        await this.pause.wait(pauseMs);
        pauseMs = Math.min(RETRY_MS_MAX, 2 * pauseMs);
      }
    }
    await this.folder?.close();
    await this.options.source.close();
  }

  /** Ends after what is there now is copied, or at the first error. */
  drain(): void {
    this.draining = true;
    this.interrupt();
  }

  /** Ends after the step under way. */
  stop(): void {
    this.stopping = true;
    this.pause.stop();
    this.interrupt();
  }

  private interrupt(): void {
    this.pause.cut();
    this.options.source.interrupt();
  }

  /** True when nothing is left to copy. */
  private async step(folder: CopyFolder): Promise<boolean> {
    const { source, clock } = this.options;
    const { run, headNo, epoch } = await source.next(
      folder.place.entryNo,
      this.draining || this.stopping ? 0 : WAIT_MS,
    );
    await folder.heard(headNo, epoch, clock.now());
    if (run !== null) {
      const checked = checkRun(run.bytes, folder.place);
      for (const blob of new Set(checked.entries.flatMap(blobsOf))) {
        if (!folder.has(blob)) await folder.takeBlob(blob, (offset) => this.told(source.blob(blob, offset)));
      }
      await folder.append(run, checked, clock.now());
      this.bytes += run.bytes.length;
    }
    // Asking once more is what tells the original that the last entries are here.
    const done = run === null;
    const nowMs = clock.now();
    if (Math.abs(nowMs - this.filesAtMs) >= FILES_EVERY_MS || (done && this.draining)) {
      await this.copyFiles(folder);
      this.filesAtMs = nowMs;
    }
    return done;
  }

  /** A large file may take longer than a follower may be silent. */
  private async *told(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      this.bytes += chunk.length;
      this.tell(null);
      yield chunk;
    }
  }

  private async copyFiles(folder: CopyFolder): Promise<void> {
    const { source } = this.options;
    for (const { path: name, sha256 } of await source.files()) {
      if (this.copied.get(name) === sha256) continue;
      await folder.takeFile(name, await source.file(name));
      this.copied.set(name, sha256);
    }
  }

  private tell(error: unknown): void {
    const failed = error === null ? null : toTollgridError(error);
    this.position = this.folder?.position ?? this.position;
    const failure = failed && { code: failed.code, message: failed.message };
    this.options.report({ ...this.position, bytes: this.bytes, failure });
  }
}
