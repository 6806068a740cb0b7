/** What the Kafka target asks of the client, which is in memory; with brokers see `test/server/front/kafka.test.ts`. */
import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { Kafka } from '../../platform/kafka/index.ts';
import { KafkaTarget, type OutputEvent } from '../../outputs/index.ts';
import { until } from '../collectors/support.ts';

class FakeProducer extends EventEmitter {
  static made: FakeProducer[] = [];
  readonly config: object;
  readonly topicConfig: object;
  readonly sent: string[] = [];
  readonly calls: string[] = [];
  /** Refused when it is handed over. */
  refused: string | null = null;
  private connected = false;

  constructor(config: object, topicConfig: object) {
    super();
    this.config = config;
    this.topicConfig = topicConfig;
    FakeProducer.made.push(this);
  }

  setPollInterval(ms: number): void {
    this.calls.push(`poll ${ms}`);
  }

  connect(_options: object, done: (error: null) => void): void {
    this.connected = true;
    setImmediate(done, null);
  }

  isConnected(): boolean {
    return this.connected;
  }

  produce(_topic: string, _partition: null, value: Buffer): void {
    if (String(value) === this.refused) throw new Error('too large');
    this.sent.push(String(value));
  }

  disconnect(_flushMs: number, done: () => void): void {
    this.calls.push('disconnect');
    this.connected = false;
    setImmediate(done);
  }

  acknowledge(count: number): void {
    for (let no = 0; no < count; no++) this.emit('delivery-report', null);
  }
}

const client = { Producer: FakeProducer } as unknown as Kafka;
const events = (count: number): OutputEvent[] =>
  Array.from({ length: count }, (_, no) => ({ key: 'account', value: String(no) }));

let target: KafkaTarget;
async function opened(answerMs = 60_000): Promise<FakeProducer> {
  target = new KafkaTarget({ brokers: ['one:9092'], topic: 'charges' }, () => client, answerMs);
  await target.open();
  return FakeProducer.made.at(-1)!;
}
afterEach(() => target.close());

const UNREACHABLE = { code: 'OUTPUT_UNREACHABLE' };

describe('events to Kafka', () => {
  it('are sent when each is acknowledged', async () => {
    const producer = await opened();
    let done = false;
    const sending = target.send(events(3)).then(() => (done = true));
    await until(() => producer.sent.length === 3);
    producer.acknowledge(2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    producer.acknowledge(1);
    await sending;
    expect(producer.sent).toEqual(['0', '1', '2']);
  });

  it('stop at the first one that fails: nothing arrives before what stands in front of it', async () => {
    const producer = await opened();
    producer.refused = '700';
    await expect(target.send(events(2000))).rejects.toMatchObject(UNREACHABLE);
    expect(producer.sent).toEqual(events(700).map(({ value }) => value));
  });

  it('stop when one that was handed over is reported as failed', async () => {
    const producer = await opened();
    const sending = target.send(events(2000));
    producer.emit('delivery-report', { message: 'not enough replicas' });
    await expect(sending).rejects.toMatchObject({ ...UNREACHABLE, message: 'Kafka: not enough replicas' });
    expect(producer.sent.length).toBeLessThan(2000);
  });

  it('have no time limit of their own, which would leave gaps: the producer is given up, and another one sends again', async () => {
    const first = await opened(20);
    expect(first.topicConfig).toMatchObject({ 'message.timeout.ms': 0 });
    expect(first.config).toMatchObject({ 'enable.idempotence': true, 'enable.gapless.guarantee': true });
    await expect(target.send(events(3))).rejects.toMatchObject(UNREACHABLE);
    await target.close();
    expect(first.isConnected()).toBe(false);
    await target.open();
    expect(FakeProducer.made.at(-1)).not.toBe(first);
  });

  it('may take longer in all than a broker may be silent', async () => {
    const producer = await opened(100);
    const sending = target.send(events(6));
    for (let no = 0; no < 6; no++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      producer.acknowledge(1);
    }
    await sending;
  });

  it('are not asked for any more before their producer is taken down, which could crash the process', async () => {
    const producer = await opened();
    await target.close();
    expect(producer.calls).toEqual([expect.stringMatching(/^poll [1-9]/), 'poll 0', 'disconnect']);
  });
});
