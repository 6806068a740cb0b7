/**
 * Power cuts on a real file system: an ext4 image in memory, mounted over a loop device, whose file system is shut down
 * in the middle of the work without writing back what it holds (EXT4_IOC_SHUTDOWN). What was synced stays, the rest is
 * gone, as after a cut. Log, spool, registry (PGlite) and ledger (chDB) are all on it. The system's boot id changes too.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../random.ts';
import { temporary } from './kills.ts';
import { Installation, pause } from './installation.ts';
import { Load } from './load.ts';

export interface PowerTally {
  wrong: string[];
  cuts: number;
  records: number;
}

const IMAGE_BYTES = 512 * 1024 * 1024;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** A file system in a file. */
export class LoopDisk {
  readonly mountPoint: string;
  private readonly image: string;

  constructor(folder: string, sizeBytes = IMAGE_BYTES) {
    this.image = path.join(folder, 'disk.img');
    this.mountPoint = path.join(folder, 'data');
    fs.mkdirSync(this.mountPoint);
    fs.writeFileSync(this.image, '');
    fs.truncateSync(this.image, sizeBytes);
    execFileSync('mkfs.ext4', ['-q', '-F', this.image], { stdio: 'pipe' });
    this.mount();
  }

  mount(): void {
    execFileSync('mount', ['-o', 'loop', this.image, this.mountPoint], { stdio: 'pipe' });
  }

  /** Everything not synced is lost, and nothing more can be written. */
  cutPower(): void {
    // FS_IOC_SHUTDOWN with the flag that leaves the journal as it is on the disk; Node has no ioctl.
    const script = 'my $flags = pack("L", 2); open(F, "<", $ARGV[0]) or die; ioctl(F, 0x8004587D, $flags) or die "$!"';
    execFileSync('perl', ['-e', script, this.mountPoint], { stdio: 'pipe' });
  }

  /** Processes that had files open must be gone. */
  unmount(): void {
    for (let tries = 0; ; tries++) {
      try {
        execFileSync('umount', [this.mountPoint], { stdio: 'pipe' });
        return;
      } catch (error) {
        if (tries > 100) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  }

  remove(): void {
    try {
      execFileSync('umount', ['-l', this.mountPoint], { stdio: 'pipe' });
    } catch {
      // It was not mounted.
    }
  }
}

/** Why this machine cannot do it; null when it can. */
export function whyNoPowerCuts(): string | null {
  const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-probe-'));
  let disk: LoopDisk | null = null;
  try {
    disk = new LoopDisk(folder, 16 * 1024 * 1024);
    fs.writeFileSync(path.join(disk.mountPoint, 'unsynced'), 'x');
    disk.cutPower();
    disk.unmount();
    disk.mount();
    if (fs.existsSync(path.join(disk.mountPoint, 'unsynced'))) return 'a cut loses nothing here';
    execFileSync('unshare', ['-m', 'true'], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `loop mounts, EXT4_IOC_SHUTDOWN or mount namespaces are not to be had here: ${(error as Error).message.split('\n')[0]}`;
  } finally {
    disk?.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

export async function powerCampaign(
  seed: number,
  cuts: number,
  note: (what: string) => void = () => undefined,
): Promise<PowerTally> {
  const random = new Random(seed);
  const tally: PowerTally = { wrong: [], cuts: 0, records: 0 };
  const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-power-'));
  const disk = new LoopDisk(folder);
  const bootId = path.join(folder, 'boot-id');
  const script = `mount --bind '${bootId}' ${BOOT_ID} && exec "$@"`;
  const wrapper = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'tollgrid'];
  const installation = new Installation({ folder, wrapper });
  const load = new Load(installation, random);
  const boot = async (): Promise<void> => {
    fs.writeFileSync(bootId, `${randomUUID()}\n`);
    await installation.start();
  };
  try {
    installation.prepare();
    await boot();
    while (tally.cuts < cuts && tally.wrong.length === 0) {
      const working = load.burst(3 + random.below(6));
      working.catch(() => undefined);
      if (random.chance(0.2)) void load.recycle().catch(() => undefined);
      // Now and then some of what waits is written back before, so that the disk holds any mixture of old and new.
      if (random.chance(0.5)) {
        await pause(random.below(200));
        execFileSync('sync', ['-f', disk.mountPoint]);
      }
      await pause(random.below(300));
      disk.cutPower();
      installation.killAll();
      await installation.gone();
      await working;
      tally.cuts++;
      note(`power cut ${tally.cuts}`);
      disk.unmount();
      disk.mount();
      await boot();
      await load.askAgain();
      tally.wrong.push(...(await load.judge()));
    }
  } catch (error) {
    tally.wrong.push((error as Error).stack ?? String(error));
  }
  tally.wrong = tally.wrong.map((what) => `seed ${seed}, cut ${tally.cuts}: ${what}`);
  tally.records = load.model.recordCount;
  installation.killAll();
  await installation.gone();
  disk.remove();
  fs.rmSync(folder, { recursive: true, force: true });
  return tally;
}
