/** Reads a partition from an offset on, committed messages only, in rounds: never the client's flowing mode. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaConsumer, Message, WatermarkOffsets } from 'node-rdkafka';
import { TollgridError } from '../errors.ts';
import { loadKafka } from './addon.ts';
import { answer } from './answer.ts';
import { connectionConfig, type KafkaConnection } from './connection.ts';

export interface OrderMessage {
  offset: number;
  value: Buffer;
}

const ANSWER_MS = 20_000;
const CLOSE_MS = 10_000;
const ROUND_MESSAGES = 200;
const QUEUED_KBYTES = 32 * 1024;

export class OrderReader {
  private readonly consumer: KafkaConsumer;
  private readonly topic: string;
  private round: Promise<unknown> = Promise.resolve();
  private closing = false;
  /** Everything before it was handed out, or is no message. */
  private endSeen = -1;
  /** What is wrong just now, for people. */
  failure: string | null = null;

  private constructor(consumer: KafkaConsumer, topic: string) {
    this.consumer = consumer;
    this.topic = topic;
    consumer.setDefaultConsumeTimeout(0);
    consumer.on('event.error', ({ message }) => (this.failure = message));
    consumer.on('partition.eof', ({ offset }: { offset: number }) => (this.endSeen = offset));
  }

  /** `from`: an offset, or so many messages before the end when negative. Errors: KAFKA_ADDON_MISSING, KAFKA_UNREACHABLE. */
  static async open(connection: KafkaConnection, topic: string, from: number): Promise<OrderReader> {
    const consumer = new (loadKafka().KafkaConsumer)(
      {
        ...connectionConfig(connection),
        // Partitions are taken, not assigned by a group; the client wants a name all the same.
        'group.id': `tollgrid-reader-${topic}`,
        'enable.auto.commit': false,
        'enable.auto.offset.store': false,
        'enable.partition.eof': true,
        'isolation.level': 'read_committed',
        'queued.max.messages.kbytes': QUEUED_KBYTES,
        'fetch.wait.max.ms': 100,
      },
      // What is gone is told by the numbers in it, not skipped.
      { 'auto.offset.reset': 'earliest' },
    );
    const reader = new OrderReader(consumer, topic);
    try {
      await answer((done) => consumer.connect({ timeout: ANSWER_MS }, done as never));
      const { lowOffset, highOffset } = await reader.bounds();
      const wanted = from < 0 ? highOffset + from : from;
      // Beyond its end: it was made anew, and is another one.
      const offset = wanted > highOffset ? lowOffset : Math.max(lowOffset, wanted);
      consumer.assign([{ topic, partition: 0, offset }]);
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** What the partition holds now. */
  bounds(): Promise<WatermarkOffsets> {
    return answer<WatermarkOffsets>((done) =>
      this.consumer.queryWatermarkOffsets(this.topic, 0, ANSWER_MS, done as never),
    );
  }

  /** What has come, at once; empty when nothing has. Error: KAFKA_UNREACHABLE. */
  async next(): Promise<OrderMessage[]> {
    if (this.closing) return [];
    const round = answer<Message[]>((done) => this.consumer.consume(ROUND_MESSAGES, done));
    this.round = round.catch(() => undefined);
    const messages = await round;
    if (messages.length > 0) this.failure = null;
    return messages.map(({ offset, value }) => ({ offset, value: value ?? Buffer.alloc(0) }));
  }

  /** All up to the end as it is now, a round at a time. Error: KAFKA_UNREACHABLE when nothing comes any more. */
  async *toEnd(pauseMs = 10): AsyncGenerator<OrderMessage[], void> {
    const { highOffset } = await this.bounds();
    for (let silentMs = 0; this.endSeen < highOffset;) {
      const messages = await this.next();
      if (messages.length > 0) {
        silentMs = 0;
        yield messages;
        if (messages.at(-1)!.offset >= highOffset - 1) return;
        continue;
      }
      if (highOffset === 0) return;
      if ((silentMs += pauseMs) > 6 * ANSWER_MS) {
        const message = `Kafka: the end of ${this.topic} cannot be read: ${this.failure ?? 'silence'}`;
        throw new TollgridError('KAFKA_UNREACHABLE', message);
      }
      await delay(pauseMs);
    }
  }

  /** Once, and never while a fetch is under way. */
  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    await this.round;
    if (!this.consumer.isConnected()) return;
    const closed = new Promise<void>((resolve) => this.consumer.disconnect(() => resolve()));
    await Promise.race([closed, delay(CLOSE_MS, undefined, { ref: false })]);
  }
}
