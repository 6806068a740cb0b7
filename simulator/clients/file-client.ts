/**
 * An exchange that leaves a file of calls every few seconds: written aside and renamed, so that it appears whole. A file
 * stays until somebody takes it, so nothing of it can be lost.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { callFile, localDay } from '../encode.ts';
import type { Call, Delivery } from '../events.ts';
import { NO_COUNTS, type ClientCounts, type DeviceClient } from './port.ts';

export class FileClient implements DeviceClient {
  readonly acknowledges = false;
  readonly counts: ClientCounts = { ...NO_COUNTS };
  readonly files: string[] = [];
  private readonly folder: string;
  private readonly exchange: string;
  private readonly everyMs: number;
  private calls: Call[] = [];
  /** The next file is left twice, under two names: calls within a file have numbers and do not come again. */
  private twice = false;
  private day: string | null = null;
  private nextNo = 1;
  private timer: NodeJS.Timeout | null = null;
  private turn: Promise<void> = Promise.resolve();

  /** `exchange`: its name within the files, another for each run. */
  constructor(folder: string, exchange: string, everyMs: number) {
    this.folder = folder;
    this.exchange = exchange;
    this.everyMs = everyMs;
  }

  async deliver({ event, again }: Delivery): Promise<boolean> {
    const call = event as Call;
    this.twice ||= again;
    if (again) return true;
    this.day ??= localDay(call.answeredAtMs);
    this.calls.push(call);
    this.timer ??= setTimeout(() => void this.leave(), this.everyMs);
    return true;
  }

  async finish(): Promise<void> {
    await this.leave();
  }

  abort(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private leave(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const calls = this.calls.splice(0);
    if (calls.length > 0) this.turn = this.turn.then(() => this.write(calls));
    return this.turn;
  }

  private async write(calls: readonly Call[]): Promise<void> {
    const bytes = callFile(this.exchange, this.day!, this.nextNo, calls);
    this.nextNo += calls.length;
    await mkdir(this.folder, { recursive: true });
    await this.appear(bytes);
    if (this.twice) await this.appear(bytes);
    this.twice = false;
  }

  private async appear(bytes: string): Promise<void> {
    const name = `${this.exchange}-${String(this.files.length + 1).padStart(5, '0')}.txt`;
    const aside = path.join(this.folder, `.${name}.part`);
    await writeFile(aside, bytes);
    await rename(aside, path.join(this.folder, name));
    this.files.push(name);
  }
}
