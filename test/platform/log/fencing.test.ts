/** An owner that was frozen so long that another took its place: what it still does when it wakes harms nothing. */
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LogReader, LogWriter } from '../../../platform/log/index.ts';
import { lockDataDir, type DataDirLock } from '../../../platform/lock.ts';
import { collect, pins, temporaryDir } from './helpers.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** As if it lived in another container and had given no sign of life for a minute. */
function silence(dir: string): void {
  const file = path.join(dir, 'lock');
  const owner = JSON.parse(fs.readFileSync(file, 'utf8')) as object;
  fs.writeFileSync(file, JSON.stringify({ ...owner, pidSpace: 'pid:[1]' }));
  const before = new Date(Date.now() - 60_000);
  fs.utimesSync(file, before, before);
}

async function openLog(dir: string, lock: DataDirLock): Promise<LogWriter> {
  return LogWriter.open(path.join(dir, 'log'), {
    groupWaitMs: 0,
    confirm: () => lock.confirm(),
    detach: lock.tookFromSilent,
  });
}

afterEach(() => vi.useRealTimers());

describe('an owner that was taken for dead', () => {
  it('acknowledges nothing any more when it wakes, and the new one goes on alone', async () => {
    const dir = path.join(temporaryDir(), 'data');
    const oldLock = await lockDataDir(dir);
    const old = await openLog(dir, oldLock);
    await old.append(1, { n: 1 }, text('before'), pins);
    silence(dir);
    const lock = await lockDataDir(dir);
    expect([lock.tookFromSilent, lock.epoch]).toEqual([true, oldLock.epoch + 1]);
    const log = await openLog(dir, lock);
    await log.append(1, { n: 2 }, text('of the new one'), pins);

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    await expect(old.append(1, { n: 2 }, text('of a ghost'), pins)).rejects.toMatchObject({ code: 'LOG_BROKEN' });
    vi.useRealTimers();
    await log.append(1, { n: 3 }, text('still of the new one'), pins);
    await log.close();
    await oldLock.release();
    await lock.release();

    const reader = new LogReader(path.join(dir, 'log'));
    const bodies = (await collect(reader.readFrom(1))).map(({ body }) => body);
    expect(bodies).toEqual(['before', 'of the new one', 'still of the new one']);
    await reader.verify();
    await reader.close();
  });

  it('writes into a file that nobody reads, when it wakes between its look at the lock and its write', async () => {
    const dir = path.join(temporaryDir(), 'log');
    const old = await LogWriter.open(dir, { groupWaitMs: 0 });
    await old.append(1, { n: 1 }, text('before'), pins);
    const log = await LogWriter.open(dir, { groupWaitMs: 0, detach: true });
    await Promise.all([
      old.append(1, { n: 2 }, text('a ghost, and a long one, longer than all that the new one writes'), pins),
      log.append(1, { n: 2 }, text('new'), pins),
    ]);
    await log.append(1, { n: 3 }, text('newer'), pins);
    await log.close();
    await old.close();
    const reader = new LogReader(dir);
    expect((await collect(reader.readFrom(1))).map(({ body }) => body)).toEqual(['before', 'new', 'newer']);
    await reader.verify();
    await reader.close();
  });

  it('gets its lock back when it gave a sign of life just before it would have been replaced', async () => {
    const dir = path.join(temporaryDir(), 'data');
    const lock = await lockDataDir(dir);
    silence(dir);
    // The other one has read the old time already, and now moves the file away.
    const rename = fs.promises.rename;
    vi.spyOn(fs.promises, 'rename').mockImplementationOnce(async (from, to) => {
      const now = new Date();
      fs.utimesSync(from as string, now, now);
      await rename(from, to);
    });
    const { syncBuiltinESMExports } = await import('node:module');
    syncBuiltinESMExports();
    await expect(lockDataDir(dir)).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED' });
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    await lock.confirm();
    await lock.release();
    expect(fs.existsSync(path.join(dir, 'lock'))).toBe(false);
  });
});
