/** Messages of other systems' Kafka topics, as a member of a consumer group. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ConsumerGlobalConfig, Message } from 'node-rdkafka';
import { toTollgridError } from '../../platform/errors.ts';
import type { Collector, CollectorStatus, Positions, RecordIntake, Surroundings } from '../port.ts';
import { connectionConfig, loadKafka, type Kafka, type KafkaConnection } from '../../platform/kafka/index.ts';
import { ConsumerLink, type Place } from './consumer-link.ts';
import type { RecordsOf } from './values.ts';

export interface KafkaOptions extends KafkaConnection {
  topics: readonly string[];
  group: string;
  /** Stays the same over restarts, so that a restarted member has its partitions at once. Nobody else may have it. */
  instance: string;
  from: 'earliest' | 'latest';
  /** Others read in the same group, into logs of their own. */
  shared: boolean;
  messagesMax: number;
  messageBytesMax: number;
  sessionSeconds: number;
  recordsOf: RecordsOf;
}

const AGAIN_MS = 5_000;
const STATISTICS_MS = 5_000;
/** The ledger may be away for long; until then the partitions stay with us. */
const ROUND_MS_MAX = 3_600_000;
const HEARTBEAT_MS_MAX = 3_000;
const QUEUED_KBYTES = 32 * 1024;

export class KafkaCollector implements Collector {
  private readonly options: KafkaOptions;
  private readonly intake: RecordIntake;
  private readonly surroundings: Surroundings;
  private readonly load: () => Kafka;
  private readonly againMs: number;
  private readonly places = new Map<string, Place>();
  private readonly ending = new AbortController();
  private link: ConsumerLink | null = null;
  private running: Promise<void> = Promise.resolve();
  private failure: string | null = null;
  private lastSeenMs: number | null = null;
  private readonly refused = { tooLarge: 0, tombstone: 0, gone: 0 };

  constructor(
    options: KafkaOptions,
    intake: RecordIntake,
    surroundings: Surroundings,
    load: () => Kafka = loadKafka,
    againMs = AGAIN_MS,
  ) {
    this.options = options;
    this.intake = intake;
    this.surroundings = surroundings;
    this.load = load;
    this.againMs = againMs;
  }

  /** Error: KAFKA_ADDON_MISSING. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      this.load();
      this.running = this.run();
      resolve();
    });
  }

  status(): CollectorStatus {
    const { link } = this;
    const partitions = link?.partitions ?? 0;
    const reason = link === null ? this.failure : link.failure;
    const brokers = this.options.brokers.join(',');
    return {
      state: partitions > 0 && reason === null ? 'taking' : 'waiting',
      detail: `${brokers}: ${reason ?? (partitions > 0 ? `${partitions} partitions` : 'no partition assigned yet')}`,
      lastSeenMs: this.lastSeenMs,
      connections: partitions > 0 ? 1 : 0,
      waitingFiles: 0,
      lag: typeof link?.lag === 'number' ? { amount: link.lag, unit: 'messages' } : null,
      refused: { ...this.refused },
    };
  }

  /** Joins no group. Errors: KAFKA_ADDON_MISSING, SOURCE_UNREACHABLE. */
  test(): Promise<string[]> {
    const config = consumerConfig(this.options);
    delete config['group.instance.id'];
    return this.makeLink({ ...config, 'group.id': `${this.options.group}-test` }).test();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    this.link?.stop();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.ending.signal.aborted) {
      try {
        this.link = this.makeLink(consumerConfig(this.options));
        await this.link.run();
      } catch (error) {
        const { code, message } = toTollgridError(error);
        this.failure = message;
        if (code !== 'STOPPING') this.surroundings.warn(code, message);
        this.link = null;
        await delay(this.againMs, undefined, { signal: this.ending.signal }).catch(() => undefined);
      }
    }
    this.link = null;
  }

  private makeLink(config: ConsumerGlobalConfig): ConsumerLink {
    return new ConsumerLink(
      this.load(),
      { ...this.options, config },
      {
        take: (messages, next) => this.take(messages, next),
        positions: () => this.intake.positions?.() ?? {},
        gone: (count) => (this.refused.gone += count),
        warn: (code, message) => this.surroundings.warn(code, message),
      },
      this.places,
    );
  }

  private async take(messages: readonly Message[], next: Positions): Promise<void> {
    const now = this.surroundings.now();
    this.lastSeenMs = now;
    const records = messages.flatMap((message) => {
      const { value } = message;
      if (value === null) this.refused.tombstone++;
      else if (value.length > this.options.messageBytesMax) this.refuse(message);
      else return this.options.recordsOf({ ...message, value }, now);
      return [];
    });
    if (records.length > 0) await this.intake.takeWhenRoom(records, next);
  }

  private refuse({ topic, partition, offset, size }: Message): void {
    this.refused.tooLarge++;
    this.surroundings.warn('KAFKA_MESSAGE_TOO_LARGE', `${topic}/${partition}/${offset} has ${size} bytes`);
  }
}

function consumerConfig(options: KafkaOptions): ConsumerGlobalConfig {
  const { group, instance, messageBytesMax, sessionSeconds } = options;
  return {
    ...connectionConfig(options),
    'group.id': group,
    'group.instance.id': instance,
    'partition.assignment.strategy': 'cooperative-sticky',
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
    'session.timeout.ms': sessionSeconds * 1000,
    'heartbeat.interval.ms': Math.min(HEARTBEAT_MS_MAX, (sessionSeconds * 1000) / 6),
    'max.poll.interval.ms': ROUND_MS_MAX,
    'statistics.interval.ms': STATISTICS_MS,
    'queued.max.messages.kbytes': QUEUED_KBYTES,
    'fetch.message.max.bytes': messageBytesMax,
  };
}
