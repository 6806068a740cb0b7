/** One machine: a disk, a ledger, a front and a rater, and what may go wrong with each. All chance comes from a seed. */
import { Rater } from '../../../server/rater/rater.ts';
import { LedgerWriter } from '../../../ledger/index.ts';
import { LogReader } from '../../../platform/log/index.ts';
import { toTollgridError } from '../../../platform/errors.ts';
import type { Observed } from '../model.ts';
import { recordOfLine, recordOfQuantity } from '../usage.ts';
import { SimDisk } from './disk.ts';
import { SimFront } from './front.ts';
import { SimLedger } from './ledger.ts';
import { failure, mount, unmount, type DiskHooks, type Operation } from './patched-fs.ts';
import { SimProcess } from './process.ts';
import type { Random } from '../random.ts';
import { threadsHere } from './threads.ts';

/** A planted bug, as far as it sits at the disk: false leaves the operation out and says it was done. */
export type DiskBug = (kind: Operation, file: string, world: World) => boolean;

/** At which operation of a process something happens. */
interface Appointment {
  role: 'front' | 'rater' | 'any';
  countdown: number;
  what: 'kill' | 'failSync' | 'full';
}

const TURNS_MAX = 30_000;
const STARTS_MAX = 12;

export class Stuck extends Error {}

export class World {
  readonly disk: SimDisk;
  readonly ledger: SimLedger;
  readonly random: Random;
  readonly root: string;
  readonly threads: number;
  front: SimFront | null = null;
  rater: Rater | null = null;
  diskBug: DiskBug = () => true;
  /** A planted bug may put the bytes of a write elsewhere. */
  placeOf: DiskHooks['place'] = (_file, at) => at;
  /** A planted bug lets an owner of old go on. */
  fenced = true;
  /** A planted bug takes a failed sync for a good one. */
  ignoresFailedSyncs = false;
  /** What a planted bug does to the files before the front opens them. */
  beforeFront: (world: World) => Promise<void> = async () => undefined;
  /** How often the log is archived and cut; a bug that is planted there is looked for there. */
  keepLogChance = 0.2;
  raterFailures: string[] = [];
  /** Last entry of those that were acknowledged. */
  acknowledgedNo = 0;
  /** What the log is cut down to now and then; 0: everything is kept. */
  private readonly retentionBytes: number;
  private frontProcess = new SimProcess('front');
  private raterProcess = new SimProcess('rater');
  private appointment: Appointment | null = null;
  private tearing = false;
  private clockMs = Date.UTC(2026, 10, 1);

  constructor(random: Random, name: string) {
    this.random = random;
    this.disk = new SimDisk(`/simulated/${name}`);
    this.root = this.disk.home;
    this.ledger = new SimLedger(random);
    this.threads = random.chance(0.3) ? 2 : 1;
    this.retentionBytes = random.pick([0, 3_000, 12_000]);
    const hooks: DiskHooks = {
      before: (kind, file) => this.before(kind, file),
      torn: (length) => (this.tearing ? random.below(length + 1) : length),
      place: (file, at, inode) => this.placeOf(file, at, inode),
      delay: () => (random.chance(0.2) ? random.below(4) : 0),
    };
    mount(this.disk, hooks);
  }

  end(): void {
    this.kill();
    unmount(this.disk);
  }

  private roleOfNow(file: string): 'front' | 'rater' {
    return /\/(ledger|rater)(\/|$)/.test(file.slice(this.root.length)) ? 'rater' : 'front';
  }

  private before(kind: Operation, file: string): boolean {
    this.tearing = false;
    if (this.appointment !== null && kind !== 'read') this.meet(this.appointment, kind, file);
    return this.diskBug(kind, file, this);
  }

  private meet(appointment: Appointment, kind: Operation, file: string): void {
    if (appointment.role !== 'any' && appointment.role !== this.roleOfNow(file)) return;
    if (appointment.what === 'failSync' && kind !== 'sync' && kind !== 'syncFolder') return;
    if (--appointment.countdown > 0) return;
    this.appointment = null;
    if (appointment.what === 'failSync') {
      this.disk.find(file)?.failSync(this.random);
      if (!this.ignoresFailedSyncs) throw failure('EIO', file);
      return;
    }
    if (appointment.what === 'full') {
      this.disk.capacityBytes = Math.max(1, this.disk.usedBytes + this.random.below(600));
      return;
    }
    // In the middle of a write a part of it stays in the cache.
    this.tearing = kind === 'write' && this.random.chance(0.5);
    if (appointment.role === 'rater' || this.roleOfNow(file) === 'rater') this.raterProcess.kill();
    else this.kill();
  }

