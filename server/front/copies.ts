/**
 * Second copies of the log: the one in a folder that this machine keeps up, and those that other machines fetch. What is
 * not copied yet is known here; nothing waits for it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import type { Config } from '../../platform/config.ts';
import { TollgridError } from '../../platform/errors.ts';
import { LogReader, type Spool } from '../../platform/log/index.ts';
import type { Logger } from '../../platform/logger.ts';
import type { CopyStatus, LastBackup } from '../../schemas/api/operation.ts';
import { LAST_BACKUP, nextRun, readBlob, readSideFile, sideFiles, type FollowerReport } from '../copy/index.ts';
import type { CopyServices, Metrics } from '../http/index.ts';
import { CopyHolds } from './copy-holds.ts';
import { EntryTimes } from './entry-times.ts';
import { Shipper } from './shipper.ts';

export interface CopiesParts {
  config: Config;
  clock: Clock;
  epoch: number;
  headNo(): number;
  /** Somebody was restored from the copy: this installation is not to go on. */
  onReplaced(reason: TollgridError): void;
  metrics: Metrics;
  log: Logger;
}

interface Copy {
  kind: CopyStatus['kind'];
  copiedEntry: number | null;
  heardAtMs: number | null;
  failure: string | null;
  bytes: number;
  /** When the first entry that is not copied was accepted, read from the log when no note tells. */
  oldest: { entryNo: number; atMs: number | null } | null;
}

/** Whoever copies asks again, or says how far it is, after some seconds. */
const SILENT_MS = 30_000;
const DIRECTORY = 'directory';
/** Each is a label of metrics. */
const COPIES_MAX = 32;

export class Copies {
  private readonly parts: CopiesParts;
  private readonly times = new EntryTimes();
  private readonly copies = new Map<string, Copy>();
  private readonly reader: LogReader;
  private readonly holds: CopyHolds;
  private replaced: TollgridError | null = null;
  private shipper: Shipper | null = null;
  private waiting = new Set<() => void>();

  constructor(parts: CopiesParts) {
    this.parts = parts;
    const logDir = path.join(parts.config.dataDir, 'log');
    this.reader = new LogReader(logDir);
    this.holds = new CopyHolds(logDir);
    const { to, followers } = parts.config.shipping;
    if (to !== undefined) this.copy(DIRECTORY);
    for (const name of followers) this.copy(name);
  }

  /** Error: COPY_FENCED. */
  async start(): Promise<void> {
    const { config, epoch, headNo, log } = this.parts;
    const { to, niceLevel } = config.shipping;
    await this.holds.open([...this.copies.keys()]);
    if (to === undefined) return;
    this.shipper = new Shipper({
      ...{ dataDir: config.dataDir, to, niceLevel, epoch, headNo, log },
      onReport: (report) => {
        this.follow(report);
        if (report.failure?.code !== 'COPY_FENCED') return;
        this.replaced ??= new TollgridError('COPY_FENCED', report.failure.message);
        this.parts.onReplaced(this.replaced);
      },
    });
    await this.shipper.start();
    if (this.replaced !== null) throw this.replaced;
  }

  private copy(name: string): Copy {
    let copy = this.copies.get(name);
    if (copy === undefined) {
      const kind = name === DIRECTORY ? 'directory' : 'follower';
      copy = { kind, copiedEntry: null, heardAtMs: null, failure: null, bytes: 0, oldest: null };
      this.copies.set(name, copy);
    }
    return copy;
  }

  /** Error: REQUEST_INVALID when there are too many of them already. */
  private follower(name: string): Copy {
    if (!this.copies.has(name) && this.copies.size >= COPIES_MAX) {
      throw new TollgridError('REQUEST_INVALID', `There are ${COPIES_MAX} copies already.`);
    }
    return this.copy(name);
  }

  private follow({ entryNo, bytes, failure }: FollowerReport): void {
    const copy = this.copy(DIRECTORY);
    const failed = failure && `${failure.code}: ${failure.message}`;
    if (failed !== copy.failure && failed !== null) this.parts.log.error(failure, 'the second copy is not kept up');
    copy.copiedEntry = entryNo;
    copy.heardAtMs = this.parts.clock.now();
    copy.failure = failed;
    this.holds.copied(DIRECTORY, entryNo, copy.heardAtMs);
    this.parts.metrics.tollgrid_copied_bytes_total.inc({ copy: DIRECTORY }, Math.max(0, bytes - copy.bytes));
    copy.bytes = bytes;
  }

