/** Messages of one or more MQTT brokers: each is a record, or one for each register that it shows. */
import { makeMessageFrame, MESSAGE_FLAGS } from '../../mediation/formats/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { Collector, CollectorStatus, RecordIntake, Surroundings } from '../port.ts';
import { BrokerLink, type BrokerOptions, type Message, type SessionOptions } from './broker-link.ts';
import { FirstReceipts } from './first-receipts.ts';

export interface MqttOptions extends SessionOptions {
  brokers: readonly BrokerOptions[];
  /** Which registers a payload shows, by the source's format: see `CompiledFormat.partsOf`. */
  partsOf(payload: Uint8Array): readonly string[];
}

export class MqttCollector implements Collector {
  private readonly intake: RecordIntake;
  private readonly surroundings: Surroundings;
  private readonly options: MqttOptions;
  private readonly links: readonly BrokerLink[];
  private readonly receipts: FirstReceipts;
  private lastSeenMs: number | null = null;
  private readonly refused = { tooLarge: 0, topic: 0 };

  constructor(options: MqttOptions, intake: RecordIntake, surroundings: Surroundings) {
    this.options = options;
    this.intake = intake;
    this.surroundings = surroundings;
    this.receipts = new FirstReceipts(2 * options.receiveMax * options.brokers.length);
    this.links = options.brokers.map(
      (broker) =>
        new BrokerLink(broker, options, {
          take: (message) => this.take(message),
          refused: (reason) => this.refused[reason]++,
          warn: (code, message) => surroundings.warn(code, message),
        }),
    );
  }

  async start(): Promise<void> {
    for (const batch of (await this.intake.recent?.()) ?? []) this.receipts.restore(batch);
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

  private take(message: Message): Promise<void> {
    const { topic, payload, retained, repeated } = message;
    const now = this.surroundings.now();
    this.lastSeenMs = now;
    const receivedMs = this.receipts.timeOf(topic, payload, repeated, now);
    const flags = (retained ? MESSAGE_FLAGS.retained : 0) | (repeated ? MESSAGE_FLAGS.repeated : 0);
    const frames = this.options
      .partsOf(payload)
      .map((part) => makeMessageFrame({ topic, receivedMs, flags, part, payload }));
    return this.intake.takeWhenRoom(frames);
  }
}
