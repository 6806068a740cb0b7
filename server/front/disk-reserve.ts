/**
 * Room that is kept free on the data directory's disk: below it nothing new is taken in, so that what was acknowledged
 * can still be written to the ledger. Looked at every second and while a file is copied; it resumes by itself.
 */
import { statfs } from 'node:fs/promises';
import { TollgridError } from '../../platform/errors.ts';

const LOOK_EVERY_MS = 1000;
const LOOK_EVERY_BYTES = 16 * 1024 * 1024;
const RETRY_AFTER_SECONDS = 30;

export interface DiskSpace {
  freeBytes: number;
  totalBytes: number;
}

/** The lesser of the two counts; 0 bytes: nothing is kept free. */
export interface Reserve {
  diskReserveBytes: number;
  diskReservePercent: number;
}

export async function diskSpace(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

export class DiskReserve {
  private readonly space: () => Promise<DiskSpace>;
  private readonly reserve: Reserve;
  private last: DiskSpace = { freeBytes: Infinity, totalBytes: Infinity };
  private stopped = false;
  private timer: NodeJS.Timeout | null = null;
  private waiting: { resolve(): void; reject(error: TollgridError): void }[] = [];

  constructor(space: () => Promise<DiskSpace>, reserve: Reserve) {
    this.space = space;
    this.reserve = reserve;
  }

  get reserveBytes(): number {
    const { diskReserveBytes, diskReservePercent } = this.reserve;
    return Math.min(diskReserveBytes, Math.floor((this.last.totalBytes * diskReservePercent) / 100));
  }

  get freeBytes(): number {
    return this.last.freeBytes;
  }

  get isLow(): boolean {
    return this.last.freeBytes < this.reserveBytes;
  }

  async start(): Promise<void> {
    await this.look();
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  /** Whoever waits for room is told that it will not come any more. */
  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    for (const { reject } of this.waiting.splice(0)) reject(stopping());
  }

  async look(): Promise<void> {
    // A disk that cannot be asked is told by the next write to it.
    this.last = await this.space().catch(() => this.last);
    if (!this.isLow) for (const { resolve } of this.waiting.splice(0)) resolve();
  }

  /** Error: INTAKE_DISK_LOW. */
  require(): void {
    if (!this.isLow) return;
    throw new TollgridError('INTAKE_DISK_LOW', 'The disk has less room than its reserve; nothing is taken in.', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      freeBytes: this.freeBytes,
      reserveBytes: this.reserveBytes,
    });
  }

  /** For what was accepted already: goes on when there is room. Error: STOPPING. */
  async room(): Promise<void> {
    if (!this.isLow) return;
    if (this.stopped) throw stopping();
    await new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** The same bytes, until they would use up the reserve. Error: INTAKE_DISK_LOW. */
  async *guard(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let unseenBytes = LOOK_EVERY_BYTES;
    for await (const chunk of content) {
      if (unseenBytes >= LOOK_EVERY_BYTES) {
        await this.look();
        this.require();
        unseenBytes = 0;
      }
      yield chunk;
      unseenBytes += chunk.length;
    }
  }
}

function stopping(): TollgridError {
  return new TollgridError('STOPPING', 'Tollgrid is stopping; what waits for room follows later.');
}
