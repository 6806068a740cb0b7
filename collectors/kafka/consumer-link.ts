/**
 * One membership in a consumer group. Messages are fetched in rounds: fetch, make durable, tell the group; partitions are
 * assigned and given up only between two rounds. Never the client's flowing mode: it knows no back-pressure, and crashes
 * when it is disconnected.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type {
  Assignment,
  ConsumerGlobalConfig,
  KafkaConsumer,
  LibrdKafkaError,
  Message,
  Metadata,
  WatermarkOffsets,
} from 'node-rdkafka';
import { TollgridError } from '../../platform/errors.ts';
import type { Positions } from '../port.ts';
import type { Kafka } from '../../platform/kafka/index.ts';
import { isConnected, lagOf } from './lag.ts';

export interface LinkOptions {
  config: ConsumerGlobalConfig;
  from: 'earliest' | 'latest';
  topics: readonly string[];
  messagesMax: number;
}

export interface LinkEvents {
  /** Resolves when the messages are durable, together with `next`. */
  take(messages: readonly Message[], next: Positions): Promise<void>;
  /** What is in the log. */
  positions(): Positions;
  /** So many messages of a partition were deleted there before they were read. */
  gone(count: number): void;
  warn(code: string, message: string): void;
}

const RUN_BYTES_MAX = 1024 * 1024;
const ANSWER_MS = 5_000;
const IDLE_MS = 25;
const FAILED_MS = 1_000;
/** So long a partition is kept while a round becomes durable. */
const REVOKE_MS = 30_000;
const CLOSE_MS = 10_000;
/** librdkafka's codes. */
const [FATAL, REVOKE, ASSIGN, ALL_BROKERS_DOWN, TRANSPORT] = [-150, -174, -175, -187, -195];

export class ConsumerLink {
  private readonly consumer: KafkaConsumer;
  private readonly options: LinkOptions;
  private readonly events: LinkEvents;
  private round: Promise<unknown> = Promise.resolve();
  private changing: Promise<void> = Promise.resolve();
  private stopping = false;
  private fatal: Error | null = null;
  private readonly assigned = new Map<string, Assignment>();
  lag: number | null = null;
  /** What is wrong just now, for people. */
  failure: string | null = null;

  constructor(kafka: Kafka, options: LinkOptions, events: LinkEvents) {
    this.options = options;
    this.events = events;
    const config = {
      ...options.config,
      rebalance_cb: (error: LibrdKafkaError, assignments: Assignment[]) => this.rebalanced(error, assignments),
    };
    this.consumer = new kafka.KafkaConsumer(config, { 'auto.offset.reset': options.from });
    this.consumer.setDefaultConsumeTimeout(0);
    this.consumer.on('event.error', (error) => this.failed(error));
    this.consumer.on('event.stats', ({ message }: { message: string }) => {
      this.lag = lagOf(message, this.assigned, this.events.positions());
      // Also of a topic in which nothing new stands.
      if (isConnected(message)) this.failure = null;
    });
  }

  get partitions(): number {
    return this.assigned.size;
  }

  /** Resolves after `stop`. Errors: SOURCE_UNREACHABLE and those of `take`: what was not durable is fetched again. */
  async run(): Promise<void> {
    await this.connect();
    try {
      this.consumer.subscribe([...this.options.topics]);
      while (!this.stopping) {
        await this.changing;
        const round = this.next();
        this.round = round.catch(() => undefined);
        const pauseMs = await round;
        if (this.fatal !== null) throw this.fatal;
        if (pauseMs > 0) await delay(pauseMs);
      }
    } finally {
      await this.close();
    }
  }

  stop(): void {
    this.stopping = true;
  }

  /** What one try says: partitions of each topic. Error: SOURCE_UNREACHABLE. */
  async test(): Promise<string[]> {
    await this.connect();
    try {
      const lines: string[] = [];
      for (const topic of this.options.topics) lines.push(await this.testTopic(topic));
      return lines;
    } finally {
      await this.close();
    }
  }

  private async testTopic(topic: string): Promise<string> {
    const { topics } = await answer<Metadata>((done) => this.consumer.getMetadata({ topic, timeout: ANSWER_MS }, done));
    const found = topics.find(({ name }) => name === topic);
    if (found === undefined || found.partitions.length === 0) {
      throw new TollgridError('SOURCE_UNREACHABLE', `There is no topic ${topic}, or it may not be read.`);
    }
    return `topic ${topic} has ${found.partitions.length} partitions`;
  }

  private async connect(): Promise<void> {
    await answer((done) => this.consumer.connect({ timeout: ANSWER_MS }, done));
    this.failure = null;
  }

  /** Milliseconds to wait until the next round. */
  private async next(): Promise<number> {
    const { messagesMax } = this.options;
    const messages = await answer<Message[]>((done) => this.consumer.consume(messagesMax, done)).catch((error) => {
      this.failed((error as { cause?: LibrdKafkaError }).cause ?? (error as LibrdKafkaError));
      return null;
    });
    if (messages === null) return FAILED_MS;
    if (messages.length === 0) return IDLE_MS;
    this.failure = null;
    for (const run of runsOf(messages)) {
      const next: Record<string, number> = {};
      for (const message of run) next[streamOf(message)] = message.offset + 1;
      await this.events.take(run, next);
    }
    this.commit(messages);
    return 0;
  }

