/** The devices: what each of them tells next. Pure; the moment comes in as an argument. */
import type { Random } from '../platform/random.ts';
import type { Call, PacketStatus, Reading, SessionPacket } from './events.ts';
import type { Subjects } from './subjects.ts';

/** Prefix and length of numbers that the town's tariffs all have a price for. */
const DESTINATIONS: readonly (readonly [string, number])[] = [
  ['38044', 12],
  ['38067', 12],
  ['38050', 12],
  ['38032', 12],
];

export class Exchange {
  private readonly random: Random;
  private readonly numbers: readonly string[];
  private readonly run: string;
  private calls = 0;

  constructor(random: Random, { numbers }: Subjects, run: string) {
    this.random = random;
    this.numbers = numbers;
    this.run = run;
  }

  /** A call that ends at that moment. */
  next(atMs: number): Call {
    const { random } = this;
    const [prefix, digits] = random.pick(DESTINATIONS);
    // 2 to 9 behind the prefix: never the begin of another one.
    let called = prefix + String(random.between(2, 9));
    while (called.length < digits) called += String(random.below(10));
    const seconds = 1 + random.below(20 + random.below(random.chance(5) ? 3600 : 420));
    const caller = random.pick(this.numbers);
    return {
      kind: 'call',
      id: `${this.run}-${++this.calls}`,
      caller,
      called,
      answeredAtMs: atMs - seconds * 1000,
      seconds,
    };
  }
}

interface OpenSession {
  id: string;
  login: string;
  port: number;
  startedAtMs: number;
  atMs: number;
  inOctets: number;
  outOctets: number;
}

/** An access server: subscribers come, use, and go. */
export class AccessServer {
  private readonly random: Random;
  /** Whether it gets to say that something ends. */
  private readonly isLost: () => boolean;
  private readonly run: string;
  private readonly open: OpenSession[] = [];
  /** Port and login of those that are not connected. */
  private readonly idle: { login: string; port: number }[];
  private sessions = 0;

  constructor(random: Random, { logins }: Subjects, run: string, isLost: () => boolean = () => false) {
    this.random = random;
    this.isLost = isLost;
    this.run = run;
    this.idle = logins.map((login, port) => ({ login, port: port + 1 }));
  }

  get online(): number {
    return this.open.length;
  }

  /** Null when nothing is told. */
  next(atMs: number): SessionPacket | null {
    const { random } = this;
    // About half of the subscribers are connected.
    const begins = this.open.length === 0 || (this.idle.length > 0 && random.below(100) < (this.manyIdle ? 40 : 10));
    if (begins) return this.begin(random.below(this.idle.length), atMs);
    const index = random.below(this.open.length);
    return random.chance(this.manyIdle ? 15 : 30) ? this.end(index, atMs) : this.interim(index, atMs);
  }

  /** Ends the session that was begun last, and more until one says so; null when there are none. */
  endOne(atMs: number, rebooted = false): SessionPacket | null {
    while (this.open.length > 0) {
      const stop = this.end(this.open.length - 1, atMs, rebooted);
      if (stop !== null) return stop;
    }
    return null;
  }

  /** All sessions stop, and those subscribers are back at once. Where Stops are lost it is Accounting-On that ends them. */
  restart(atMs: number): SessionPacket[] {
    const logins = new Set(this.open.map(({ login }) => login));
    const packets: SessionPacket[] = [];
    for (let one = this.endOne(atMs, true); one !== null; one = this.endOne(atMs, true)) packets.push(one);
    if (!this.isLost()) packets.push(this.own('Accounting-Off', atMs));
    packets.push(this.own('Accounting-On', atMs));
    for (let index = this.idle.length - 1; index >= 0; index--) {
      if (logins.has(this.idle[index].login)) packets.push(this.begin(index, atMs));
    }
    return packets;
  }

  private get manyIdle(): boolean {
    return this.idle.length > this.open.length;
  }

  private begin(index: number, atMs: number): SessionPacket {
    const { login, port } = this.idle[index];
    this.idle[index] = this.idle.at(-1)!;
    this.idle.pop();
    const id = `${this.run}-${++this.sessions}`;
    const session = { id, login, port, startedAtMs: atMs, atMs, inOctets: 0, outOctets: 0 };
    this.open.push(session);
    return packet(session, 'Start');
  }

  private interim(index: number, atMs: number): SessionPacket {
    this.use(this.open[index], atMs);
    return packet(this.open[index], 'Interim-Update');
  }

  /** Null when its Stop is lost, and with it all that was used since it told last. */
  private end(index: number, atMs: number, rebooted = false): SessionPacket | null {
    const session = this.open[index];
    this.open[index] = this.open.at(-1)!;
    this.open.pop();
    this.idle.push({ login: session.login, port: session.port });
    if (this.isLost()) return null;
    this.use(session, atMs);
    return packet(session, 'Stop', rebooted);
  }

  /** Since it told last; now and then so much that a counter of 32 bits turns over. */
  private use(session: OpenSession, atMs: number): void {
    const { random } = this;
    session.atMs = Math.max(session.atMs, atMs);
    session.inOctets += random.below(2_000_000);
    session.outOctets += random.below(20_000_000) + (random.chance(2) ? 4_300_000_000 : 0);
  }

  private own(status: PacketStatus, atMs: number): SessionPacket {
    const none = { login: '', port: 0, startedAtMs: atMs, atMs, inOctets: 0, outOctets: 0 };
    return packet({ id: `${this.run}-${status}-${atMs}`, ...none }, status);
  }
}

function packet(session: OpenSession, status: PacketStatus, rebooted = false): SessionPacket {
  return { kind: 'session', status, rebooted, ...session };
}

interface Meter {
  meter: string;
  /** Its clock is wrong by that much. */
  driftMs: number;
  toldAtMs: number;
  totalWattHours: number;
  readings: number;
}

/** Meters in turn, each telling what was used since it told last. */
export class Meters {
  private readonly random: Random;
  private readonly meters: Meter[];
  private readonly run: string;
  private turn = 0;

  constructor(random: Random, { meters }: Subjects, run: string, startMs: number, driftOf: () => number) {
    this.random = random;
    this.run = run;
    this.meters = meters.map((meter) => ({
      meter,
      driftMs: driftOf(),
      toldAtMs: startMs - 1000 * random.between(60, 900),
      // Above all that the sample's files ever say of a register.
      totalWattHours: random.between(50_000_000, 90_000_000),
      readings: 0,
    }));
  }

  next(atMs: number): Reading | null {
    const meter = this.meters[this.turn++ % this.meters.length];
    return this.read(meter, atMs);
  }

  all(atMs: number): Reading[] {
    return this.meters.flatMap((meter) => this.read(meter, atMs) ?? []);
  }

  /** Null when it told in this very second. */
  private read(meter: Meter, atMs: number): Reading | null {
    const endAtMs = atMs + meter.driftMs;
    const startAtMs = meter.toldAtMs + (meter.readings === 0 ? meter.driftMs : 0);
    if (endAtMs <= startAtMs) return null;
    const wattHours = 1 + this.random.below(Math.max(5, Math.floor((endAtMs - startAtMs) / 2000)));
    meter.totalWattHours += wattHours;
    meter.toldAtMs = endAtMs;
    const id = `${this.run}-${meter.meter}-${++meter.readings}`;
    const { totalWattHours } = meter;
    return { kind: 'reading', id, meter: meter.meter, startAtMs, endAtMs, wattHours, totalWattHours };
  }
}
