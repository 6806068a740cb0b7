/** Sends a plan at its pace. Devices do not wait for each other; when too many wait for answers, all of them do. */
import { setMaxListeners } from 'node:events';
import { toTollgridError } from '../platform/errors.ts';
import { pause, type DeviceClient } from './clients/port.ts';
import type { Delivery, DeviceEvent, EventKind } from './events.ts';
import { Tally, type Summary } from './tally.ts';

/** One per kind of event; events of a kind that has none are not sent. */
export type Clients = Partial<Record<EventKind, DeviceClient>>;

export interface RunOptions {
  /** Name of the run, as in the ids of its events. */
  run: string;
  clients: Clients;
  /** Events that may wait for an answer. */
  outstandingMax: number;
  /** How long answers are waited for at the end before the rest is given up. */
  patienceMs: number;
  /** Ends early: nothing more is sent, answers are still waited for. */
  stop: AbortSignal;
  /** Of the wall. */
  now(): number;
  onSent?(event: DeviceEvent): void;
  onAcknowledged?(event: DeviceEvent): void;
}

export interface Running {
  readonly tally: Tally;
  /** Events on their way. */
  readonly outstanding: number;
  finished: Promise<Summary>;
}

export function run(deliveries: Iterable<Delivery>, options: RunOptions): Running {
  const runner = new Runner(options);
  const finished = runner.run(deliveries);
  return {
    tally: runner.tally,
    finished,
    get outstanding() {
      return runner.underway.size;
    },
  };
}

class Runner {
  readonly tally = new Tally();
  readonly underway = new Set<Promise<void>>();
  private readonly options: RunOptions;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;

  constructor(options: RunOptions) {
    this.options = options;
  }

  async run(deliveries: Iterable<Delivery>): Promise<Summary> {
    const { clients, stop, now, outstandingMax } = this.options;
    setMaxListeners(0, stop);
    const startedMs = now();
    try {
      for (const delivery of deliveries) {
        if (stop.aborted) break;
        const client = clients[delivery.event.kind];
        if (client === undefined) continue;
        const earlyMs = startedMs + delivery.dueMs - now();
        if (earlyMs > 1) await pause(earlyMs, stop);
        while (this.underway.size >= outstandingMax) await new Promise<void>((resolve) => (this.wake = resolve));
        if (this.failure !== null) throw this.failure;
        if (stop.aborted) break;
        this.send(client, delivery);
      }
      await this.answers();
    } finally {
      for (const client of Object.values(clients)) client.abort();
    }
    if (this.failure !== null) throw this.failure;
    return this.summary();
  }

  private send(client: DeviceClient, delivery: Delivery): void {
    const { event } = delivery;
    this.tally.sent(delivery);
    this.options.onSent?.(event);
    const sending: Promise<void> = client
      .deliver(delivery)
      .then((acknowledged) => {
        if (!acknowledged) return;
        this.tally.done(event);
        this.options.onAcknowledged?.(event);
      })
      .catch((error: unknown) => {
        this.failure ??= toTollgridError(error);
      })
      .finally(() => {
        this.underway.delete(sending);
        this.wake?.();
      });
    this.underway.add(sending);
  }

  private async answers(): Promise<void> {
    const late = new AbortController();
    const all = Promise.all(this.underway).then(() =>
      Promise.all(Object.values(this.options.clients).map((client) => client.finish())),
    );
    await Promise.race([all, pause(this.options.patienceMs, late.signal)]);
    late.abort();
    all.catch(() => undefined);
    // Whoever still waits is told that it is over.
    for (const client of Object.values(this.options.clients)) client.abort();
    await Promise.all(this.underway);
  }

  private summary(): Summary {
    const { tally, options } = this;
    for (const [kind, client] of Object.entries(options.clients)) {
      Object.assign(tally.kinds[kind as EventKind], client.counts);
    }
    return { run: options.run, kinds: tally.kinds, ledger: tally.ledger };
  }
}
