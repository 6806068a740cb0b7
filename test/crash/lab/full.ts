/**
 * A full disk: a file takes all that is left, under log, spool, registry and ledger, while usage arrives. Nothing is
 * acknowledged that cannot be kept; with room again and a new start everything is there.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../random.ts';
import { Installation, pause } from './installation.ts';
import { temporary } from './kills.ts';
import { Load } from './load.ts';
import { LoopDisk } from './loop-disk.ts';

const IMAGE_BYTES = 256 * 1024 * 1024;
const BLOCK = Buffer.alloc(64 * 1024, 1);

/** What is wrong after so many times without room; empty when all held. */
export async function fullCampaign(seed: number, times: number): Promise<string[]> {
  const random = new Random(seed);
  const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-full-'));
  const disk = await LoopDisk.make(folder, IMAGE_BYTES);
  const installation = new Installation({ folder });
  const load = new Load(installation, random);
  const wrong: string[] = [];
  try {
    // Without a reserve: what is tried is the disk's own refusal.
    installation.prepare({ diskReserveBytes: 0 });
    await installation.start();
    for (let time = 0; time < times && wrong.length === 0; time++) {
      await load.burst(3);
      const ballast = path.join(disk.mountPoint, 'ballast');
      const working = load.burst(6);
      working.catch(() => undefined);
      await pause(random.below(50));
      takeRoom(ballast);
      await working;
      await load.burst(4);
      if (random.chance(0.3)) await installation.kill([random.pick(['rater', 'engine'] as const)]);
      await pause(random.below(500));
      fs.rmSync(ballast);
      if (random.chance(0.5)) installation.killAll();
      else if (installation.isRunning) await installation.stop();
      await installation.gone();
      await installation.start();
      await load.askAgain();
      wrong.push(...(await load.judge()));
    }
  } catch (error) {
    wrong.push((error as Error).stack ?? String(error));
  }
  installation.killAll();
  await installation.gone();
  await disk.remove();
  fs.rmSync(folder, { recursive: true, force: true });
  return wrong.map((what) => `seed ${seed}, full disk: ${what}`);
}

function takeRoom(file: string): void {
  const handle = fs.openSync(file, 'a');
  try {
    for (;;) fs.writeSync(handle, BLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    fs.closeSync(handle);
  }
}
