/**
 * The one writer of a partition. Groups of messages are transactions: whole or absent, acknowledged by all in-sync
 * replicas. Opening fences whoever wrote under the same name before, also one that is only frozen.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Producer } from 'node-rdkafka';
import { TollgridError } from '../errors.ts';
import { loadKafka } from './addon.ts';
import { answer, clientError } from './answer.ts';
import { connectionConfig, type KafkaConnection } from './connection.ts';

const ANSWER_MS = 30_000;
const POLL_MS = 5;
const AGAIN_MS = 200;
const CLOSE_MS = 10_000;
/** librdkafka's codes: the queue is full; it is fenced, for the client and in the protocol. */
const [QUEUE_FULL, FENCED] = [-184, [-144, 22, 47, 90]];

export interface WrittenMessage {
  key: string;
  value: Uint8Array;
}

export class OrderWriter {
  private readonly producer: Producer;
  private readonly topic: string;
  private closing = false;
  /** Where a message went, by its key; it counts when its transaction is committed. */
  onDelivered: (key: string, offset: number) => void = () => undefined;

  private constructor(producer: Producer, topic: string) {
    this.producer = producer;
    this.topic = topic;
    // Brokers come and go, and the client connects again by itself: what counts is the end of a transaction.
    producer.on('event.error', () => undefined);
    producer.on('delivery-report', (error, { key, offset }) => {
      if ((error as unknown) === null || (error as unknown) === undefined) this.onDelivered(String(key), offset);
    });
    producer.setPollInterval(POLL_MS);
  }

  /**
   * Resolves when whatever another writer had begun is either whole or rolled back.
   * Errors: KAFKA_ADDON_MISSING, KAFKA_UNREACHABLE.
   */
  static async open(connection: KafkaConnection, topic: string): Promise<OrderWriter> {
    const producer = new (loadKafka().Producer)({
      ...connectionConfig(connection),
      'transactional.id': `tollgrid-writer-${topic}`,
      'enable.idempotence': true,
      'linger.ms': 0,
      'compression.codec': 'lz4',
      dr_cb: true,
    });
    const writer = new OrderWriter(producer, topic);
    try {
      await answer((done) => producer.connect({ timeout: ANSWER_MS }, done as never));
      await answer((done) => producer.initTransactions(ANSWER_MS, done));
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  /** Resolves when all messages are durable. Errors: LOG_FENCED, KAFKA_UNREACHABLE when it is not known what became of them. */
  async commit(messages: readonly WrittenMessage[]): Promise<void> {
    for (;;) {
      try {
        await answer((done) => this.producer.beginTransaction(done));
        for (const message of messages) await this.produce(message);
        await this.retried((done) => this.producer.commitTransaction(ANSWER_MS, done));
        return;
      } catch (error) {
        if (clientError(error).isTxnRequiresAbort !== true || this.closing) throw this.judged(error);
        // Nothing of it was taken: all of it once more.
        await this.retried((done) => this.producer.abortTransaction(ANSWER_MS, done)).catch((cause: unknown) => {
          throw this.judged(cause);
        });
        await delay(AGAIN_MS);
      }
    }
  }

  /** Until it is known how it ended: a broker that is away for a while is waited for. */
  private async retried(step: Parameters<typeof answer<void>>[0]): Promise<void> {
    for (;;) {
      try {
        return await answer(step);
      } catch (error) {
        if (clientError(error).isRetriable !== true || this.closing) throw error;
        await delay(AGAIN_MS);
      }
    }
  }

  private async produce({ key, value }: WrittenMessage): Promise<void> {
    for (;;) {
      try {
        this.producer.produce(this.topic, 0, Buffer.from(value.buffer, value.byteOffset, value.length), key);
        return;
      } catch (error) {
        if (clientError(error).code !== QUEUE_FULL) throw error;
        await delay(AGAIN_MS);
      }
    }
  }

  private judged(error: unknown): TollgridError {
    const { code, message = '' } = clientError(error);
    if (FENCED.includes(code!) || /fenced/i.test(message)) {
      return new TollgridError('LOG_FENCED', `another process writes ${this.topic} by now`, { topic: this.topic });
    }
    if (error instanceof TollgridError) return error;
    return new TollgridError('KAFKA_UNREACHABLE', `Kafka: ${message}`, {}, { cause: error });
  }

  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    if (!this.producer.isConnected()) return;
    const closed = new Promise<void>((resolve) => this.producer.disconnect(100, () => resolve()));
    await Promise.race([closed, delay(CLOSE_MS, undefined, { ref: false })]);
  }
}
