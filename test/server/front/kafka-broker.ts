/**
 * A Kafka broker of a test: Apache Kafka in KRaft mode where Java and its jars are here (`npm test` fetches them), otherwise
 * the mock cluster of librdkafka. KAFKA_BROKERS names one that runs already.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Producer } from 'node-rdkafka';
import { isAddonBuilt } from '../../../collectors/kafka/index.ts';
import { projectRoot } from '../../../platform/paths.ts';
import { freePort } from './mosquitto.ts';

type Kafka = typeof import('node-rdkafka');

const { version } = JSON.parse(fs.readFileSync(path.join(projectRoot, 'scripts/lib/kafka-jars.json'), 'utf8')) as {
  version: string;
};
const JARS = path.join(projectRoot, 'node_modules', '.cache', `kafka-${version}`);
const CLUSTER_ID = 'VG9sbGdyaWRUZXN0VG93bg';

export interface Broker {
  address: string;
  stop(): void;
}

export function isKafkaClientMissing(): boolean {
  if (isAddonBuilt() && brokerKind().startsWith('the mock') && process.env['KAFKA_MOCK'] === undefined) {
    process.stderr.write('SKIPPED: no Java or no Kafka jars; KAFKA_MOCK=1 tries the mock cluster of librdkafka\n');
    return true;
  }
  const missing = !isAddonBuilt();
  if (missing)
    process.stderr.write('SKIPPED: no compiled Kafka client (`tollgrid kafka build`); Kafka is not tested\n');
  return missing;
}

/** What a broker of a test can be here, for the names of suites. */
export function brokerKind(): string {
  if (process.env['KAFKA_BROKERS'] !== undefined) return 'KAFKA_BROKERS';
  const java = spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0;
  if (java && fs.existsSync(JARS)) return `Apache Kafka ${version}`;
  process.stderr.write(
    'NOT REAL: no Java or no Kafka jars; the mock cluster of librdkafka stands in for Apache Kafka\n',
  );
  return 'the mock cluster of librdkafka';
}

export function loadClient(): Kafka {
  return createRequire(import.meta.url)('node-rdkafka') as Kafka;
}

export async function startBroker(folder: string): Promise<Broker> {
  const given = process.env['KAFKA_BROKERS'];
  if (given !== undefined) return { address: given, stop: () => undefined };
  return brokerKind().startsWith('Apache') ? startApache(folder) : startMock();
}

async function startApache(folder: string): Promise<Broker> {
  const [port, controller] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  const file = path.join(folder, 'kafka.properties');
  fs.writeFileSync(file, properties(address, `127.0.0.1:${controller}`, path.join(folder, 'kafka-data')));
  const classes = ['-cp', path.join(JARS, '*')];
  const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file];
  const formatted = spawnSync('java', [...classes, ...format], { encoding: 'utf8' });
  if (formatted.status !== 0) throw new Error(`kafka: ${formatted.stdout}${formatted.stderr}`);
  const limits = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const child: ChildProcess = spawn('java', [...limits, ...classes, 'kafka.Kafka', file], {
    cwd: folder,
    stdio: 'ignore',
  });
  const stop = (): void => void child.kill('SIGKILL');
  for (;;) {
    if (child.exitCode !== null) throw new Error(`kafka ended with ${child.exitCode}`);
    if (await answers(address)) return { address, stop };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function properties(address: string, controller: string, data: string): string {
  const once = ['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'];
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@${controller}`,
    `listeners=PLAINTEXT://${address},CONTROLLER://${controller}`,
    `advertised.listeners=PLAINTEXT://${address}`,
    'controller.listener.names=CONTROLLER',
    `log.dirs=${data}`,
    ...once.map((topic) => `${topic}.replication.factor=1`),
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.min.isr=1',
    'offsets.topic.num.partitions=1',
    'group.initial.rebalance.delay.ms=0',
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

/** The producer hosts the brokers, so it stays. */
function startMock(): Promise<Broker> {
  const { Producer } = loadClient();
  const config = { 'test.mock.num.brokers': 1, 'bootstrap.servers': '' };
  const host = new Producer(config as ConstructorParameters<typeof Producer>[0]);
  return new Promise((resolve, reject) => {
    host.connect({ timeout: 5000 }, (error, { brokers }) => {
      if (error !== null && error !== undefined) return reject(new Error(error.message));
      const address = brokers.map(({ host: name, port }) => `${name}:${port}`).join(',');
      resolve({ address, stop: () => void host.disconnect() });
    });
  });
}

/** On a mock cluster, which does not answer this, topics make themselves with four partitions. */
export async function createTopic(address: string, topic: string, partitions: number): Promise<void> {
  if (brokerKind().startsWith('the mock')) return;
  const admin = loadClient().AdminClient.create({ 'bootstrap.servers': address });
  const wanted = { topic, num_partitions: partitions, replication_factor: 1 };
  await new Promise<void>((resolve) => admin.createTopic(wanted, () => resolve()));
  admin.disconnect();
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

  send(topic: string, partition: number | null, value: string | Buffer | null, key?: string): void {
    this.producer.produce(topic, partition, typeof value === 'string' ? Buffer.from(value) : value, key);
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
