/** Topics with one partition each, which is one order. */
import type { Metadata } from 'node-rdkafka';
import { loadKafka } from './addon.ts';
import { answer, clientError } from './answer.ts';
import { connectionConfig, type KafkaConnection } from './connection.ts';

export interface TopicWish {
  topic: string;
  replicas: number;
  /** Messages are kept so long; absent: for ever. */
  retentionMs?: number;
}

const ANSWER_MS = 20_000;
/** librdkafka's code: it is there. */
const TOPIC_ALREADY_EXISTS = 36;

/** Makes those that are not there; what is there is left as it is. Errors: KAFKA_ADDON_MISSING, KAFKA_UNREACHABLE. */
export async function prepareTopics(connection: KafkaConnection, wishes: readonly TopicWish[]): Promise<void> {
  const admin = loadKafka().AdminClient.create(connectionConfig(connection));
  try {
    for (const { topic, replicas, retentionMs = -1 } of wishes) {
      const config = [
        { name: 'retention.ms', value: String(retentionMs) },
        { name: 'retention.bytes', value: '-1' },
        // What is acknowledged stands on two machines at least, where there are two.
        { name: 'min.insync.replicas', value: String(Math.min(2, replicas)) },
        { name: 'unclean.leader.election.enable', value: 'false' },
      ];
      const wanted = {
        ...{ topic, num_partitions: 1, replication_factor: replicas },
        config: Object.fromEntries(config.map(({ name, value }) => [name, value])),
      };
      await answer((done) => admin.createTopic(wanted as never, ANSWER_MS, done as never)).catch((error: unknown) => {
        if (clientError(error).code !== TOPIC_ALREADY_EXISTS) throw error;
      });
    }
  } finally {
    admin.disconnect();
  }
}

/** Names of the topics that begin so. Errors: KAFKA_ADDON_MISSING, KAFKA_UNREACHABLE. */
export async function ordersOf(connection: KafkaConnection, prefix: string): Promise<string[]> {
  const client = new (loadKafka().Producer)(connectionConfig(connection));
  client.on('event.error', () => undefined);
  try {
    const { topics } = await answer<Metadata>((done) => client.connect({ timeout: ANSWER_MS }, done as never));
    return topics.map(({ name }) => name).filter((name) => name.startsWith(prefix));
  } finally {
    await new Promise<void>((resolve) => (client.isConnected() ? client.disconnect(() => resolve()) : resolve()));
  }
}
