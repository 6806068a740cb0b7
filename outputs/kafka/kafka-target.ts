/** Events to a Kafka topic, acknowledged by all replicas, in order within a partition; one partition for each account. */
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Producer, ProducerGlobalConfig, ProducerTopicConfig } from 'node-rdkafka';
import { connectionConfig, loadKafka, type Kafka, type KafkaConnection } from '../../platform/kafka/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { OutputEvent, Target } from '../port.ts';

export interface KafkaTargetOptions extends KafkaConnection {
  topic: string;
}

const CONNECT_MS = 3_000;
/** A broker that acknowledges nothing for longer than that costs a page, which is sent again. */
const ANSWER_MS = 30_000;
const POLL_MS = 20;
const FLUSH_MS = 100;
const CLOSE_MS = 10_000;
/** So many are handed over at a stretch: the process has other things to do. */
const STRETCH = 500;
/**
 * Never a time limit for each message: the client would leave out those that are late and send what stands behind them
 * (librdkafka's INTRODUCTION.md, Message timeout considerations). The whole producer is given up instead.
 */
const TOPIC_CONFIG: ProducerTopicConfig = { partitioner: 'murmur2_random', 'message.timeout.ms': 0 };
const HEADERS = [{ 'content-type': 'application/cloudevents+json; charset=utf-8' }];

interface Waiting {
  left: number;
  /** Runs out when nothing is acknowledged. */
  silence: NodeJS.Timeout;
  resolve(): void;
  reject(error: TollgridError): void;
}

export class KafkaTarget implements Target {
  private readonly options: KafkaTargetOptions;
  private producer: Producer | null = null;
  private waiting: Waiting | null = null;
  private readonly load: () => Kafka;
  private readonly answerMs: number;
  failure: string | null = null;

  constructor(options: KafkaTargetOptions, load: () => Kafka = loadKafka, answerMs = ANSWER_MS) {
    this.options = options;
    this.load = load;
    this.answerMs = answerMs;
  }

  get where(): string {
    return `${this.options.brokers.join(',')}, topic ${this.options.topic}`;
  }

  /** Errors: KAFKA_ADDON_MISSING, OUTPUT_UNREACHABLE. */
  async open(): Promise<void> {
    if (this.producer !== null) return;
    const kafka = this.load();
    const producer = new kafka.Producer(producerConfig(this.options), TOPIC_CONFIG);
    // Brokers come and go, and the client connects again by itself: what counts are the reports.
    producer.on('event.error', ({ message }) => (this.failure = message));
    // Of one that was given up nothing is counted any more.
    producer.on('delivery-report', (error) => {
      if (this.producer === producer) this.reported(error);
    });
    producer.setPollInterval(POLL_MS);
    await new Promise<void>((resolve, reject) => {
      producer.connect({ topic: this.options.topic, timeout: CONNECT_MS }, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(unreachable(error.message));
      });
    });
    this.producer = producer;
    this.failure = null;
  }

  async send(events: readonly OutputEvent[]): Promise<void> {
    const { producer } = this;
    if (producer === null) throw unreachable('it is not connected');
    const silent = `nothing was acknowledged for ${this.answerMs / 1000} s`;
    const silence = setTimeout(() => this.fail(silent), this.answerMs);
    const acknowledged = new Promise<void>((resolve, reject) => {
      this.waiting = { left: events.length, silence, resolve, reject };
    });
    acknowledged.catch(() => undefined);
    try {
      for (let from = 0; from < events.length && this.waiting !== null; from += STRETCH) {
        for (const { key, value } of events.slice(from, from + STRETCH)) {
          // What stands behind one that failed would arrive before it.
          if (this.waiting === null) break;
          this.produce(producer, key, value);
        }
        await turn();
      }
      await acknowledged;
    } finally {
      clearTimeout(silence);
    }
  }

  async close(): Promise<void> {
    const { producer } = this;
    this.producer = null;
    this.fail('it was closed before it acknowledged everything');
    if (producer === null || !producer.isConnected()) return;
    // It must not be asked for reports while it goes.
    producer.setPollInterval(0);
    const closed = new Promise<void>((resolve) => producer.disconnect(FLUSH_MS, () => resolve()));
    await Promise.race([closed, delay(CLOSE_MS, undefined, { ref: false })]);
  }

  private produce(producer: Producer, key: string, value: string): void {
    try {
      producer.produce(this.options.topic, null, Buffer.from(value), key, null, undefined, HEADERS);
    } catch (error) {
      this.fail((error as Error).message);
    }
  }

  private reported(error: { message: string } | null | undefined): void {
    if (error !== null && error !== undefined) return this.fail(error.message);
    this.failure = null;
    this.waiting?.silence.refresh();
    if (this.waiting === null || --this.waiting.left > 0) return;
    this.waiting.resolve();
    this.waiting = null;
  }

  private fail(reason: string): void {
    this.waiting?.reject(unreachable(reason));
    this.waiting = null;
  }
}

function producerConfig(options: KafkaTargetOptions): ProducerGlobalConfig {
  return {
    ...connectionConfig(options),
    'enable.idempotence': true,
    // After an error that is for good nothing more is sent by this producer.
    'enable.gapless.guarantee': true,
    'linger.ms': 5,
    'compression.codec': 'lz4',
    dr_cb: true,
  };
}

function unreachable(reason: string): TollgridError {
  return new TollgridError('OUTPUT_UNREACHABLE', `Kafka: ${reason}`);
}
