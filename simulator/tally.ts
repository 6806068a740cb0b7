/** What was sent and acknowledged, and what must therefore stand in the ledger, once. */
import type { Delivery, DeviceEvent, EventKind, SessionPacket } from './events.ts';
import { EVENT_KINDS } from './events.ts';

export interface KindCounts {
  /** Events, each counted once. */
  events: number;
  /** Sendings that were begun: events, and those that came again by a fault. */
  sent: number;
  /** Events that the other side answered for; without an answer in the protocol, that were handed over whole. */
  acknowledged: number;
  /** Events that were given up: they may be in the ledger. */
  open: number;
  /** Attempts after the first one. */
  retries: number;
  /** Answers that said to come again later. */
  toldToWait: number;
  /** Handed over on connections that broke, where the protocol has no answer: they may be lost. */
  uncertain: number;
}

export interface ServiceTotals {
  usages: number;
  /** Milliseconds, bytes, watt-hours. */
  quantity: number;
}

export interface Summary {
  run: string;
  kinds: Record<EventKind, KindCounts>;
  /** By service; of sessions the highest counters that were acknowledged. */
  ledger: Record<'voice' | 'data' | 'electricity', ServiceTotals>;
}

export class Tally {
  readonly kinds: Record<EventKind, KindCounts>;
  readonly ledger: Summary['ledger'] = {
    voice: { usages: 0, quantity: 0 },
    data: { usages: 0, quantity: 0 },
    electricity: { usages: 0, quantity: 0 },
  };
  private readonly acknowledged = new WeakSet<DeviceEvent>();
  /** Bytes of each session, by id. */
  private readonly sessions = new Map<string, number>();

  constructor() {
    const none = { events: 0, sent: 0, acknowledged: 0, open: 0, retries: 0, toldToWait: 0, uncertain: 0 };
    this.kinds = Object.fromEntries(EVENT_KINDS.map((kind) => [kind, { ...none }])) as Tally['kinds'];
  }

  sent({ event, again }: Delivery): void {
    const kind = this.kinds[event.kind];
    kind.sent++;
    if (again) return;
    kind.events++;
    kind.open++;
  }

  /** Once per event, however often it was sent. */
  done(event: DeviceEvent): void {
    if (this.acknowledged.has(event)) return;
    this.acknowledged.add(event);
    const kind = this.kinds[event.kind];
    kind.acknowledged++;
    kind.open--;
    if (event.kind === 'call') this.add('voice', event.seconds * 1000);
    if (event.kind === 'reading') this.add('electricity', event.wattHours);
    if (event.kind === 'session' && (event.status === 'Stop' || event.status === 'Interim-Update')) this.count(event);
  }

  /** A session is worth the most that was told of it: its Stop may never come. */
  private count({ id, inOctets, outOctets }: SessionPacket): void {
    const known = this.sessions.get(id);
    const bytes = Math.max(known ?? 0, inOctets + outOctets);
    this.sessions.set(id, bytes);
    this.add('data', bytes - (known ?? 0), known === undefined ? 1 : 0);
  }

  private add(service: keyof Summary['ledger'], quantity: number, usages = 1): void {
    this.ledger[service].usages += usages;
    this.ledger[service].quantity += quantity;
  }
}
