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
import { answer, clientError, type Kafka } from '../../platform/kafka/index.ts';
import { isConnected, lagOf, stalledIn } from './lag.ts';
import { beginningOf, type Beginning } from './places.ts';

export interface LinkOptions {
  config: ConsumerGlobalConfig;
  from: 'earliest' | 'latest';
  /** Others read in the same group, into logs of their own. */
  shared: boolean;
  topics: readonly string[];
  messagesMax: number;
}

/** Where the reading of a partition is. */
export interface Place {
  topic: string;
  partition: number;
  /** Behind the last message that is durable or was not to be taken. */
  next: number;
  /** Its topic was made anew: what the log says of it is of another one. */
  anew: boolean;
}

/** By stream; kept when a partition is given up, and when the group is joined again. */
export type Places = Map<string, Place>;

export interface LinkEvents {
  /** Resolves when those of the messages that are to be taken are durable, together with `next`. */
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
const [OUT_OF_RANGE, FATAL, REVOKE, ASSIGN, ALL_BROKERS_DOWN, TRANSPORT] = [-140, -150, -174, -175, -187, -195];

export class ConsumerLink {
  private readonly consumer: KafkaConsumer;
  private readonly options: LinkOptions;
  private readonly events: LinkEvents;
  private round: Promise<unknown> = Promise.resolve();
  private changing: Promise<void> = Promise.resolve();
  private stopping = false;
  private fatal: Error | null = null;
  private readonly assigned = new Set<string>();
  private readonly places: Places;
  private placing = false;
  lag: number | null = null;
  /** What is wrong just now, for people. */
  failure: string | null = null;

