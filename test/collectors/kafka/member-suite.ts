/** The collector as a member of a group: run where a broker is, beside what else needs one (`test/server/front/kafka.test.ts`). */
import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asLines, KafkaCollector, type KafkaOptions } from '../../../collectors/kafka/index.ts';
import { createTopic, heldBy, LOGIN, Sender, type Broker } from '../../server/front/kafka-broker.ts';
import { FakeSurroundings, until } from '../support.ts';
import { Intake } from './intake.ts';

let broker: Broker;
let sender: Sender;
let members = 0;

function member(topic: string, intake: Intake, over: Partial<KafkaOptions> = {}) {
  const surroundings = new FakeSurroundings();
  const options: KafkaOptions = {
    brokers: broker.address.split(','),
    topics: [topic],
    group: topic,
    instance: `member-${++members}`,
    from: 'earliest',
    shared: false,
    messagesMax: 50,
    messageBytesMax: 2000,
    sessionSeconds: 6,
    recordsOf: asLines,
    ...over,
  };
  return { collector: new KafkaCollector(options, intake, surroundings), surroundings, intake };
}

const partitionsOf = ({ collector }: { collector: KafkaCollector }): number =>
  Number(/: (\d+) partitions$/.exec(collector.status().detail ?? '')?.[1] ?? 0);

async function send(topic: string, partition: number | null, values: readonly (string | null)[]): Promise<void> {
  for (const value of values) sender.send(topic, partition, value);
  await sender.flush();
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => String(from + i));

