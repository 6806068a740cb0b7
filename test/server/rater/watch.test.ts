import { describe, expect, it } from 'vitest';
import { Watch, type WatchStep } from '../../../server/rater/watch.ts';
import type { WatchOptions, WatchState } from '../../../server/rater/messages.ts';

const OPTIONS: WatchOptions = { everySeconds: 60, roundMinutes: 60, dutyPercentMax: 5, pauseMinutesMax: 10 };
const MINUTE = 60_000;

/** A watch over steps that take time on a clock of the test. */
function setUp(options: Partial<WatchOptions> = {}) {
  const world = {
    nowMs: 1_000_000,
    busy: false,
    quick: [] as string[],
    /** What keeps a round from beginning. */
    failure: null as Error | null,
    steps: new Map<string, { takesMs: number; findings: string[] }>(),
    done: [] as [name: string, atMs: number][],
    states: [] as WatchState[],
    told: [] as string[],
  };
  const watch = new Watch(
    {
      quick: async () => world.quick,
      steps: async () => {
        if (world.failure !== null) throw world.failure;
        return [...world.steps].map(([subject, step]): WatchStep => ({
          subject,
          run: async () => {
            world.done.push([subject, world.nowMs]);
            world.nowMs += step.takesMs;
            return step.findings;
          },
        }));
      },
      busy: () => world.busy,
      now: () => world.nowMs,
      tell: (state) => world.states.push(state),
      found: (finding) => world.told.push(`+${finding}`),
      gone: (finding) => world.told.push(`-${finding}`),
    },
    { ...OPTIONS, ...options },
  );
  const forMs = async (durationMs: number): Promise<void> => {
    for (const endMs = world.nowMs + durationMs; world.nowMs < endMs;) {
      const waitMs = await watch.turn();
      world.nowMs = Math.min(Math.max(endMs, world.nowMs), world.nowMs + Math.max(1, waitMs));
    }
  };
  return { world, forMs, last: () => world.states.at(-1)! };
}

const step = (takesMs = 10, findings: string[] = []) => ({ takesMs, findings });

describe('the watch over stored bytes', () => {
  it('tells that a round cannot begin, and begins it when it can', async () => {
    const { world, forMs, last } = setUp();
    world.steps.set('a', step());
    world.failure = new Error('the ledger is away');
    await forMs(5 * MINUTE);
    expect(last()).toMatchObject({
      findings: ['what is stored could not be looked at: the ledger is away'],
      lastRoundAtMs: null,
    });
    world.failure = null;
    await forMs(5 * MINUTE);
    expect(world.told.map((one) => one[0])).toEqual(['+', '-']);
    expect(last().findings).toEqual([]);
    expect(last().lastRoundAtMs).not.toBeNull();
  });

  it('looks quickly at fixed times, and spreads a round evenly over its time', async () => {
    const { world, forMs, last } = setUp();
    for (const name of ['a', 'b', 'c', 'd']) world.steps.set(name, step());
    await forMs(59 * MINUTE);
    expect(world.done.map(([name]) => name)).toEqual(['a', 'b', 'c', 'd']);
    const gaps = world.done.slice(1).map(([, at], i) => Math.round((at - world.done[i][1]) / MINUTE));
    // The last step is done when a quarter of the round is left.
    expect(gaps.every((gap) => gap >= 12 && gap <= 20)).toBe(true);
    expect(last()).toMatchObject({ stepsDone: 4, steps: 4, findings: [] });
    expect(last().lastRoundMs).toBeGreaterThan(40 * MINUTE);
    await forMs(60 * MINUTE);
    expect(world.done).toHaveLength(8);
  });

  it('never takes more than its share of the time: a round that is too long gets longer', async () => {
    const { world, forMs, last } = setUp({ dutyPercentMax: 10 });
    for (let i = 0; i < 20; i++) world.steps.set(`step ${i}`, step(MINUTE));
    await forMs(60 * MINUTE);
    expect(world.done.length).toBeLessThanOrEqual(7);
    await forMs(200 * MINUTE);
    expect(last().lastRoundMs! / MINUTE).toBeGreaterThan(180);
  });

  it('rests while entries wait for the ledger, but not for ever; quick looks go on', async () => {
    const { world, forMs, last } = setUp();
    for (const name of ['a', 'b']) world.steps.set(name, step());
    world.busy = true;
    await forMs(9 * MINUTE);
    expect(world.done).toEqual([]);
    expect(world.nowMs - last().checkedAtMs!).toBeLessThanOrEqual(MINUTE);
    await forMs(3 * MINUTE);
    expect(world.done).toHaveLength(1);
    world.busy = false;
    await forMs(60 * MINUTE);
    expect(world.done.length).toBeGreaterThanOrEqual(2);
  });

  it('tells a finding once, keeps it until the same look finds it gone, and forgets what is no longer stored', async () => {
    const { world, forMs, last } = setUp({ roundMinutes: 4 });
    world.steps.set('part 1', step(1, ['part 1 is broken']));
    world.steps.set('part 2', step(1, ['part 2 is broken']));
    world.quick = ['a segment is missing'];
    await forMs(5 * MINUTE);
    expect(last().findings.sort()).toEqual(['a segment is missing', 'part 1 is broken', 'part 2 is broken']);
    expect(world.told).toEqual(['+a segment is missing', '+part 1 is broken', '+part 2 is broken']);
    world.quick = [];
    world.steps.set('part 1', step());
    world.steps.delete('part 2');
    await forMs(12 * MINUTE);
    expect(last().findings).toEqual([]);
    expect(world.told.slice(3).sort()).toEqual(['-a segment is missing', '-part 1 is broken', '-part 2 is broken']);
  });

  it('takes what cannot be looked at for a finding', async () => {
    const { world, forMs, last } = setUp();
    world.steps.set('blob', {
      takesMs: 0,
      get findings(): string[] {
        throw new Error('EIO');
      },
    });
    await forMs(3 * MINUTE);
    expect(last().findings).toEqual(['blob could not be looked at: EIO']);
  });
});
