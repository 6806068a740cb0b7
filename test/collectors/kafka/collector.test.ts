/** Where the collector reads and what it tells, with a client in memory; with brokers see `member-suite.ts`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asLines, KafkaCollector, type KafkaOptions } from '../../../collectors/kafka/index.ts';
import { FakeSurroundings, until } from '../support.ts';
import { FakeCluster } from './fake-kafka.ts';
import { Intake } from './intake.ts';

const OPTIONS: KafkaOptions = {
  brokers: ['one:9092'],
  topics: ['calls'],
  group: 'town',
  instance: 'front',
  from: 'earliest',
  shared: false,
  messagesMax: 5,
  messageBytesMax: 2000,
  sessionSeconds: 6,
  recordsOf: asLines,
};

let cluster: FakeCluster;
let intake: Intake;
let surroundings: FakeSurroundings;
const running: KafkaCollector[] = [];

beforeEach(() => {
  cluster = new FakeCluster();
  intake = new Intake();
  surroundings = new FakeSurroundings();
});
afterEach(async () => {
  intake.release();
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function start(over: Partial<KafkaOptions> = {}): Promise<KafkaCollector> {
  const collector = new KafkaCollector({ ...OPTIONS, ...over }, intake, surroundings, () => cluster.client, 5);
  running.push(collector);
  await collector.start();
  return collector;
}

const messages = (stream: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${stream}/${from + i}`);

/** Resolves when so many were taken and the group knows it. */
async function taken(count: number, stream = 'calls/0'): Promise<string[]> {
  await until(() => intake.taken.length >= count && cluster.committed.get(stream) === intake.known[stream]);
  return intake.taken;
}

describe('a Kafka source begins', () => {
  it.each([
    ['earliest', 3],
    ['latest', 8],
  ] as const)('where it is told to (%s) when neither log nor group know the partition', async (from, first) => {
    cluster.has('calls/0', 3, 8);
    const collector = await start({ from });
    await until(() => collector.status().state === 'taking');
    cluster.has('calls/0', 3, 10);
    expect(await taken(10 - first)).toEqual(messages('calls/0', first, 10));
    expect(surroundings.warnings).toEqual([]);
  });

  it('where the log ends when the group was told less', async () => {
    cluster.has('calls/0', 0, 10);
    cluster.committed.set('calls/0', 4);
    intake.known = { 'calls/0': 7 };
    await start();
    expect(await taken(3)).toEqual(messages('calls/0', 7, 10));
    expect(surroundings.warnings).toEqual([]);
  });

  it('where the log ends when the group was told more, and says so: the log is an older one', async () => {
    cluster.has('calls/0', 0, 10);
    cluster.committed.set('calls/0', 8);
    intake.known = { 'calls/0': 5 };
    await start();
    expect(await taken(5)).toEqual(messages('calls/0', 5, 10));
    expect(surroundings.warnings).toEqual(['KAFKA_GROUP_AHEAD']);
    expect(cluster.committed.get('calls/0')).toBe(10);
  });

  it('where the group is when others share it, and says what it leaves to them', async () => {
    cluster.has('calls/0', 0, 10);
    cluster.committed.set('calls/0', 8);
    intake.known = { 'calls/0': 5 };
    await start({ shared: true });
    expect(await taken(2)).toEqual(messages('calls/0', 8, 10));
    expect(surroundings.warnings).toEqual(['KAFKA_GROUP_AHEAD']);
  });

  it.each([
    [false, ['KAFKA_GROUP_AHEAD']],
    [true, []],
  ])('where the group is when the log knows nothing (shared: %s)', async (shared, warnings) => {
    cluster.has('calls/0', 0, 10);
    cluster.committed.set('calls/0', 6);
    await start({ shared });
    expect(await taken(4)).toEqual(messages('calls/0', 6, 10));
    expect(surroundings.warnings).toEqual(warnings);
  });

  it('where the group is when the partition comes back from another member', async () => {
    cluster.has('calls/0', 0, 10);
    const collector = await start();
    await taken(10);
    cluster.consumer.takeAway('calls/0');
    await until(() => collector.status().state === 'waiting');
    cluster.has('calls/0', 0, 20);
    cluster.committed.set('calls/0', 15);
    cluster.consumer.give('calls/0');
    expect(await taken(15)).toEqual([...messages('calls/0', 0, 10), ...messages('calls/0', 15, 20)]);
    expect(surroundings.warnings).toEqual([]);
  });
});

