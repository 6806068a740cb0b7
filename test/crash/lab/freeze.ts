/**
 * A frozen process that wakes (SIGSTOP, SIGCONT) must not write what another one owns by then. On one machine it is seen
 * to live and keeps its place; where its process number says nothing (another container) it loses it after 30 s of
 * silence.
 */
import fs from 'node:fs';
import path from 'node:path';
import { Random } from '../random.ts';
import { temporary } from './kills.ts';
import { Installation, pause, StartFailed } from './installation.ts';
import { Load, postUsage } from './load.ts';
import { line, KNOWN_ACCOUNT } from '../usage.ts';

const SILENCE_MS = 31_000;

/** Why it cannot be tried here; null when it can. */
export function whyNoFreeze(): string | null {
  return process.platform === 'linux' && process.getuid?.() === 0
    ? null
    : 'namespaces of process numbers need root on Linux';
}

/** A second start beside a frozen one is refused; the woken one goes on. */
export async function freezeHere(seed: number): Promise<string[]> {
  return withFolder(async (folder) => {
    const first = new Installation({ folder });
    const load = new Load(first, new Random(seed));
    first.prepare();
    await first.start();
    try {
      await load.burst(3);
      first.signal('SIGSTOP');
      const second = new Installation({ folder });
      const refused = await second.start().then(
        () => 'started',
        (error: unknown) => (error instanceof StartFailed ? error.output : String(error)),
      );
      first.signal('SIGCONT');
      await second.stop();
      const wrong = refused.includes('DATA_DIR_LOCKED') ? [] : [`a second start beside a frozen one: ${refused}`];
      await load.burst(3);
      await load.askAgain();
      return [...wrong, ...(await load.judge())];
    } finally {
      first.killAll();
      await first.gone();
    }
  });
}

/** One in another container is frozen, is replaced, and wakes: it refuses everything, and the new one has it all. */
export async function freezeElsewhere(seed: number): Promise<string[]> {
  return withFolder(async (folder) => {
    const first = new Installation({ folder, wrapper: ['unshare', '--pid', '--fork'], ownPids: true });
    const second = new Installation({ folder });
    const load = new Load(second, new Random(seed));
    first.prepare();
    await first.start();
    const ghost = fs.readFileSync(path.join(first.dataDir, 'run', 'front.json'));
    const wrong: string[] = [];
    try {
      const children = await first.childPids();
      first.signal('SIGSTOP');
      // The engine holds its folder by a lock of the system, which a machine that is gone would have lost.
      for (const pid of children.values()) process.kill(pid, 'SIGKILL');
      await pause(SILENCE_MS);
      await second.start();
      await load.burst(4);
      first.signal('SIGCONT');
      const answers = await Promise.all([askGhost(folder, ghost, 900_001), askGhost(folder, ghost, 900_002)]);
      if (answers.includes('acknowledged')) wrong.push('a woken process acknowledged usage that it does not own');
      await load.burst(4);
      await load.askAgain();
      wrong.push(...(await load.judge()));
      second.killAll();
      await second.gone();
      first.killAll();
      await first.gone();
      await second.start();
      wrong.push(...(await load.judge()));
      return wrong;
    } finally {
      first.killAll();
      second.killAll();
      await first.gone();
      await second.gone();
    }
  });
}

/** A client that knows the first one's address only. */
async function askGhost(folder: string, address: Buffer, no: number): Promise<string> {
  const place = fs.mkdtempSync(path.join(folder, 'ghost-'));
  const known = new Installation({ folder: place });
  fs.mkdirSync(path.join(known.dataDir, 'run'), { recursive: true });
  // The process number in it is that of another container; any living one will do to find the address.
  const front = { ...(JSON.parse(address.toString()) as object), pid: process.pid };
  fs.writeFileSync(path.join(known.dataDir, 'run', 'front.json'), JSON.stringify(front));
  const asked = postUsage(known, `${line(no, KNOWN_ACCOUNT)}\n`, `ghost-${no}`);
  return Promise.race([
    asked.then(
      () => 'acknowledged',
      () => 'refused',
    ),
    pause(5_000).then(() => 'no answer'),
  ]);
}

async function withFolder(work: (folder: string) => Promise<string[]>): Promise<string[]> {
  const folder = fs.mkdtempSync(path.join(temporary(), 'tollgrid-freeze-'));
  try {
    return await work(folder);
  } catch (error) {
    return [(error as Error).stack ?? String(error)];
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
