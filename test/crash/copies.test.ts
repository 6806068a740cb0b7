/**
 * Power cuts while a backup, a second copy or a restored directory is written, on a disk with a volatile cache: at each
 * n-th operation, with nothing, half or all of what was not synced surviving. The same code as in the program.
 */
import { describe, expect, it } from 'vitest';
import { writeFileDurably } from '../../platform/durable-file.ts';
import { LogReader, LogWriter, Spool } from '../../platform/log/index.ts';
import { EntryType } from '../../schemas/log-entries.ts';
import {
  Follower,
  listBackups,
  LocalSource,
  makeBackup,
  refuseUnfit,
  restore,
  verifyCopies,
  type FollowerReport,
} from '../../server/copy/index.ts';
import { Random } from './random.ts';
import { SimDisk } from './sim/disk.ts';
import { mount, unmount, type DiskHooks } from './sim/patched-fs.ts';
import { SimProcess } from './sim/process.ts';

const clock = { now: () => Date.UTC(2026, 10, 22) };
let worlds = 0;

/** A data directory on a simulated disk whose power fails at a chosen operation. */
class World {
  readonly disk = new SimDisk(`/simulated-copies-${++worlds}`);
  readonly dataDir = this.disk.home;
  readonly backups = `${this.disk.root}/backups`;
  readonly copy = `${this.disk.root}/copy`;
  readonly into = `${this.disk.root}/restored`;
  headNo = 0;
  operations = 0;
  private cutAt = Infinity;
  private process = new SimProcess('test');
  private powerFails: () => void = () => undefined;

  constructor() {
    const hooks: DiskHooks = {
      before: (kind, file) => {
        if (kind === 'read' || !/\/(backups|copy|restored)(\/|$)/.test(file)) return true;
        if (++this.operations < this.cutAt || !this.process.alive) return true;
        this.process.kill();
        this.powerFails();
        return false;
      },
      torn: (length) => length,
      place: (_file, at) => at,
      delay: () => 0,
    };
    mount(this.disk, hooks);
  }

  async usage(count: number): Promise<void> {
    const log = await LogWriter.open(`${this.dataDir}/log`, { segmentBytesMax: 3000, groupWaitMs: 0 });
    const spool = await Spool.open(`${this.dataDir}/spool`);
    const pins = { acceptedAtMs: clock.now(), registryNo: 0, semanticsNo: 2 };
    for (let i = 0; i < count; i++) {
      const text = Buffer.from(`entry ${log.nextNo} `.repeat(30));
      await log.append(EntryType.batch, { source: 's' }, text, pins);
      if (i % 4 !== 0) continue;
      const { sha256 } = await spool.add(single(text));
      await log.append(EntryType.slice, { source: 's', blob: sha256 }, undefined, pins);
    }
    this.headNo = log.headNo;
    await log.close();
    await spool.close();
    await writeFileDurably(`${this.dataDir}/epoch`, '3\n');
  }

  backUp(): Promise<unknown> {
    return makeBackup({
      dataDir: this.dataDir,
      to: this.backups,
      headNo: this.headNo,
      keys: true,
      program: '0',
      clock,
    });
  }

  /** Copies what is there; `acknowledged` hears how far it is. */
  async follow(acknowledged: (report: FollowerReport) => void = () => undefined): Promise<void> {
    const source = new LocalSource(this.dataDir, this.headNo, 3);
    const follower = new Follower({ source, to: this.copy, clock, report: acknowledged });
    follower.drain();
    await follower.run();
  }

  /** Runs the work until the power fails at its n-th operation; true when it had ended before. */
  async until(operation: number, share: number, work: () => Promise<unknown>): Promise<boolean> {
    this.operations = 0;
    this.cutAt = operation;
    this.process = new SimProcess('test');
    const failed = new Promise<boolean>((resolve) => (this.powerFails = () => resolve(false)));
    const ended = this.process.run(() => work().then(() => true));
    const done = await Promise.race([ended, failed]);
    this.cutAt = Infinity;
    this.process.kill();
    this.disk.cut(new Random(operation), share);
    // Another boot: whoever held a lock is known to be gone.
    for (const name of this.disk.files.filter((file) => file.endsWith('/lock'))) this.disk.remove(name);
    return done;
  }

