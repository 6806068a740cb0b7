/**
 * Power cuts under log, spool, registry (PGlite) and ledger (chDB): all of them on ext4, on a loop device, on a disk with
 * a volatile cache (loop-disk.ts). What the system held in memory is gone, and so is any part of what the disk had not
 * flushed. The processes end at once, and the system's boot id is another one afterwards.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../random.ts';
import { Calm } from './calm.ts';
import { compare, temporary } from './kills.ts';
import { Installation, pause } from './installation.ts';
import { Load } from './load.ts';
import { LoopDisk, type Cut } from './loop-disk.ts';

export interface PowerTally {
  wrong: string[];
  cuts: number;
  /** Writes that the disk had in its cache when the power went, and those of them that it lost or tore. */
  pending: number;
  lost: number;
  records: number;
  comparisons: number;
}

const IMAGE_BYTES = 512 * 1024 * 1024;
const COMPARE_EVERY = 20;
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
/** So long a planned cut is waited for when the disk is quiet. */
const PLANNED_MS = 500;

/** Why this machine cannot do it; null when it can. */
export async function whyNoPowerCuts(): Promise<string | null> {
  const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-probe-'));
  let disk: LoopDisk | null = null;
  try {
    if (process.getuid?.() !== 0) return 'power cuts need root: loop devices and mounts';
    if (!fs.existsSync('/dev/fuse')) return 'power cuts need /dev/fuse';
    disk = await LoopDisk.make(folder, 16 * 1024 * 1024);
    fs.writeFileSync(path.join(disk.mountPoint, 'unsynced'), 'x');
    await disk.cut(1);
    await disk.unmount();
    await disk.mount();
    if (fs.existsSync(path.join(disk.mountPoint, 'unsynced'))) return 'a cut loses nothing here';
    execFileSync('unshare', ['-m', 'true'], { stdio: 'pipe' });
    return null;
  } catch (error) {
    return `FUSE, loop devices, ext4 or mount namespaces are not to be had: ${(error as Error).message.split('\n')[0]}`;
  } finally {
    await disk?.remove();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

export async function powerCampaign(
  seed: number,
  cuts: number,
  note: (what: string) => void = () => undefined,
): Promise<PowerTally> {
  const random = new Random(seed);
  const tally: PowerTally = { wrong: [], cuts: 0, pending: 0, lost: 0, records: 0, comparisons: 0 };
  const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-power-'));
  const disk = await LoopDisk.make(folder, IMAGE_BYTES);
  const bootId = path.join(folder, 'boot-id');
  const script = `mount --bind '${bootId}' ${BOOT_ID} && exec "$@"`;
  const wrapper = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'tollgrid'];
  const installation = new Installation({ folder, wrapper });
  const load = new Load(installation, random);
  const calm = new Calm(load);
  const boot = async (): Promise<void> => {
    fs.writeFileSync(bootId, `${randomUUID()}\n`);
    await installation.start();
  };
  const loseAll = async ({ pending, kept }: Cut): Promise<void> => {
    // Sometimes the processes outlive their disk for a moment, and each write and sync of theirs fails.
    if (random.chance(0.25)) await pause(300);
    installation.killAll();
    await installation.gone();
    tally.cuts++;
    tally.pending += pending;
    tally.lost += pending - kept;
    note(`power cut ${tally.cuts}: ${pending - kept} of ${pending} writes in the disk's cache lost`);
    await disk.unmount();
    await disk.mount();
  };
  try {
    installation.prepare({ threads: 1 + random.below(2) });
    await Promise.all([boot(), calm.start()]);
    while (tally.cuts < cuts && tally.wrong.length === 0) {
      const working = Promise.all([load.burst(3 + random.below(6)), random.chance(0.2) ? load.recycle() : null]);
      working.catch(() => undefined);
      await loseAll(await cutDuring(disk, random));
      await working;
      // Again, while it starts.
      while (tally.cuts < cuts && random.chance(0.15)) {
        disk.cutAt(1 + random.below(120), random.below(1e9));
        const starting = boot().catch(() => undefined);
        const cut = (await disk.wasCut(PLANNED_MS * 4)) ?? (await disk.cut(random.below(1e9)));
        installation.killAll();
        await starting;
        await loseAll(cut);
      }
      await boot();
      await load.askAgain();
      tally.wrong.push(...(await load.judge()));
      if (tally.wrong.length > 0 || (tally.cuts % COMPARE_EVERY !== 0 && tally.cuts < cuts)) continue;
      tally.wrong.push(...(await compare(installation, load, calm)));
      tally.comparisons++;
    }
  } catch (error) {
    tally.wrong.push((error as Error).stack ?? String(error));
  }
  tally.wrong = tally.wrong.map((what) => `seed ${seed}, cut ${tally.cuts}: ${what}`);
  tally.records = load.model.recordCount;
  installation.killAll();
  await installation.gone();
  await calm.remove();
  if (tally.wrong.length > 0) {
    const left = fs.mkdtempSync(path.join(temporary(), 'tollgrid-left-'));
    fs.cpSync(disk.mountPoint, left, { recursive: true });
    tally.wrong.push(`left for a look: ${left}`);
  }
  await disk.remove();
  fs.rmSync(folder, { recursive: true, force: true });
  return tally;
}

/** At some moment, at some write or flush, or in the middle of the system's writing back. */
async function cutDuring(disk: LoopDisk, random: Random): Promise<Cut> {
  const how = random.below(3);
  const seed = random.below(1e9);
  if (how === 0) {
    await pause(random.below(400));
    return disk.cut(seed);
  }
  if (how === 1) disk.cutAt(1 + random.below(60), seed);
  if (how === 2) {
    await pause(random.below(400));
    disk.cutAt(1 + random.below(200), seed);
    await disk.writeBack();
  }
  return (await disk.wasCut(PLANNED_MS)) ?? disk.cut(seed);
}
