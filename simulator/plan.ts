/**
 * All that is sent, in the order in which it is due. The same options give the same plan: seed and time come in, the
 * network does not. An arrival is one event of a device; faults make copies of it, hold it back, or lose an attempt.
 */
import { createRandom, type Random } from '../platform/random.ts';
import { AccessServer, Exchange, Meters } from './devices.ts';
import type { Delivery, DeviceEvent, EventKind } from './events.ts';
import type { Faults } from './faults.ts';
import type { Subjects } from './subjects.ts';

export interface PlanOptions {
  seed: number;
  /** Where the devices' time begins (UTC milliseconds). */
  startMs: number;
  /** How long it lasts on the wall. */
  lengthMs: number;
  /** Devices' time runs so many times as fast. */
  speed: number;
  /** Arrivals in a second of the wall, all kinds together. */
  perSecond: number;
  /** At most so many arrivals; the ends of open sessions come on top. */
  eventsMax?: number;
  /** Parts of the arrivals by kind; kinds without subjects are left out. */
  shares: Readonly<Record<EventKind, number>>;
  faults: Faults;
}

/** How long one is held back that others overtake, and after which one comes again. */
const HELD_BACK_MS = [500, 5_000] as const;

/** Name of a run within all ids, so that another run's events are others. */
export function runName({ seed, startMs }: Pick<PlanOptions, 'seed' | 'startMs'>): string {
  return `${seed}-${Math.floor(startMs / 1000).toString(36)}`;
}

export function* plan(options: PlanOptions, subjects: Subjects): Generator<Delivery> {
  const { faults } = options;
  const random = createRandom(options.seed, 'faults');
  const waiting = new Due();
  for (const { dueMs, event } of arrivals(options, subjects)) {
    yield* waiting.until(dueMs);
    const heldMs = random.chance(faults.disorder) ? random.between(...HELD_BACK_MS) : 0;
    const lost = random.chance(faults.loss) ? (random.chance(50) ? 'answer' : 'request') : 'nothing';
    waiting.add({ dueMs: dueMs + heldMs, event, again: false, lost });
    if (!random.chance(faults.repeats)) continue;
    const againMs = dueMs + heldMs + random.between(...HELD_BACK_MS);
    waiting.add({ dueMs: againMs, event, again: true, lost: 'nothing' });
  }
  yield* waiting.until(Infinity);
}

interface Arrival {
  dueMs: number;
  event: DeviceEvent;
}

function* arrivals(options: PlanOptions, subjects: Subjects): Generator<Arrival> {
  const { seed, startMs, lengthMs, speed, faults, eventsMax = Infinity } = options;
  const run = runName(options);
  const drift = createRandom(seed, 'drift');
  const driftOf = (): number => drift.between(-Math.floor(faults.drift), Math.floor(faults.drift)) * 1000;
  const exchange = new Exchange(createRandom(seed, 'calls'), subjects, run);
  const stops = createRandom(seed, 'stops');
  const isLost = (): boolean => stops.chance(faults.stops);
  const server = new AccessServer(createRandom(seed, 'sessions'), subjects, run, isLost);
  const meters = new Meters(createRandom(seed, 'readings'), subjects, run, wholeSecond(startMs), driftOf);
  const [exchangeDriftMs, serverDriftMs] = [driftOf(), driftOf()];
  const kindOf = chooser(options.shares, subjects);
  const random = createRandom(seed, 'arrivals');
  const deviceMs = (dueMs: number): number => wholeSecond(startMs + dueMs * speed);

  let storms = 0;
  let events = 0;
  let dueMs = 0;
  for (;;) {
    dueMs += gapMs(random, options, dueMs);
    if (dueMs >= lengthMs || events >= eventsMax) break;
    const atMs = deviceMs(dueMs);
    while (storms < faults.storms && dueMs >= (lengthMs * (storms + 1)) / (faults.storms + 1)) {
      storms++;
      for (const event of server.restart(atMs + serverDriftMs)) yield { dueMs, event };
      for (const event of meters.all(atMs)) yield { dueMs, event };
    }
    const kind = kindOf(random);
    const event =
      kind === 'call'
        ? exchange.next(atMs + exchangeDriftMs)
        : kind === 'session'
          ? server.next(atMs + serverDriftMs)
          : meters.next(atMs);
    if (event === null) continue;
    events++;
    yield { dueMs, event };
  }
  // Whoever is still connected hangs up, at the usual pace.
  for (;;) {
    dueMs += 1000 / options.perSecond;
    const event = server.endOne(deviceMs(Math.min(dueMs, lengthMs)) + serverDriftMs);
    if (event === null) return;
    yield { dueMs, event };
  }
}

/** Until the next arrival: as if devices knew nothing of each other. */
function gapMs(random: Random, { perSecond, lengthMs, faults }: PlanOptions, dueMs: number): number {
  const inBurst = dueMs >= lengthMs * 0.4 && dueMs < lengthMs * 0.6;
  const rate = perSecond * (inBurst ? faults.burst : 1);
  return (-Math.log((random.uint32() + 1) / 2 ** 32) * 1000) / rate;
}

function chooser(shares: PlanOptions['shares'], { numbers, logins, meters }: Subjects): (random: Random) => EventKind {
  const parts: readonly (readonly [EventKind, number])[] = [
    ['call', numbers.length === 0 ? 0 : shares.call],
    ['session', logins.length === 0 ? 0 : shares.session],
    ['reading', meters.length === 0 ? 0 : shares.reading],
  ];
  const all = parts.reduce((sum, [, share]) => sum + share, 0);
  return (random) => {
    let place = (random.uint32() / 2 ** 32) * all;
    return parts.find(([, share]) => (place -= share) < 0)?.[0] ?? parts.find(([, share]) => share > 0)![0];
  };
}

const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** What is due later, soonest first; of one moment in the order of arrival. */
class Due {
  private readonly waiting: Delivery[] = [];

  add(delivery: Delivery): void {
    let at = this.waiting.length;
    while (at > 0 && this.waiting[at - 1].dueMs > delivery.dueMs) at--;
    this.waiting.splice(at, 0, delivery);
  }

  *until(dueMs: number): Generator<Delivery> {
    while (this.waiting.length > 0 && this.waiting[0].dueMs <= dueMs) yield this.waiting.shift()!;
  }
}