/** To be called inside a `describe`. Each has a topic and a group of its own, so they run side by side. */
export function memberSuite(given: () => Broker): void {
  beforeAll(async () => {
    broker = given();
    sender = new Sender(broker.address);
    await sender.connect();
  });
  afterAll(() => sender.close());

  it.concurrent('goes on where the log ends, although the group was told less', async () => {
    await createTopic(broker.address, 'behind', 1);
    await send('behind', 0, numbers(0, 10));
    const one = member('behind', new Intake());
    one.intake.known = { 'behind/0': 7 };
    await one.collector.start();
    await until(() => one.intake.taken.length >= 3);
    await one.collector.stop();
    expect(one.intake.taken).toEqual(['7', '8', '9']);
    expect(one.intake.known).toEqual({ 'behind/0': 10 });
  });

  it.concurrent('reads again what an older log lacks, although the group was told more', async () => {
    await createTopic(broker.address, 'ahead', 1);
    await send('ahead', 0, numbers(0, 10));
    const before = member('ahead', new Intake(), { instance: 'ahead' });
    await before.collector.start();
    await until(() => before.intake.taken.length >= 10);
    await before.collector.stop();
    const restored = member('ahead', new Intake(), { instance: 'ahead' });
    restored.intake.known = { 'ahead/0': 6 };
    await restored.collector.start();
    await until(() => restored.intake.taken.length >= 4);
    await restored.collector.stop();
    expect(restored.intake.taken).toEqual(numbers(6, 10));
    expect(restored.surroundings.warnings).toContain('KAFKA_GROUP_AHEAD');
  });

  it.concurrent('counts what retention removes while it is behind, and goes on with what is there', async () => {
    const HOUR_MS = 3_600_000;
    await createTopic(broker.address, 'short', 2, { 'retention.ms': String(HOUR_MS), 'segment.bytes': '1048576' });
    const one = member('short', new Intake());
    one.intake.hold();
    await one.collector.start();
    await send('short', 0, ['first']);
    await until(() => one.intake.waiting > 0);
    // More than the client fetches ahead, and too old by the next time that the broker looks.
    const large = 'x'.repeat(900_000);
    for (let no = 0; no < 60; no++) sender.send('short', 1, large, undefined, Date.now() - 2 * HOUR_MS);
    await sender.flush();
    while ((await heldBy(broker.address, 'short', 1)) > 0) await new Promise((resolve) => setTimeout(resolve, 100));
    await send('short', 1, ['last']);
    one.intake.release();
    await until(() => one.intake.taken.includes('last'));
    await one.collector.stop();
    expect(one.intake.taken).toEqual(['first', 'last']);
    const { tooLarge, gone } = one.collector.status().refused;
    expect([gone > 0, tooLarge + gone]).toEqual([true, 60]);
    expect(one.surroundings.warnings).toContain('KAFKA_MESSAGES_GONE');
  });

  it.concurrent('says that a topic was replaced, and reads it from its start', async () => {
    await createTopic(broker.address, 'replaced', 1);
    await send('replaced', 0, numbers(0, 3));
    const one = member('replaced', new Intake());
    one.intake.known = { 'replaced/0': 500 };
    await one.collector.start();
    await until(() => one.intake.taken.length >= 3);
    await one.collector.stop();
    expect(one.intake.taken).toEqual(['0', '1', '2']);
    expect(one.surroundings.warnings).toContain('KAFKA_TOPIC_REPLACED');
  });

  it.concurrent(
    'takes no more while the intake waits, counts what it cannot take, and tells the group what is durable',
    async () => {
      await createTopic(broker.address, 'held', 1);
      await send('held', 0, ['first', null, 'x'.repeat(2001), ...numbers(0, 200)]);
      const one = member('held', new Intake(), { instance: 'held' });
      one.intake.hold();
      await one.collector.start();
      await until(() => one.intake.waiting > 0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(one.intake.waiting).toBe(1);
      one.intake.release();
      await until(() => one.intake.taken.length >= 201);
      expect(one.collector.status().refused).toEqual({ tooLarge: 1, tombstone: 1, gone: 0 });
      await one.collector.stop();
      // Another one of the group, which knows nothing of that log, begins behind it.
      await send('held', 0, ['last']);
      const other = member('held', new Intake(), { instance: 'held' });
      await other.collector.start();
      await until(() => other.intake.taken.length > 0);
      await other.collector.stop();
      expect(other.intake.taken).toEqual(['last']);
    },
  );

  it.concurrent('shares partitions with others, gives them up and gets them back, and all is taken', async () => {
    await createTopic(broker.address, 'shared', 4);
    const both = { shared: true };
    const [one, two] = [member('shared', new Intake(), both), member('shared', new Intake(), both)];
    let [count, sending] = [0, true];
    const feeding = (async () => {
      while (sending) {
        await send('shared', count % 4, numbers(count, count + 20));
        count += 20;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    await one.collector.start();
    await until(() => partitionsOf(one) === 4);
    await two.collector.start();
    await until(() => partitionsOf(one) === 2 && partitionsOf(two) === 2 && two.intake.taken.length > 0);
    await two.collector.stop();
    await until(() => partitionsOf(one) === 4);
    sending = false;
    await feeding;
    const all = (): Set<string> => new Set([...one.intake.taken, ...two.intake.taken]);
    await until(() => all().size >= count);
    await one.collector.stop();
    // Two logs: what one had taken and not told the group yet, the other one may have taken too.
    expect(all()).toEqual(new Set(numbers(0, count)));
  });

  it.concurrent('starts and stops again and again', async () => {
    await createTopic(broker.address, 'again', 1);
    const intake = new Intake();
    for (let no = 0; no < 10; no++) {
      const one = member('again', intake, { instance: 'again' });
      await one.collector.start();
      await send('again', 0, [String(no)]);
      if (no % 2 === 0) await until(() => intake.taken.length > no);
      await one.collector.stop();
    }
    const last = member('again', intake, { instance: 'again' });
    await last.collector.start();
    await until(() => intake.taken.length >= 10);
    await last.collector.stop();
    expect(intake.taken).toEqual(numbers(0, 10));
  });

  it.concurrent('can be tried without joining the group', async () => {
    await createTopic(broker.address, 'tried', 2);
    expect(await member('tried', new Intake()).collector.test()).toEqual([
      expect.stringMatching(/^topic tried has \d partitions$/),
    ]);
    const gone = member('tried', new Intake(), { brokers: ['127.0.0.1:1'] });
    await expect(gone.collector.test()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });

  it.concurrent('reaches brokers with TLS and a password, and no others', async () => {
    await createTopic(broker.address, 'secret', 1);
    await send('secret', 0, ['kept']);
    const secure: Partial<KafkaOptions> = {
      brokers: [broker.secureAddress],
      tls: { ca: fs.readFileSync(broker.caFile, 'utf8') },
      sasl: { mechanism: 'plain', ...LOGIN },
    };
    const one = member('secret', new Intake(), secure);
    await one.collector.start();
    await until(() => one.intake.taken.length >= 1);
    await one.collector.stop();
    const refused = (over: Partial<KafkaOptions>) => member('secret', new Intake(), { ...secure, ...over }).collector;
    const unreachable = { code: 'SOURCE_UNREACHABLE' };
    const wrong = { mechanism: 'plain', ...LOGIN, password: 'wrong' };
    await Promise.all([
      // Its certificate is its own authority, which this machine does not know.
      expect(refused({ tls: {} }).test()).rejects.toMatchObject(unreachable),
      expect(refused({ sasl: wrong }).test()).rejects.toMatchObject(unreachable),
    ]);
  });
}