describe('a Kafka source that reads', () => {
  it('counts what retention removes before it is read, and goes on behind it', async () => {
    cluster.has('calls/0', 0, 2);
    cluster.has('calls/1', 0, 2);
    const collector = await start();
    await taken(4);
    cluster.has('calls/0', 50, 52);
    cluster.has('calls/1', 0, 4);
    await taken(6, 'calls/1');
    cluster.consumer.tell();
    await taken(8);
    expect(intake.taken.slice(-2)).toEqual(messages('calls/0', 50, 52));
    expect(collector.status().refused).toMatchObject({ gone: 48 });
    expect(surroundings.warnings).toEqual(['KAFKA_MESSAGES_GONE']);
    expect(cluster.consumer.topicConfig).toEqual({ 'auto.offset.reset': 'error' });
  });

  it('reads a topic that is made anew meanwhile from its start', async () => {
    cluster.has('calls/0', 0, 30);
    await start();
    await taken(30);
    cluster.has('calls/0', 0, 3);
    await until(() => {
      cluster.consumer.tell();
      return intake.taken.length >= 33;
    });
    expect((await taken(33)).slice(-3)).toEqual(messages('calls/0', 0, 3));
    expect(surroundings.warnings).toEqual(['KAFKA_TOPIC_REPLACED']);
    expect(cluster.committed.get('calls/0')).toBe(3);
  });

  it('takes nothing twice when a partition goes and comes back while a round lasts', async () => {
    cluster.has('calls/0', 0, 5);
    intake.hold();
    await start();
    await until(() => intake.waiting > 0);
    // As after half a minute, when a round is not waited for any more.
    cluster.consumer.incrementalAssign([{ topic: 'calls', partition: 0, offset: 0 }]);
    cluster.has('calls/0', 0, 7);
    intake.release();
    expect(await taken(7)).toEqual(messages('calls/0', 0, 7));
  });

  it('tells the group nothing of what is not in the log', async () => {
    cluster.has('calls/0', 0, 5);
    const collector = await start({ messageBytesMax: 5 });
    await until(() => collector.status().refused.tooLarge === 5);
    await collector.stop();
    expect(cluster.committed.size).toBe(0);
  });

  it.each(['committed', 'watermarks', 'consume'])('goes on after a question that failed once: %s', async (question) => {
    cluster.has('calls/0', 0, 5);
    cluster.has('calls/1', 0, 5);
    cluster.failing.push(question);
    const collector = await start();
    await taken(10);
    expect([...intake.taken].sort()).toEqual([...messages('calls/0', 0, 5), ...messages('calls/1', 0, 5)]);
    expect(surroundings.warnings).toEqual(['SOURCE_UNREACHABLE']);
    expect(collector.status()).toMatchObject({ state: 'taking', detail: 'one:9092: 2 partitions' });
  });

  it('shows no failure any more once it is connected', async () => {
    cluster.has('calls/0', 0, 1);
    cluster.failing.push('connect', 'connect');
    const collector = await start();
    await until(() => /connect timed out/.test(collector.status().detail ?? ''));
    expect(collector.status().state).toBe('waiting');
    await taken(1);
    expect(collector.status()).toMatchObject({ state: 'taking', detail: 'one:9092: 1 partitions' });
    cluster.consumer.takeAway('calls/0');
    await until(() => collector.status().state === 'waiting');
    expect(collector.status().detail).toBe('one:9092: no partition assigned yet');
  });
});
