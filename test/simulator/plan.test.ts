/** What simulated devices tell, and what faults make of it. */
import { describe, expect, it } from 'vitest';
import {
  NO_FAULTS,
  parseFaults,
  plan,
  run,
  type Delivery,
  type DeviceEvent,
  type PlanOptions,
  type Subjects,
} from '../../simulator/index.ts';

const names = (what: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${what}${i}`);
const SUBJECTS: Subjects = {
  numbers: names('38044220', 20),
  logins: names('login', 20),
  meters: names('E', 10),
  accounts: new Map(),
};
const START_MS = Date.UTC(2026, 10, 22, 12);

function planned(given: Partial<PlanOptions> = {}, faults = ''): Delivery[] {
  const options: PlanOptions = {
    ...{ seed: 1, startMs: START_MS, lengthMs: 60_000, speed: 1, perSecond: 20 },
    ...{ shares: { call: 1, session: 1, reading: 1 }, faults: parseFaults(faults) },
    ...given,
  };
  return [...plan(options, SUBJECTS)];
}

const stamp = ({ event }: Delivery): number =>
  event.kind === 'call'
    ? event.answeredAtMs + event.seconds * 1000
    : event.kind === 'session'
      ? event.atMs
      : event.endAtMs;

describe('a plan', () => {
  it('is the same for the same seed and time, and another for another seed', () => {
    const faults = 'loss=10,repeats=10,disorder=10,drift=60,storms=2,burst=4';
    const one = planned({}, faults);
    expect(one.length).toBeGreaterThan(1000);
    expect(planned({}, faults)).toEqual(one);
    expect(planned({ seed: 2 }, faults)).not.toEqual(one);
  });

  it('comes in order, at the wanted rate, and at the moment that the devices say', () => {
    const deliveries = planned();
    const within = deliveries.filter(({ dueMs }) => dueMs < 60_000);
    expect(within.length).toBeGreaterThan(1000);
    expect(within.length).toBeLessThan(1400);
    expect(deliveries.map(({ dueMs }) => dueMs)).toEqual(
      deliveries.map(({ dueMs }) => dueMs).toSorted((a, b) => a - b),
    );
    for (const one of within) expect(Math.abs(stamp(one) - START_MS - one.dueMs)).toBeLessThan(1000);
  });

  it('ends every session once, with counters that never go back', () => {
    const last = new Map<string, { in: number; out: number; stopped: boolean }>();
    for (const { event } of planned({ lengthMs: 120_000, speed: 30 })) {
      if (event.kind !== 'session') continue;
      const before = last.get(event.id);
      expect(before?.stopped ?? false).toBe(false);
      expect(before === undefined).toBe(event.status === 'Start');
      expect(event.inOctets).toBeGreaterThanOrEqual(before?.in ?? 0);
      expect(event.outOctets).toBeGreaterThanOrEqual(before?.out ?? 0);
      last.set(event.id, { in: event.inOctets, out: event.outOctets, stopped: event.status === 'Stop' });
    }
    expect(last.size).toBeGreaterThan(20);
    expect([...last.values()].filter(({ stopped }) => !stopped)).toEqual([]);
  });

  it('lets the readings of a meter follow on each other, their sum being what its register moved', () => {
    const byMeter = new Map<string, { endAtMs: number; total: number }>();
    for (const { event } of planned()) {
      if (event.kind !== 'reading') continue;
      const before = byMeter.get(event.meter);
      if (before !== undefined) {
        expect(event.startAtMs).toBe(before.endAtMs);
        expect(event.totalWattHours - event.wattHours).toBe(before.total);
      }
      expect(event.endAtMs).toBeGreaterThan(event.startAtMs);
      byMeter.set(event.meter, { endAtMs: event.endAtMs, total: event.totalWattHours });
    }
    expect(byMeter.size).toBe(10);
  });

  it('of so many events ends after them', () => {
    const kinds = planned({ eventsMax: 30, shares: { call: 1, session: 0, reading: 0 } });
    expect(kinds.map(({ event }) => event.kind)).toEqual(Array.from({ length: 30 }, () => 'call'));
  });
});

describe('faults', () => {
  it('lose, repeat and hold back about the wanted share, and change no event', () => {
    const calm = planned();
    const faulty = planned({}, 'loss=20,repeats=10,disorder=30');
    const share = (count: number): number => count / calm.length;
    expect(share(faulty.filter(({ lost }) => lost !== 'nothing').length)).toBeCloseTo(0.2, 1);
    expect(share(faulty.filter(({ again }) => again).length)).toBeCloseTo(0.1, 1);
    const first = faulty.filter(({ again }) => !again);
    const overtaken = first.filter((one, index) => index > 0 && stamp(one) < stamp(first[index - 1]));
    expect(share(overtaken.length)).toBeGreaterThan(0.15);
    const known = (deliveries: Delivery[]): string[] => deliveries.map(({ event }) => JSON.stringify(event)).sort();
    expect(known(first)).toEqual(known(calm));
  });

  it('burst in the middle fifth of the time', () => {
    const inMiddle = (deliveries: Delivery[]): number =>
      deliveries.filter(({ dueMs }) => dueMs >= 24_000 && dueMs < 36_000).length;
    // A meter has nothing new to tell within one second: calls have no such limit.
    const calls = { shares: { call: 1, session: 0, reading: 0 } };
    const times = inMiddle(planned(calls, 'burst=10')) / inMiddle(planned(calls));
    expect(times).toBeGreaterThan(8);
    expect(times).toBeLessThan(12);
  });

  it('restart everything at once in a storm: sessions stop, begin anew, and all meters send', () => {
    const [calm, stormy] = [planned(), planned({}, 'storms=1')];
    const rebooted = stormy.filter(({ event }) => event.kind === 'session' && event.rebooted);
    const at = rebooted[0].dueMs;
    expect(at).toBeGreaterThanOrEqual(30_000);
    expect(at).toBeLessThan(31_000);
    const together = stormy.filter(({ dueMs }) => dueMs === at).map(({ event }) => event);
    const starts = together.filter((event) => event.kind === 'session' && event.status === 'Start');
    expect(starts.length).toBeGreaterThanOrEqual(rebooted.length);
    expect(together.filter(({ kind }) => kind === 'reading').length).toBeGreaterThanOrEqual(9);
    expect(calm.some(({ event }) => event.kind === 'session' && event.rebooted)).toBe(false);
  });

  it('lose Stops: a storm is a power cut then, which Accounting-On tells of, and what was told before counts', async () => {
    const stormy = (stops: number): DeviceEvent[] =>
      planned({ lengthMs: 120_000, speed: 30 }, `storms=2,stops=${stops}`).map(({ event }) => event);
    const count = (events: DeviceEvent[], status: string): number =>
      events.filter((event) => event.kind === 'session' && event.status === status).length;
    expect(stormy(30)).toEqual(stormy(30));
    const [orderly, cut] = [stormy(0), stormy(100)];
    expect([count(cut, 'Stop'), count(cut, 'Accounting-Off'), count(cut, 'Accounting-On')]).toEqual([0, 0, 2]);
    expect(count(cut, 'Start')).toBeGreaterThan(20);
    const stops = count(stormy(30), 'Stop') / count(stormy(30), 'Start');
    expect(stops).toBeGreaterThan(0.5);
    expect(stops).toBeLessThan(0.9);
    expect(count(orderly, 'Stop')).toBe(count(orderly, 'Start'));

    const told = new Map<string, number>();
    for (const event of cut) {
      if (event.kind === 'session' && event.status === 'Interim-Update')
        told.set(event.id, event.inOctets + event.outOctets);
    }
    const client = {
      ...{ acknowledges: true, counts: { retries: 0, toldToWait: 0, uncertain: 0 } },
      ...{ deliver: () => Promise.resolve(true), finish: () => Promise.resolve(), abort: () => undefined },
    };
    const { ledger } = await run(
      cut.map((event) => ({ dueMs: 0, event, again: false, lost: 'nothing' as const })),
      {
        ...{ run: 'test', clients: { session: client }, outstandingMax: 10, patienceMs: 1000 },
        ...{ stop: new AbortController().signal, now: () => 0 },
      },
    ).finished;
    const bytes = [...told.values()].reduce((sum, one) => sum + one, 0);
    expect(ledger.data).toEqual({ usages: told.size, quantity: bytes });
  });

  it('set the clocks of devices wrong, each by its own', () => {
    const offsets = (drift: string): Set<number> =>
      new Set(
        planned({}, drift).flatMap((one) =>
          one.event.kind === 'reading' && one.dueMs < 60_000
            ? [Math.round((stamp(one) - START_MS - one.dueMs + 500) / 1000)]
            : [],
        ),
      );
    expect([...offsets('')].every((seconds) => Math.abs(seconds) <= 1)).toBe(true);
    expect(offsets('drift=3600').size).toBeGreaterThan(8);
  });

  it('are read from a text, and refused with what is wrong', () => {
    expect(parseFaults('')).toEqual(NO_FAULTS);
    expect(parseFaults('loss=5, storms=2')).toEqual({ ...NO_FAULTS, loss: 5, storms: 2 });
    for (const wrong of ['rain=1', 'loss', 'loss=200', 'burst=0', 'drift=-1', 'toString=1']) {
      expect(() => parseFaults(wrong), wrong).toThrow(expect.objectContaining({ code: 'ARGUMENTS_INVALID' }));
    }
  });
});
