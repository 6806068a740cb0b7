/** The disk that the laboratory cuts the power of: what it calls lost must be what a machine may lose, and no more. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporary } from './lab/kills.ts';
import { LoopDisk } from './lab/loop-disk.ts';
import { whyNoPowerCuts } from './lab/power.ts';

const IMAGE_BYTES = 64 * 1024 * 1024;
const TEST_MS = 120_000;

it(
  'comes back only when processes of the life before are gone, so that what is synced then outlives the next cut',
  async (context) => {
    const reason = await whyNoPowerCuts();
    if (reason !== null) {
      process.stderr.write(`NOT TESTED HERE: ${reason}\n`);
      return context.skip(reason);
    }
    const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-disk-'));
    const disk = await LoopDisk.make(folder, IMAGE_BYTES);
    const at = (name: string): string => path.join(disk.mountPoint, name);
    try {
      writeSynced(at('first'));
      // As slow to end as a killed engine on a busy machine: it holds the file system in a mount namespace of its own.
      const script = `echo unsynced > '${at('unsynced')}'; exec 3>> '${at('unsynced')}'; echo ready; sleep 1`;
      const slow = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script]);
      const ended = new Promise((resolve) => slow.once('close', resolve));
      await new Promise((resolve) => slow.stdout.once('data', resolve));
      await disk.cut(1);
      await disk.unmount();
      await disk.mount();
      writeSynced(at('second'));
      await ended;
      writeSynced(at('third'));
      await disk.cut(2);
      await disk.unmount();
      await disk.mount();
      expect(fs.readdirSync(disk.mountPoint).sort()).toEqual(['first', 'lost+found', 'second', 'third']);
    } finally {
      await disk.remove();
      fs.rmSync(folder, { recursive: true, force: true });
    }
  },
  TEST_MS,
);

function writeSynced(file: string): void {
  fs.writeFileSync(file, 'synced', { flush: true });
  execFileSync('sync', [path.dirname(file)]);
}