  /** Asynchronous: a commit that is lost is made good by the next one, and after a crash by the positions in the log. */
  private commit(messages: readonly Message[]): void {
    const last = new Map(messages.map((message) => [streamOf(message), message]));
    try {
      this.consumer.commit(
        [...last.values()].map(({ topic, partition, offset }) => ({ topic, partition, offset: offset + 1 })),
      );
    } catch (error) {
      this.events.warn('SOURCE_UNREACHABLE', `the group was not told: ${(error as Error).message}`);
    }
  }

  private failed(error: LibrdKafkaError): void {
    if (this.stopping) return;
    this.failure = error.message;
    if (error.code === FATAL) this.fatal = new TollgridError('SOURCE_UNREACHABLE', error.message);
    // Brokers come and go; the client connects again by itself.
    if (error.code !== TRANSPORT && error.code !== ALL_BROKERS_DOWN) {
      this.events.warn('SOURCE_UNREACHABLE', error.message);
    }
  }

  private rebalanced(error: LibrdKafkaError, assignments: Assignment[]): void {
    this.changing = this.changing
      .then(() => this.change(error.code, assignments))
      .catch((thrown: unknown) => {
        // Partitions that were not assigned would never be read: the group is joined anew.
        if (!this.stopping)
          this.fatal = new TollgridError('SOURCE_UNREACHABLE', `partitions: ${(thrown as Error).message}`);
      });
  }

  private async change(code: number, assignments: Assignment[]): Promise<void> {
    await Promise.race([this.round, delay(REVOKE_MS, undefined, { ref: false })]);
    if (code === ASSIGN) {
      this.consumer.incrementalAssign(await this.placed(assignments));
      for (const one of assignments) this.assigned.set(streamOf(one), one);
    } else if (code === REVOKE) {
      for (const one of assignments) this.assigned.delete(streamOf(one));
      this.consumer.incrementalUnassign(assignments);
    }
  }

  /** Where the log is further than the group was told, the log counts. */
  private async placed(assignments: Assignment[]): Promise<Assignment[]> {
    const known = this.events.positions();
    const ours = assignments.filter((one) => known[streamOf(one)] !== undefined);
    if (ours.length === 0) return assignments;
    const committed = await answer<Assignment[]>((done) => this.consumer.committed(ours, ANSWER_MS, done));
    const told = new Map(committed.map((one) => [streamOf(one), 'offset' in one ? one.offset : -1]));
    const placed: Assignment[] = [];
    for (const { topic, partition } of assignments) {
      const stream = streamOf({ topic, partition });
      const inLog = known[stream];
      const next = inLog === undefined ? null : Math.max(inLog, told.get(stream) ?? -1);
      placed.push(
        next === null ? { topic, partition } : { topic, partition, offset: await this.held(topic, partition, next) },
      );
    }
    return placed;
  }

  /** The first offset from `next` on that the broker holds; said aloud when that is another one. */
  private async held(topic: string, partition: number, next: number): Promise<number> {
    const { lowOffset, highOffset } = await answer<WatermarkOffsets>((done) =>
      this.consumer.queryWatermarkOffsets(topic, partition, ANSWER_MS, done),
    );
    if (next > highOffset) {
      this.events.warn(
        'KAFKA_TOPIC_REPLACED',
        `${topic}/${partition} ends at ${highOffset}, and ${next} messages of it were read; it is read from its start`,
      );
      return lowOffset;
    }
    if (next >= lowOffset) return next;
    this.events.gone(lowOffset - next);
    this.events.warn(
      'KAFKA_MESSAGES_GONE',
      `${topic}/${partition} begins at ${lowOffset}, and ${next} would have been next: ${lowOffset - next} are lost`,
    );
    return lowOffset;
  }

  /** Once, and never while a fetch is under way. */
  private async close(): Promise<void> {
    this.stopping = true;
    await this.changing;
    if (!this.consumer.isConnected()) return;
    const closed = new Promise<void>((resolve) => this.consumer.disconnect(() => resolve()));
    await Promise.race([closed, delay(CLOSE_MS, undefined, { ref: false })]);
    this.assigned.clear();
  }
}

function streamOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`;
}

/** In runs of a size that a batch has. */
function* runsOf(messages: readonly Message[]): Generator<Message[]> {
  let run: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (run.length > 0 && bytes + message.size > RUN_BYTES_MAX) {
      yield run;
      run = [];
      bytes = 0;
    }
    run.push(message);
    bytes += message.size;
  }
  yield run;
}

/** The client's callbacks as promises; its error is the cause. */
function answer<T>(ask: (done: (error: LibrdKafkaError, value: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error: LibrdKafkaError | null | undefined, value) => {
      if (error === null || error === undefined) resolve(value);
      else reject(Object.assign(new TollgridError('SOURCE_UNREACHABLE', error.message), { cause: error }));
    });
  });
}
