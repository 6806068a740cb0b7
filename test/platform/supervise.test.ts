import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { fork } from 'node:child_process';
import { Supervisor, type SuperviseOptions } from '../../platform/supervise.ts';

const entry = new URL('./children/echo.ts', import.meta.url);
const FROM_SOURCE = ['--import', 'tsx'];
const started: Supervisor[] = [];

function supervise(options: Partial<SuperviseOptions> = {}): Supervisor {
  const supervisor = new Supervisor({ name: 'echo', entry, nodeFlags: FROM_SOURCE, backoffMs: 20, ...options });
  started.push(supervisor);
  return supervisor;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop(500)));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a supervised process', () => {
  it('is ready when it says so, is spoken to, has its priority and stops when asked', async () => {
    const child = supervise({ niceLevel: 7 });
    const ready = await child.start();
    expect(ready).toMatchObject({ type: 'ready', pid: child.pid });
    const answer = once(child, 'message');
    expect(child.send({ type: 'hello' })).toBe(true);
    expect((await answer)[0]).toEqual({ type: 'echo', of: 'hello', priority: 7 });
    const { pid } = child;
    await child.stop();
    expect([child.pid, isAlive(pid!), child.send({ type: 'hello' })]).toEqual([undefined, false, false]);
  });

  it('is started again when it dies, and not when it was stopped', async () => {
    const child = supervise();
    await child.start();
    const firstPid = child.pid;
    for (const delayMs of [20, 40]) {
      const restart = once(child, 'restart');
      const ready = once(child, 'ready');
      child.send({ type: 'die' });
      expect((await restart)[0]).toEqual({ code: 7, signal: null, delayMs });
      await ready;
    }
    expect(child.pid).not.toBe(firstPid);
    let restarts = 0;
    child.on('restart', () => restarts++);
    await child.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([restarts, child.pid]).toEqual([0, undefined]);
  });

  it('that fails or hangs at its first start is reported, not tried for ever', async () => {
    await expect(supervise({ args: ['fail'] }).start()).rejects.toMatchObject({
      code: 'CHILD_NOT_READY',
      message: expect.stringContaining('exit code 3'),
    });
    await expect(supervise({ readyMsMax: 1 }).start()).rejects.toMatchObject({ code: 'CHILD_NOT_READY' });
  });

  it('that is killed at its first start is started again', async () => {
    const child = supervise({ readyMsMax: 20_000 });
    const starting = child.start();
    const { pid } = child;
    process.kill(pid!, 'SIGKILL');
    await starting;
    expect(child.pid).not.toBe(pid);
  });

  it('that is killed at each first start is given up', async () => {
    await expect(supervise({ args: ['die'] }).start()).rejects.toMatchObject({
      code: 'CHILD_NOT_READY',
      message: expect.stringContaining('SIGKILL'),
    });
  });

  it('that does not listen is killed after the grace', async () => {
    const child = supervise({ args: ['deaf'] });
    await child.start();
    const { pid } = child;
    await child.stop(100);
    expect(isAlive(pid!)).toBe(false);
  });

  it('ends when its parent is gone', async () => {
    const child = fork(entry, [], { execArgv: FROM_SOURCE, serialization: 'advanced' });
    await once(child, 'message');
    child.disconnect();
    await once(child, 'exit');
    expect(isAlive(child.pid!)).toBe(false);
  });
});