  constructor(kafka: Kafka, options: LinkOptions, events: LinkEvents, places: Places = new Map<string, Place>()) {
    this.options = options;
    this.places = places;
    this.events = events;
    const config = {
      ...options.config,
      rebalance_cb: (error: LibrdKafkaError, assignments: Assignment[]) => this.rebalanced(error, assignments),
    };
    // Never by itself: what is skipped then nobody would know.
    this.consumer = new kafka.KafkaConsumer(config, { 'auto.offset.reset': 'error' });
    this.consumer.setDefaultConsumeTimeout(0);
    this.consumer.on('event.error', (error) => this.failed(error));
    this.consumer.on('event.stats', ({ message }: { message: string }) => {
      this.lag = lagOf(message, this.assigned, (stream) => this.nextOf(stream));
      // Also of a topic in which nothing new stands.
      if (isConnected(message)) this.failure = null;
      this.placeAgain(stalledIn(message));
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
    const { topics } = await ask<Metadata>((done) => this.consumer.getMetadata({ topic, timeout: ANSWER_MS }, done));
    const found = topics.find(({ name }) => name === topic);
    if (found === undefined || found.partitions.length === 0) {
      throw new TollgridError('SOURCE_UNREACHABLE', `There is no topic ${topic}, or it may not be read.`);
    }
    return `topic ${topic} has ${found.partitions.length} partitions`;
  }

  private async connect(): Promise<void> {
    await ask<Metadata>((done) => this.consumer.connect({ timeout: ANSWER_MS }, done));
    this.failure = null;
  }

  /** Milliseconds to wait until the next round. */
  private async next(): Promise<number> {
    const { messagesMax } = this.options;
    const messages = await ask<Message[]>((done) => this.consumer.consume(messagesMax, done)).catch((error) => {
      this.failed(clientError(error));
      return null;
    });
    if (messages === null) return FAILED_MS;
    if (messages.length === 0) return IDLE_MS;
    this.failure = null;
    for (const run of runsOf(messages)) await this.take(run.filter((message) => this.isWanted(message)));
    this.commit(new Set(messages.map(streamOf)));
    return 0;
  }

  /** Not what the log has already, nor what others are given by now: a round may last longer than a change of partitions. */
  private isWanted(message: Message): boolean {
    const stream = streamOf(message);
    return this.assigned.has(stream) && message.offset >= this.nextOf(stream)!;
  }

  private async take(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const next: Record<string, number> = {};
    for (const message of messages) next[streamOf(message)] = message.offset + 1;
    const taken = Object.entries(next).map(([stream, end]) => ({ place: this.places.get(stream)!, end }));
    await this.events.take(messages, next);
    for (const { place, end } of taken) place.next = end;
  }

  /** What comes next of a stream that was assigned since the start. */
  private nextOf(stream: string): number | undefined {
    const place = this.places.get(stream);
    if (place === undefined || place.anew) return place?.next;
    return Math.max(place.next, this.events.positions()[stream] ?? 0);
  }

  /**
   * What is in the log, of partitions that are still here. Asynchronous: a commit that is lost is made good by the next
   * one, and after a crash by the positions in the log.
   */
  private commit(streams: ReadonlySet<string>): void {
    const known = this.events.positions();
    const durable = [...streams]
      .filter((stream) => this.assigned.has(stream) && known[stream] !== undefined)
      .map((stream) => ({ place: this.places.get(stream)!, inLog: known[stream] }));
    if (durable.length === 0) return;
    try {
      this.consumer.commit(
        durable.map(({ place: { topic, partition, next }, inLog }) => ({
          ...{ topic, partition },
          offset: Math.min(next, inLog),
        })),
      );
    } catch (error) {
      this.events.warn('SOURCE_UNREACHABLE', `the group was not told: ${(error as Error).message}`);
    }
  }

  private failed({ code, message = '' }: Partial<LibrdKafkaError>): void {
    // The statistics name the partitions.
    if (this.stopping || code === OUT_OF_RANGE) return;
    this.failure = message;
    if (code === FATAL) this.fatal = new TollgridError('SOURCE_UNREACHABLE', message);
    // Brokers come and go; the client connects again by itself.
    if (code !== TRANSPORT && code !== ALL_BROKERS_DOWN) {
      this.events.warn('SOURCE_UNREACHABLE', message);
    }
  }

  private rebalanced(error: LibrdKafkaError, assignments: Assignment[]): void {
    this.betweenRounds(() => this.change(error.code, assignments));
  }

  /** One after the other. */
  private betweenRounds(change: () => Promise<void>): void {
    this.changing = this.changing
      .then(() => Promise.race([this.round, delay(REVOKE_MS, undefined, { ref: false })]))
      .then(change)
      .catch((thrown: unknown) => {
        // Partitions that were not assigned would never be read: the group is joined anew.
        if (!this.stopping)
          this.fatal = new TollgridError('SOURCE_UNREACHABLE', `partitions: ${(thrown as Error).message}`);
      });
  }

  private async change(code: number, assignments: readonly Assignment[]): Promise<void> {
    if (code === ASSIGN) {
      const told = await this.told(assignments);
      const begun: Begun[] = [];
      for (const one of assignments) begun.push(await this.begin(one, told.get(streamOf(one))));
      this.assign(begun);
    } else if (code === REVOKE) {
      for (const one of assignments) this.assigned.delete(streamOf(one));
      this.consumer.incrementalUnassign([...assignments]);
    }
  }

  private async told(assignments: readonly Assignment[]): Promise<Map<string, number | undefined>> {
    const committed = await ask<(Assignment | Error)[]>((done) =>
      this.consumer.committed([...assignments], ANSWER_MS, done as never),
    );
    return new Map(
      committed.map((one) => {
        if (one instanceof Error) throw one;
        return [streamOf(one), 'offset' in one ? one.offset : undefined];
      }),
    );
  }

  private async begin({ topic, partition }: Assignment, told: number | undefined): Promise<Begun> {
    const stream = streamOf({ topic, partition });
    const { lowOffset: low, highOffset: high } = await ask<WatermarkOffsets>((done) =>
      this.consumer.queryWatermarkOffsets(topic, partition, ANSWER_MS, done),
    );
    const returns = this.places.has(stream);
    const inLog = this.nextOf(stream) ?? this.events.positions()[stream];
    const { from, shared } = this.options;
    return { topic, partition, ...beginningOf(stream, { inLog, told, low, high }, { from, shared, returns }) };
  }

  private assign(begun: readonly Begun[]): void {
    this.consumer.incrementalAssign(begun.map(({ topic, partition, next }) => ({ topic, partition, offset: next })));
    for (const { topic, partition, next, anew, gone, notices } of begun) {
      const stream = streamOf({ topic, partition });
      this.places.set(stream, { topic, partition, next, anew: anew || this.places.get(stream)?.anew === true });
      this.assigned.add(stream);
      if (gone > 0) this.events.gone(gone);
      for (const { code, message } of notices) this.events.warn(code, message);
    }
  }

  /** The broker has not what would be next there: retention was faster, or the topic is another one. */
  private placeAgain(stalled: readonly string[]): void {
    if (this.placing || this.stopping || !stalled.some((stream) => this.assigned.has(stream))) return;
    this.placing = true;
    this.betweenRounds(async () => {
      for (const stream of stalled.filter((one) => this.assigned.has(one))) {
        // What is not answered is asked again with the next statistics.
        const begun = await this.begin(this.places.get(stream)!, undefined).catch(() => null);
        if (begun === null) continue;
        this.consumer.incrementalUnassign([{ topic: begun.topic, partition: begun.partition }]);
        this.assign([begun]);
      }
      this.placing = false;
    });
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

type Begun = Beginning & Pick<Place, 'topic' | 'partition'>;

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

/** Errors: SOURCE_UNREACHABLE. */
function ask<T = void>(question: Parameters<typeof answer<T>>[0]): Promise<T> {
  return answer(question, 'SOURCE_UNREACHABLE');
}