  appended(entryNo: number, acceptedAtMs: number): void {
    this.times.appended(entryNo, acceptedAtMs);
    this.shipper?.headMoved();
    this.interrupt();
  }

  status(): CopyStatus[] {
    const nowMs = this.parts.clock.now();
    const headNo = this.parts.headNo();
    return [...this.copies].map(([name, copy]) => {
      const { kind, copiedEntry, heardAtMs, failure } = copy;
      const silent = nowMs - (heardAtMs ?? -Infinity) > SILENT_MS;
      return {
        name,
        kind,
        up: failure === null && !silent,
        copiedEntry,
        missingEntries: Math.max(0, headNo - (copiedEntry ?? 0)),
        missingMs: this.missingMs(copy, headNo, nowMs),
        heardAt: heardAtMs === null ? null : new Date(heardAtMs).toISOString(),
        failure: failure ?? (silent ? 'nothing is heard of it' : null),
      };
    });
  }

  private missingMs(copy: Copy, headNo: number, nowMs: number): number | null {
    if (copy.copiedEntry === null) return null;
    if (copy.copiedEntry >= headNo) return 0;
    const atMs = this.times.of(copy.copiedEntry + 1) ?? this.oldestMs(copy, copy.copiedEntry + 1);
    return atMs === null ? null : Math.max(0, nowMs - atMs);
  }

  /** From the log, for the next who asks. */
  private oldestMs(copy: Copy, entryNo: number): number | null {
    if (copy.oldest?.entryNo === entryNo) return copy.oldest.atMs;
    const before = copy.oldest;
    const oldest = (copy.oldest = { entryNo, atMs: before?.atMs ?? null });
    this.reader.entry(entryNo).then(
      ({ acceptedAtMs }) => (oldest.atMs = acceptedAtMs),
      () => undefined,
    );
    return oldest.atMs;
  }

  /** Null: none was made, or nobody said so. */
  lastBackup(): LastBackup | null {
    try {
      return JSON.parse(readFileSync(path.join(this.parts.config.dataDir, LAST_BACKUP), 'utf8')) as LastBackup;
    } catch {
      return null;
    }
  }

  /** For followers on other machines. */
  services(spool: Spool): CopyServices {
    const { config, clock, epoch, headNo, metrics } = this.parts;
    const { dataDir } = config;
    return {
      copyLog: async ({ copy: name, afterNo, waitMs }) => {
        const copy = this.follower(name);
        copy.heardAtMs = clock.now();
        copy.copiedEntry = afterNo;
        this.holds.copied(name, afterNo, copy.heardAtMs);
        if (afterNo === headNo() && waitMs > 0) await this.moved(waitMs);
        const head = headNo();
        const run = await nextRun(this.reader, afterNo, head);
        metrics.tollgrid_copied_bytes_total.inc({ copy: name }, run?.bytes.length ?? 0);
        return { run, headNo: head, epoch };
      },
      copyBlob: async ({ copy, sha256, offset }) => {
        const follower = this.follower(copy);
        if (!spool.has(sha256))
          throw new TollgridError('SPOOL_BLOB_MISSING', `The spool has no ${sha256}.`, { sha256 });
        const counted = async function* (): AsyncGenerator<Uint8Array> {
          for await (const chunk of readBlob(spool, sha256, offset)) {
            // A large file may take longer than a follower may be silent.
            follower.heardAtMs = clock.now();
            metrics.tollgrid_copied_bytes_total.inc({ copy }, chunk.length);
            yield chunk;
          }
        };
        return Readable.from(counted(), { objectMode: false });
      },
      copyFiles: async () => ({ items: await sideFiles(dataDir, { secrets: false }) }),
      copyFile: (name) => readSideFile(dataDir, name),
    };
  }

  private moved(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.waiting.add(done);
    });
  }

  /** Followers that wait for news are answered. */
  interrupt(): void {
    for (const wake of this.waiting) wake();
  }

  /** Segments were archived or removed. */
  refresh(): Promise<void> {
    return this.reader.refresh();
  }

  async stop(): Promise<void> {
    await this.shipper?.stop();
    await this.holds.close();
    await this.reader.close();
  }
}