  /** At the n-th operation from now on. */
  arrange(appointment: Appointment | null): void {
    this.appointment = appointment;
  }

  /** kill -9 of everything. */
  kill(): void {
    this.acknowledgedNo = Math.max(this.acknowledgedNo, this.front?.log.headNo ?? 0);
    this.frontProcess.kill();
    this.raterProcess.kill();
    this.front = null;
    this.rater = null;
  }

  killRater(): void {
    this.raterProcess.kill();
    this.rater = null;
  }

  powerCut(): void {
    this.kill();
    this.disk.capacityBytes = 0;
    this.disk.cut(this.random, this.random.pick([0, 0, 0.3, 0.7, 1]));
    this.ledger.powerCut();
  }

  get frontAlive(): boolean {
    return this.front !== null && this.frontProcess.alive;
  }

  get raterAlive(): boolean {
    return this.rater !== null && this.raterProcess.alive;
  }

  /** Work of the front; its promise never ends when the front dies first, so `settled` says which it was. */
  inFront<T>(work: (front: SimFront) => Promise<T>): Promise<T> {
    const front = this.front!;
    return this.frontProcess.run(() => work(front));
  }

  /**
   * The front is frozen, another takes its place, and the first one wakes: what it does then is given to `work`, in its
   * own process.
   */
  async haunt(work: (ghost: SimFront) => Promise<unknown>): Promise<void> {
    const [ghost, process] = [this.front!, this.frontProcess];
    process.freeze();
    this.killRater();
    this.disk.capacityBytes = 0;
    await this.startFront(true);
    process.goOn();
    const done = process.run(() => work(ghost));
    let ended = false;
    done.catch(() => undefined).finally(() => (ended = true));
    await this.until(() => ended || !this.frontAlive, 'a ghost is not answered');
    process.kill();
  }

  /** Opens the front on what the disk holds. Throws what opening throws. */
  async startFront(fromSilent = false): Promise<void> {
    const me = new SimProcess('front');
    this.frontProcess = me;
    await this.beforeFront(this);
    const opening = this.frontProcess.run(() =>
      SimFront.open({
        root: this.root,
        slicesAheadMax: 3,
        sliceBytesMax: 700,
        segmentBytesMax: 4_000,
        now: () => (this.clockMs += 1000),
        onAppended: (entryNo) => this.frontProcess === me && this.rater?.setHead(entryNo),
        confirm: async () => {
          if (this.fenced && this.frontProcess !== me) throw failure('ESTALE', this.root);
        },
        detach: this.fenced && fromSilent,
      }),
    );
    this.front = await this.orDead(opening, this.frontProcess);
    if (this.front !== null) void this.inFront((front) => front.finishFiles()).catch(() => undefined);
  }

  async startRater(): Promise<void> {
    const process = new SimProcess('rater');
    this.raterProcess = process;
    const fail = (error: unknown): void => {
      if (!process.alive) return;
      this.raterFailures.push(described(error));
      process.kill();
    };
    const headNo = this.front!.log.headNo;
    const options = {
      dataDir: this.root,
      ledger: { url: '', token: '' },
      threads: this.threads,
      slicesAheadMax: 3,
      writeRowsMax: this.random.pick([1, 20, 60]),
      // Mostly there is no room: identities go to files after each slice.
      identitiesMemoryBytesMax: this.random.pick([0, 0, 1 << 20]),
      logLevel: 'silent' as const,
      keep: { archiveAfterDays: 0, retention: { days: 0, bytes: this.retentionBytes } },
    };
    const opening = process.run(() =>
      Rater.open(
        options,
        headNo,
        {
          tell: (message) => {
            if (message.type === 'processed' && process.alive) {
              this.frontProcess.run(() => this.front?.processed.set(message.entryNo));
            }
          },
          fail,
        },
        {
          ledger: () => this.ledger.client(),
          pools: threadsHere,
          syncLedger: () => this.ledger.sync(),
          checkpointRecords: this.random.pick([8, 40, 10_000]),
        },
      ),
    );
    opening.catch(fail);
    const rater = await this.orDead(
      opening.catch(() => null),
      process,
    );
    if (rater === null) return;
    this.rater = rater;
    if (this.front !== null) rater.setHead(this.front.log.headNo);
  }

