import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockDataDir } from '../../platform/lock.ts';
import { entryFlags } from '../../platform/paths.ts';
import { temporaryDir } from './log/helpers.ts';

const lockModule = new URL('../../platform/lock.ts', import.meta.url).href;

/** A process that takes the lock, prints the epoch and stays. */
async function ownerProcess(dir: string) {
  const code = `import { lockDataDir } from ${JSON.stringify(lockModule)};
    const { epoch } = await lockDataDir(process.argv[1]);
    console.log(epoch); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, [...entryFlags, '--import', 'tsx', '--input-type=module', '-e', code, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [epoch] = await once(child.stdout, 'data');
  return { child, epoch: Number(String(epoch)) };
}

describe('the lock of a data directory', () => {
  it('has one owner at a time and counts owners, also over releases', async () => {
    const dir = path.join(temporaryDir(), 'data');
    const first = await lockDataDir(dir);
    expect(first.epoch).toBe(1);
    await expect(lockDataDir(dir)).rejects.toMatchObject({
      code: 'DATA_DIR_LOCKED',
      message: expect.stringContaining(`process ${process.pid} `),
      details: expect.objectContaining({ pid: process.pid }),
    });
    await first.release();
    const second = await lockDataDir(dir);
    expect(second.epoch).toBe(2);
    await second.release();
    expect(readdirSync(dir)).toEqual(['epoch']);
  });

  it('is refused while another process lives and taken over when that was killed', async () => {
    const dir = temporaryDir();
    const { child, epoch } = await ownerProcess(dir);
    expect(epoch).toBe(1);
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED', details: { pid: child.pid } });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await lockDataDir(dir);
    expect(lock.epoch).toBe(2);
    await lock.release();
  });

  it('goes to exactly one of many that take over from a dead owner at once', async () => {
    const dir = temporaryDir();
    await lockDataDir(dir);
    const lock = path.join(dir, 'lock');
    for (let round = 0; round < 20; round++) {
      // The number of this process belonged to another one that started earlier.
      writeFileSync(
        lock,
        JSON.stringify({ ...JSON.parse(readFileSync(lock, 'utf8')), startTicks: '1', token: `r${round}` }),
      );
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(dir)));
      const won = outcomes.filter(({ status }) => status === 'fulfilled');
      expect(won.length).toBe(1);
      for (const lost of outcomes) {
        if (lost.status === 'rejected') expect(lost.reason).toMatchObject({ code: 'DATA_DIR_LOCKED' });
      }
      expect(readdirSync(dir).sort()).toEqual(['epoch', 'lock']);
    }
  });

  it('waits for the silence of an owner whose life cannot be seen, as in another container', async () => {
    const dir = temporaryDir();
    const lock = path.join(dir, 'lock');
    const owner = { pid: 1, startTicks: '5', bootId: 'other', pidSpace: 'pid:[1]', host: 'elsewhere', token: 't' };
    writeFileSync(lock, JSON.stringify(owner));
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED', details: { host: 'elsewhere' } });
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    await (await lockDataDir(dir)).release();
  });

  it('is taken when a power cut left a lock file without content', async () => {
    const dir = temporaryDir();
    writeFileSync(path.join(dir, 'lock'), '');
    await (await lockDataDir(dir)).release();
  });

  it('says when the directory cannot be written', async () => {
    const file = path.join(temporaryDir(), 'file');
    writeFileSync(file, '');
    await expect(lockDataDir(path.join(file, 'data'))).rejects.toMatchObject({ code: 'DATA_DIR_UNWRITABLE' });
    await expect(lockDataDir('/proc/tollgrid')).rejects.toMatchObject({ code: 'DATA_DIR_UNWRITABLE' });
  });
});
