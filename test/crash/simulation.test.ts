/** Seeded lives of a simulated machine: the real log, spool, intake, rater and ledger writer on a disk that lies and dies. */
import { describe, expect, it } from 'vitest';
import { makeDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import { LogWriter } from '../../platform/log/index.ts';
import { CheckpointStore } from '../../server/rater/checkpoint.ts';
import { SettledMonths } from '../../server/rater/settled-months.ts';
import { Random } from './random.ts';
import { SimDisk } from './sim/disk.ts';
import { live } from './sim/life.ts';
import { mount, unmount, type Operation } from './sim/patched-fs.ts';
import { currentProcess, SimProcess } from './sim/process.ts';

const LIVES = 12;
/** Another seed with `CRASH_SEED=4711 npx vitest run test/crash/simulation.test.ts`. */
const FIRST_SEED = Number(process.env['CRASH_SEED'] ?? 1);

describe('a simulated machine', () => {
  it('loses nothing and doubles nothing, whatever dies', async () => {
    const lives = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + LIVES; seed++) lives.push(await live(seed));
    expect(lives.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
    // The lives were lives: there were faults, and records to lose.
    expect(lives.reduce((sum, { powerCuts }) => sum + powerCuts, 0)).toBeGreaterThan(LIVES / 4);
    expect(lives.reduce((sum, { records }) => sum + records, 0)).toBeGreaterThan(LIVES * 20);
  }, 240_000);

  it('lives the same life from the same seed', async () => {
    expect(await live(7)).toEqual(await live(7));
  });
});

/** What lives of the simulation found once, told directly. */
describe('a power cut', () => {
  const pins = { acceptedAtMs: 0, registryNo: 0, semanticsNo: 1 };

  it('cannot take a segment whose maker was killed before it had synced the folder', async () => {
    const { disk, process, killAt } = await machine();
    const dir = `${disk.home}/log`;
    const first = await process.run(() => LogWriter.open(dir, { groupWaitMs: 0 }));
    killAt('syncFolder', dir);
    void process.run(() => first.append(1, {}, undefined, pins));
    while (process.alive) await new Promise(setImmediate);

    const second = await LogWriter.open(dir, { groupWaitMs: 0 });
    await second.append(1, {}, undefined, pins);
    disk.cut(new Random(1), 0);
    const third = await LogWriter.open(dir, { groupWaitMs: 0 });
    expect(third.headNo).toBe(1);
    unmount(disk);
  });

  it('cannot take a folder whose maker was killed before it had synced the one above', async () => {
    const { disk, process, killAt } = await machine();
    const dir = `${disk.home}/spool`;
    killAt('syncFolder', disk.home);
    void process.run(() => makeDirectory(dir));
    while (process.alive) await new Promise(setImmediate);

    await makeDirectory(dir);
    await writeFileDurably(`${dir}/kept`, 'x');
    disk.cut(new Random(1), 0);
    expect(disk.files).toEqual([`${dir}/kept`]);
    unmount(disk);
  });

  it('does not bring a removed checkpoint back', async () => {
    const { disk } = await machine();
    const checkpoints = new CheckpointStore(`${disk.home}/rater`);
    const place = { entryNo: 7, position: { segment: 1, offset: 0 }, chain: '', acceptedAtMs: 0 };
    const facts = {
      fileRecords: new Map<number, number>(),
      settledMonths: new SettledMonths(),
      inventory: [],
      prove: async () => place,
    };
    await checkpoints.write(7, facts, async (folder) => {
      await writeFileDurably(`${folder}/state`, 'x');
      return { extract: null, places: [] };
    });
    disk.cut(new Random(1), 0);
    expect((await checkpoints.read())?.entryNo).toBe(7);
    await checkpoints.remove();
    disk.cut(new Random(1), 0);
    expect(await checkpoints.read()).toBeNull();
    unmount(disk);
  });
});

let machines = 0;

/** An empty disk, and a process that can be killed at an operation. */
async function machine(): Promise<{
  disk: SimDisk;
  process: SimProcess;
  killAt: (kind: Operation, file: string) => void;
}> {
  const disk = new SimDisk(`/simulated/machine-${++machines}`);
  const process = new SimProcess('front');
  let due = (_kind: Operation, _file: string): boolean => false;
  mount(disk, {
    before: (kind, file) => {
      if (currentProcess() === process && due(kind, file)) process.kill();
      return process.alive || currentProcess() !== process;
    },
    torn: (length) => length,
    place: (_file, at) => at,
    delay: () => 0,
  });
  return { disk, process, killAt: (kind, file) => (due = (one, other) => one === kind && other === file) };
}