  /** The result, or null when the process died on the way. */
  private async orDead<T>(work: Promise<T>, process: SimProcess): Promise<T | null> {
    let done = false;
    let result: T | null = null;
    const failed: Error[] = [];
    work.then(
      (value) => ((done = true), (result = value)),
      (thrown: Error) => ((done = true), failed.push(thrown)),
    );
    await this.until(() => done || !process.alive, 'a start does not end');
    if (failed.length > 0) throw failed[0]!;
    return process.alive ? result : null;
  }

  async until(reached: () => boolean, what: string): Promise<void> {
    for (let turn = 0; !reached(); turn++) {
      if (turn > TURNS_MAX) throw new Stuck(`${what} (${this.raterFailures.at(-1) ?? 'no failure told'})`);
      await new Promise(setImmediate);
    }
  }

  /** Starts what is down until everything in the log stands in the ledger. */
  async recover(): Promise<void> {
    this.arrange(null);
    this.disk.capacityBytes = 0;
    for (let starts = 0; !this.isIdle; starts++) {
      if (starts > STARTS_MAX) throw new Stuck(`it does not recover: ${this.raterFailures.at(-1)}`);
      if (!this.frontWorks) {
        this.kill();
        await this.startFront();
      }
      if (!this.raterAlive) await this.startRater();
      await this.until(() => this.isIdle || !this.raterAlive || !this.frontWorks, 'the ledger does not catch up');
    }
  }

  /** Alive, and nothing has made its log refuse everything. */
  private get frontWorks(): boolean {
    return this.frontAlive && this.front!.intake.failure === null;
  }

  private get isIdle(): boolean {
    if (!this.frontWorks || !this.raterAlive) return false;
    const { log, processed, state } = this.front!;
    const incomplete = state.incomplete().length > 0;
    return !incomplete && log.waitingBytes === 0 && processed.entryNo >= log.headNo;
  }

  async stopOrderly(): Promise<void> {
    if (this.raterAlive) {
      const stopping = this.raterProcess.run(() => this.rater!.stop());
      await this.orDead(stopping, this.raterProcess).catch(() => undefined);
    }
    if (this.frontAlive) {
      const closing = this.frontProcess.run(() => this.front!.close());
      await this.orDead(closing, this.frontProcess).catch(() => undefined);
    }
    this.kill();
  }

  /** Checkpoints, the archive and the retention, as somebody asks for them. */
  async keepLog(): Promise<void> {
    await this.inFront((front) => front.checkpoint());
    const { rater } = this;
    if (rater === null) return;
    const { failure } = await this.raterProcess.run(() => rater.keep(true));
    // A disk that is full or fails is told, and tried again; anything else must not happen.
    if (failure !== null && !/ENOSPC|EIO/.test(failure)) this.raterFailures.push(`archive: ${failure}`);
  }

  /** Every byte and the chain of the log, as a reader without a writer sees them. */
  async verifyLog(): Promise<void> {
    const reader = new LogReader(`${this.root}/log`);
    try {
      await reader.verify();
    } finally {
      await reader.close();
    }
  }

  /** Holds the journal of totals against the ledger. */
  async verifyLedger(): Promise<string[]> {
    const writer = await LedgerWriter.open({ client: this.ledger.client(), path: `${this.root}/ledger/totals` });
    const { differences, detachedParts } = await writer.verify();
    await writer.close();
    return [...differences, ...detachedParts].map((found) => `ledger: ${JSON.stringify(found)}`);
  }

  observe(): Observed {
    const { ledger } = this;
    const counts: Record<string, number> = {};
    const names = ['received', 'rated', 'absorbed', 'duplicate', 'superseded', 'filtered', 'rejected', 'suspended'];
    for (const row of ledger.rows('batches')) {
      for (const name of names) counts[name] = (counts[name] ?? 0) + Number(row[name]);
    }
    const sum = (table: 'charges' | 'charges_daily' | 'charges_hourly' | 'controls'): bigint =>
      ledger.rows(table).reduce((total, row) => total + (row['amount'] as bigint), 0n);
    return {
      charges: ledger
        .rows('charges')
        .map((row) => ({ no: recordOfQuantity(Number(row['quantity'])), micros: row['amount'] as bigint })),
      suspended: ledger.rows('suspense').map((row) => recordOfLine(String(row['bytes']))),
      counts,
      money: { daily: sum('charges_daily'), hourly: sum('charges_hourly'), controls: sum('controls') },
    };
  }
}

/** The code, and what stands behind it. */
function described(error: unknown): string {
  const { code, message, cause } = toTollgridError(error);
  return `${code}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
}
