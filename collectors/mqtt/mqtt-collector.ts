/** Messages of one or more MQTT brokers: each is a record, or one for each register that it shows. */
import { makeMessageFrame, MESSAGE_FLAGS } from '../../mediation/formats/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { Collector, CollectorStatus, RecordIntake, Surroundings } from '../port.ts';
import { BrokerLink, type BrokerOptions, type Message, type SessionOptions } from './broker-link.ts';
import { deliveryOf, FirstReceipts, restoreReceipts, sessionOf } from './first-receipts.ts';
import { EdgeNodes, rebirthRequest } from './sparkplug/index.ts';

export interface MqttOptions extends SessionOptions {
  brokers: readonly BrokerOptions[];
  sparkplug?: { rebirthSeconds: number } | undefined;
  /** Which registers a payload shows, by the source's format: see `CompiledFormat.partsOf`. */
  partsOf(payload: Uint8Array): readonly string[];
}

/** Edge nodes of which it is remembered when they were asked for their birth. */
const ASKED_MAX = 10_000;

export class MqttCollector implements Collector {
  private readonly intake: RecordIntake;
  private readonly surroundings: Surroundings;
  private readonly options: MqttOptions;
  private readonly links: readonly BrokerLink[];
  /** By session. */
  private readonly receipts: ReadonlyMap<number, FirstReceipts>;
  private readonly edges: readonly EdgeNodes[];
  /** When an edge node was asked for its birth. */
  private readonly asked = new Map<string, number>();
  private lastSeenMs: number | null = null;
  private readonly refused = { tooLarge: 0, topic: 0, gap: 0 };

  constructor(options: MqttOptions, intake: RecordIntake, surroundings: Surroundings) {
    this.options = options;
    this.intake = intake;
    this.surroundings = surroundings;
    const sessions = options.brokers.map(({ url }) => sessionOf(url, options.clientId));
    this.receipts = new Map(sessions.map((session) => [session, new FirstReceipts(2 * options.receiveMax)]));
    this.edges = options.brokers.map(() => new EdgeNodes());
    this.links = options.brokers.map(
      (broker, no) =>
        new BrokerLink(broker, options, {
          take: (message) => this.take(no, sessions[no], message),
          refused: (reason) => this.refused[reason]++,
          warn: (code, message) => surroundings.warn(code, message),
        }),
    );
  }

  async start(): Promise<void> {
    if (this.intake.recent !== undefined) await restoreReceipts(this.receipts, this.intake.recent());
    for (const link of this.links) link.start();
  }

  status(): CollectorStatus {
    const connections = this.links.filter(({ isConnected }) => isConnected).length;
    return {
      state: connections > 0 ? 'taking' : 'waiting',
      detail: this.links.map(({ detail }) => detail).join('; '),
      lastSeenMs: this.lastSeenMs,
      connections,
      waitingFiles: 0,
      lag: { amount: this.links.reduce((sum, { unacknowledged }) => sum + unacknowledged, 0), unit: 'messages' },
      refused: { ...this.refused },
    };
  }

  async test(): Promise<string[]> {
    if (this.links.length === 0) throw new TollgridError('SOURCE_UNREACHABLE', 'no broker is configured');
    const lines: string[] = [];
    for (const link of this.links) lines.push(await link.test());
    return lines;
  }

  async stop(): Promise<void> {
    await Promise.all(this.links.map((link) => link.stop()));
  }

  private take(brokerNo: number, session: number, message: Message): Promise<void> {
    const { topic, payload, retained, repeated, packetNo } = message;
    const now = this.surroundings.now();
    this.lastSeenMs = now;
    const delivery = packetNo === undefined ? undefined : deliveryOf(session, packetNo);
    const receivedMs = this.receipts.get(session)!.timeOf({ topic, payload, delivery, repeated }, now);
    const flags = (retained ? MESSAGE_FLAGS.retained : 0) | (repeated ? MESSAGE_FLAGS.repeated : 0);
    const around = { topic, receivedMs, flags };
    const found = this.options.sparkplug === undefined ? null : this.edges[brokerNo].read(topic, payload);
    if (found === null) return this.intake.takeWhenRoom(this.framesOf({ ...around, delivery }, payload));
    if (found.gap) this.refused.gap++;
    if (found.rebirth !== null) this.askForBirth(brokerNo, found.rebirth, now);
    const part = found.state === 'unresolved' || found.state === 'unreadable' ? found.state : '';
    const asItCame = makeMessageFrame({ ...around, flags: flags | MESSAGE_FLAGS.raw, part, delivery, payload });
    const shown = found.content === null ? [] : this.framesOf(around, found.content, false);
    return this.intake.takeWhenRoom([asItCame, ...shown]);
  }

  /** `whole`: a message that shows no register is a record too. */
  private framesOf(
    around: { topic: string; receivedMs: number; flags: number; delivery?: number | undefined },
    payload: Uint8Array,
    whole = true,
  ): Uint8Array[] {
    const parts = this.options.partsOf(payload);
    return parts.filter((part) => whole || part !== '').map((part) => makeMessageFrame({ ...around, part, payload }));
  }

  private askForBirth(brokerNo: number, { group, edge }: { group: string; edge: string }, now: number): void {
    const key = `${brokerNo}/${group}/${edge}`;
    const before = this.asked.get(key);
    if (before !== undefined && now - before < this.options.sparkplug!.rebirthSeconds * 1000) return;
    if (this.asked.size >= ASKED_MAX) this.asked.clear();
    this.asked.set(key, now);
    this.surroundings.warn(
      'SPARKPLUG_GAP',
      'births or messages of edge nodes are missing; they are asked for their birth',
    );
    this.links[brokerNo].publish(`spBv1.0/${group}/NCMD/${edge}`, rebirthRequest(now));
  }
}
