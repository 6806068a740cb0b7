/** A Kafka broker of a test: Apache Kafka in KRaft mode, where Java and its jars are here (`npm test` fetches them). */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Message, Producer } from 'node-rdkafka';
import { isAddonBuilt } from '../../../platform/kafka/index.ts';
import { projectRoot } from '../../../platform/paths.ts';
import { freePort } from './tollgrid-process.ts';

type Kafka = typeof import('node-rdkafka');

const { version } = JSON.parse(fs.readFileSync(path.join(projectRoot, 'scripts/lib/kafka-jars.json'), 'utf8')) as {
  version: string;
};
const JARS = path.join(projectRoot, 'node_modules', '.cache', `kafka-${version}`);
/** A short life: compiled once, and little memory. */
const JAVA = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
const CLUSTER_ID = 'VG9sbGdyaWRUZXN0VG93bg';

/** What the listener with TLS and SASL/PLAIN lets in. */
export const LOGIN = { username: 'tollgrid', password: 'not-for-production' };

export interface Broker {
  address: string;
  /** With TLS and SASL/PLAIN. */
  secureAddress: string;
  /** PEM of the authority of its certificate, which is itself. */
  caFile: string;
  /** As if its machine had lost power. */
  kill(): Promise<void>;
  /** Resolves when it answers, with all that it had. */
  start(): Promise<void>;
}

/** Why there is no broker here; null where there is one. Said once per process. */
export function whyNoBroker(): string | null {
  const reason = !isAddonBuilt()
    ? 'no compiled Kafka client (`tollgrid kafka build`)'
    : !fs.existsSync(JARS)
      ? 'no jars of Apache Kafka (`npm test` fetches them)'
      : spawnSync('java', ['-version'], { stdio: 'ignore' }).status !== 0
        ? 'no Java'
        : null;
  if (reason !== null) process.stderr.write(`SKIPPED: ${reason}; nothing is tested with a Kafka broker\n`);
  return reason;
}

export const BROKER = `Apache Kafka ${version}`;

export function loadClient(): Kafka {
  return createRequire(import.meta.url)('node-rdkafka') as Kafka;
}

export async function startBroker(folder: string): Promise<Broker> {
  const [port, secure, controller] = [await freePort(), await freePort(), await freePort()];
  const [address, secureAddress] = [`127.0.0.1:${port}`, `127.0.0.1:${secure}`];
  const caFile = path.join(folder, 'kafka-ca.pem');
  makeCertificate(folder, caFile);
  const file = path.join(folder, 'kafka.properties');
  fs.writeFileSync(file, properties({ address, secureAddress, controller: `127.0.0.1:${controller}`, folder }));
  const classes = ['-cp', path.join(JARS, '*')];
  const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file];
  const formatted = spawnSync('java', [...JAVA, ...classes, ...format], { encoding: 'utf8' });
  if (formatted.status !== 0) throw new Error(`kafka: ${formatted.stdout}${formatted.stderr}`);
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = spawn('java', [...JAVA, ...classes, 'kafka.Kafka', file], { cwd: folder, stdio: 'ignore' });
    while (!(await answers(address))) {
      if (child.exitCode !== null) throw new Error(`kafka ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return { address, secureAddress, caFile, kill, start };
}

function makeCertificate(folder: string, caFile: string): void {
  const key = path.join(folder, 'kafka-key.pem');
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=kafka', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', caFile],
  ]);
  if (made.status !== 0) throw new Error(`openssl: ${String(made.stderr)}`);
  const both = [key, caFile].map((file) => fs.readFileSync(file, 'utf8'));
  fs.writeFileSync(path.join(folder, 'kafka-keystore.pem'), both.join(''));
}

interface Places {
  address: string;
  secureAddress: string;
  controller: string;
  folder: string;
}

function properties({ address, secureAddress, controller, folder }: Places): string {
  const once = ['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'];
  const { username, password } = LOGIN;
  const login = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`;
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@${controller}`,
    `listeners=PLAINTEXT://${address},SASL_SSL://${secureAddress},CONTROLLER://${controller}`,
    `advertised.listeners=PLAINTEXT://${address},SASL_SSL://${secureAddress}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms=PLAIN',
    `listener.name.sasl_ssl.plain.sasl.jaas.config=${login}`,
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${path.join(folder, 'kafka-keystore.pem')}`,
    `log.dirs=${path.join(folder, 'kafka-data')}`,
    ...once.map((topic) => `${topic}.replication.factor=1`),
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=1',
    'share.coordinator.state.topic.min.isr=1',
    'offsets.topic.num.partitions=1',
    'group.initial.rebalance.delay.ms=0',
    'log.retention.check.interval.ms=500',
    'log.initial.task.delay.ms=500',
    'group.min.session.timeout.ms=1000',
    '',
  ].join('\n');
}