  /** Chain and number of the last entry of a log. */
  async end(logDir: string): Promise<string> {
    const reader = new LogReader(logDir);
    const { headNo, chain } = await reader.verify();
    await reader.close();
    return `${headNo} ${chain}`;
  }

  close(): void {
    unmount(this.disk);
  }
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Makes a world, cuts the power at every `step`-th operation of the work, and looks at what is left. */
async function everyCut(
  step: number,
  prepare: (world: World) => Promise<void>,
  work: (world: World) => Promise<unknown>,
  judge: (world: World, done: boolean) => Promise<void>,
): Promise<number> {
  let cuts = 0;
  for (let operation = 1; ; operation += step) {
    const world = new World();
    try {
      await prepare(world);
      world.disk.cut(new Random(1), 1);
      const done = await world.until(operation, (operation % 3) / 2, () => work(world));
      await judge(world, done);
      if (done) return cuts;
      cuts += 1;
    } finally {
      world.close();
    }
  }
}

describe('a power cut', () => {
  it('anywhere in a backup leaves those before it whole, and does not hinder the next', async () => {
    const cuts = await everyCut(
      3,
      async (world) => {
        await world.usage(8);
        await world.backUp();
        await world.usage(12);
      },
      (world) => world.backUp(),
      async (world, done) => {
        const listed = await listBackups(world.backups);
        expect(listed.length).toBeGreaterThanOrEqual(done ? 2 : 1);
        expect((await verifyCopies(world.backups)).problems).toEqual([]);
        await restore({
          from: world.backups,
          at: listed[0]!.name,
          into: `${world.disk.root}/first`,
          drill: true,
          clock,
        });
        await world.backUp();
        expect((await verifyCopies(world.backups)).problems).toEqual([]);
        await restore({ from: world.backups, into: world.into, drill: false, clock });
        expect(await world.end(`${world.into}/log`)).toBe(await world.end(`${world.dataDir}/log`));
      },
    );
    expect(cuts).toBeGreaterThan(15);
  });

  it('anywhere in the writing of a second copy takes nothing back that was acknowledged', async () => {
    let acknowledged = 0;
    const cuts = await everyCut(
      3,
      async (world) => {
        acknowledged = 0;
        await world.usage(16);
      },
      (world) => world.follow(({ entryNo, failure }) => (acknowledged = failure === null ? entryNo : acknowledged)),
      async (world) => {
        if (acknowledged > 0) {
          const restored = await restore({ from: world.copy, into: world.into, drill: true, clock });
          expect(restored.lastEntry).toBeGreaterThanOrEqual(acknowledged);
        }
        await world.follow();
        expect(await world.end(`${world.copy}/log`)).toBe(await world.end(`${world.dataDir}/log`));
        expect((await verifyCopies(world.copy)).problems).toEqual([]);
      },
    );
    expect(cuts).toBeGreaterThan(15);
  });

  it('anywhere in a restore leaves a directory that says so, or one that is whole', async () => {
    let unfinished = 0;
    const cuts = await everyCut(
      3,
      async (world) => {
        await world.usage(12);
        await world.backUp();
      },
      (world) => restore({ from: world.backups, into: world.into, drill: false, clock }),
      async (world, done) => {
        const fit = await refuseUnfit(world.into, true).then(
          () => true,
          () => false,
        );
        if (!fit) unfinished += 1;
        if (done) expect(fit).toBe(true);
        const isThere = world.disk.find(`${world.into}/log`) !== undefined;
        if (fit && isThere) {
          expect(await world.end(`${world.into}/log`)).toBe(await world.end(`${world.dataDir}/log`));
          expect(world.disk.find(`${world.into}/epoch`)!.bytes.toString()).toBe('1000000\n');
        }
      },
    );
    expect(cuts).toBeGreaterThan(15);
    expect(unfinished).toBeGreaterThan(10);
  });
});
