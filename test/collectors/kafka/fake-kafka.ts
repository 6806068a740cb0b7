/** Partitions, a group and its members in memory, as far as the client shows them: what a broker does is the test's to say. */
import { EventEmitter } from 'node:events';
import type { Kafka } from '../../../platform/kafka/index.ts';

interface Assignment {
  topic: string;
  partition: number;
  offset?: number;
}

type Done = (error: object | null, value?: unknown) => void;

interface FakePartition {
  low: number;
  high: number;
}

export class FakeCluster {
  readonly partitions = new Map<string, FakePartition>();
  readonly committed = new Map<string, number>();
  readonly consumers: FakeConsumer[] = [];
  /** Questions that fail, each once: `connect`, `committed`, `watermarks`, `consume`. */
  readonly failing: string[] = [];

  /** All of a topic's messages say where they stand: `calls/0/7`. */
  has(stream: string, low: number, high: number): void {
    this.partitions.set(stream, { low, high });
  }

  get client(): Kafka {
    const { consumers } = this;
    const bound = (): FakeCluster => this;
    const KafkaConsumer = class extends FakeConsumer {
      constructor(config: object, topicConfig: object) {
        super(bound(), config, topicConfig);
        consumers.push(this);
      }
    };
    return { KafkaConsumer } as unknown as Kafka;
  }

  get consumer(): FakeConsumer {
    return this.consumers.at(-1)!;
  }

  answer(question: string, done: Done, value: unknown): void {
    const at = this.failing.indexOf(question);
    if (at >= 0) this.failing.splice(at, 1);
    setImmediate(() => (at < 0 ? done(null, value) : done({ code: -185, message: `${question} timed out` })));
  }
}

export class FakeConsumer extends EventEmitter {
  readonly topicConfig: object;
  private readonly cluster: FakeCluster;
  private readonly rebalance: (error: object, assignments: Assignment[]) => void;
  private readonly assigned = new Map<string, Assignment & { next: number; stalled: boolean }>();
  private connected = false;

  constructor(cluster: FakeCluster, config: object, topicConfig: object) {
    super();
    this.cluster = cluster;
    this.topicConfig = topicConfig;
    this.rebalance = (config as { rebalance_cb: FakeConsumer['rebalance'] }).rebalance_cb;
  }

  setDefaultConsumeTimeout(): void {
    // It never waits.
  }

  connect(_options: object, done: Done): void {
    this.connected = !this.cluster.failing.includes('connect');
    this.cluster.answer('connect', done, {});
  }

  isConnected(): boolean {
    return this.connected;
  }

  disconnect(done: Done): void {
    this.connected = false;
    setImmediate(done, null);
  }

  subscribe(): void {
    this.give(...this.cluster.partitions.keys());
  }

  give(...streams: string[]): void {
    this.rebalance({ code: -175 }, streams.map(placeOf));
  }

  takeAway(...streams: string[]): void {
    this.rebalance({ code: -174 }, streams.map(placeOf));
  }

  /** What the client says every few seconds. */
  tell(): void {
    const topics: Record<string, { partitions: Record<string, object> }> = {};
    for (const [stream, { topic, partition, stalled }] of this.assigned) {
      const { high } = this.cluster.partitions.get(stream)!;
      topics[topic] ??= { partitions: {} };
      topics[topic].partitions[partition] = { ls_offset: high, fetch_state: stalled ? 'none' : 'active' };
    }
    const brokers = { one: { nodeid: 1, state: 'UP' } };
    this.emit('event.stats', { message: JSON.stringify({ brokers, topics }) });
  }

  incrementalAssign(assignments: Assignment[]): void {
    for (const one of assignments) this.assigned.set(streamOf(one), { ...one, next: one.offset!, stalled: false });
  }

  incrementalUnassign(assignments: Assignment[]): void {
    for (const one of assignments) this.assigned.delete(streamOf(one));
  }

  committed(asked: Assignment[], _timeoutMs: number, done: Done): void {
    const { committed } = this.cluster;
    const told = asked.map(({ topic, partition }) => {
      const offset = committed.get(streamOf({ topic, partition }));
      return { topic, partition, ...(offset !== undefined && { offset }) };
    });
    this.cluster.answer('committed', done, told);
  }

  queryWatermarkOffsets(topic: string, partition: number, _timeoutMs: number, done: Done): void {
    const { low: lowOffset, high: highOffset } = this.cluster.partitions.get(streamOf({ topic, partition }))!;
    this.cluster.answer('watermarks', done, { lowOffset, highOffset });
  }

  commit(offsets: Assignment[]): void {
    for (const one of offsets) this.cluster.committed.set(streamOf(one), one.offset!);
  }

  consume(count: number, done: Done): void {
    const messages: object[] = [];
    const fails = this.cluster.failing.includes('consume');
    for (const [stream, place] of fails ? [] : this.assigned) {
      const { low, high } = this.cluster.partitions.get(stream)!;
      // Its error is lost when messages of others come in the same round.
      if (place.next < low || place.next > high) place.stalled = true;
      while (!place.stalled && place.next < high && messages.length < count) {
        const value = Buffer.from(`${stream}/${place.next}`);
        const { topic, partition } = place;
        messages.push({ topic, partition, offset: place.next++, value, size: value.length, timestamp: 1 });
      }
    }
    this.cluster.answer('consume', done, messages);
  }
}

function streamOf({ topic, partition }: Assignment): string {
  return `${topic}/${partition}`;
}

function placeOf(stream: string): Assignment {
  const [topic, partition] = stream.split('/');
  return { topic, partition: Number(partition) };
}