async function answers(address: string): Promise<boolean> {
  const producer = new (loadClient().Producer)({ 'bootstrap.servers': address });
  producer.on('event.error', () => undefined);
  return new Promise((resolve) => {
    producer.connect({ timeout: 1000 }, (error) => {
      if (error !== null && error !== undefined) resolve(false);
      else producer.disconnect(() => resolve(true));
    });
  });
}

export async function createTopic(
  address: string,
  topic: string,
  partitions: number,
  config: Record<string, string> = {},
): Promise<void> {
  const admin = loadClient().AdminClient.create({ 'bootstrap.servers': address });
  const wanted = { topic, num_partitions: partitions, replication_factor: 1, config };
  await new Promise<void>((resolve) => admin.createTopic(wanted, () => resolve()));
  admin.disconnect();
}

/** Messages of a partition that the broker still has. */
export async function heldBy(address: string, topic: string, partition: number): Promise<number> {
  const client = new (loadClient().Producer)({ 'bootstrap.servers': address });
  const held = await new Promise<number>((resolve, reject) => {
    client.connect({ timeout: 10_000 }, () =>
      client.queryWatermarkOffsets(topic, partition, 5000, (error, found) =>
        error ? reject(new Error(error.message)) : resolve(found.highOffset - found.lowOffset),
      ),
    );
  });
  await new Promise<void>((resolve) => client.disconnect(() => resolve()));
  return held;
}

export class Sender {
  private readonly producer: Producer;

  constructor(address: string) {
    const config = { 'bootstrap.servers': address, 'enable.idempotence': true, 'linger.ms': 5, dr_cb: true };
    this.producer = new (loadClient().Producer)(config);
    this.producer.on('event.error', () => undefined);
    this.producer.setPollInterval(20);
  }

  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.producer.connect({ timeout: 10_000 }, (error) => (error ? reject(new Error(error.message)) : resolve()));
    });
  }

  send(
    topic: string,
    partition: number | null,
    value: string | Buffer | null,
    key?: string,
    timestampMs?: number,
  ): void {
    this.producer.produce(topic, partition, typeof value === 'string' ? Buffer.from(value) : value, key, timestampMs);
  }

  /** Resolves when the broker has all. */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.producer.flush(20_000, (error) => (error ? reject(new Error(error.message)) : resolve()));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.producer.disconnect(() => resolve()));
  }
}

export interface ReadRecord {
  partition: number;
  value: string;
}

/** All of a topic from its start, in the order of each partition, until it is enough. */
export async function readAll(
  address: string,
  topic: string,
  isEnough: (records: readonly ReadRecord[]) => boolean,
): Promise<ReadRecord[]> {
  const config = { 'bootstrap.servers': address, 'group.id': 'reader', 'enable.auto.commit': false };
  const consumer = new (loadClient().KafkaConsumer)(config, { 'auto.offset.reset': 'earliest' });
  const records: ReadRecord[] = [];
  await new Promise<void>((resolve, reject) => {
    consumer.connect({ timeout: 10_000 }, (error) => (error ? reject(new Error(error.message)) : resolve()));
  });
  consumer.subscribe([topic]);
  consumer.setDefaultConsumeTimeout(200);
  // Once more when it is enough: what came twice may stand behind it.
  for (let last = false; ; last = isEnough(records)) {
    const messages = await new Promise<Message[]>((resolve, reject) => {
      consumer.consume(10_000, (error, found) => (error ? reject(new Error(error.message)) : resolve(found)));
    });
    records.push(...messages.map(({ partition, value }) => ({ partition, value: String(value) })));
    if (last && messages.length === 0) break;
  }
  await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
  return records;
}
