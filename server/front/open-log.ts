/** The log that a front writes: segment files, or an order on Kafka with a copy in segment files. */
import path from 'node:path';
import type { Config } from '../../platform/config.ts';
import { prepareTopics, type KafkaConnection } from '../../platform/kafka/index.ts';
import type { DataDirLock } from '../../platform/lock.ts';
import { LogWriter, type LogPort, type Spool } from '../../platform/log/index.ts';
import { KafkaLog, type Content } from '../../platform/order/index.ts';
import type { LogOnKafkaConfig } from '../../schemas/config-kafka.ts';
import { EntryType, type SliceHead } from '../../schemas/log-entries.ts';
import { brokerSecrets } from './broker-secrets.ts';
import type { Role } from './front-types.ts';

/** What the rater says is kept for an hour: the last of it counts. */
const PROGRESS_MS = 3_600_000;

export async function openLog(config: Config, lock: DataDirLock, spool: Spool, role: Role): Promise<LogPort> {
  const copy = await openSegments(config, lock);
  const { dataDir, log } = config;
  if (log.kafka === undefined) return copy;
  try {
    const connection = await prepareOrders(log.kafka, role);
    const topic = orderOf(log.kafka, role);
    return await KafkaLog.open({ connection, topic, dataDir, copy, spool, contentsOf: contentsIn(spool) });
  } catch (error) {
    await copy.close();
    throw error;
  }
}

/** Bytes of received files that entries point to: those of slices, which cover a file once. */
export function contentsIn(spool: Spool): (type: number, head: object) => Promise<Content[]> {
  return async (type, head) => {
    if (type !== EntryType.slice) return [];
    const { blob, blobOffset: offset, lengthBytes } = head as SliceHead;
    return [{ blob, offset, bytes: await spool.read(blob, offset, lengthBytes) }];
  };
}

export function openSegments(config: Config, lock: DataDirLock): Promise<LogWriter> {
  const { kafka: _kafka, ...options } = config.log;
  return LogWriter.open(path.join(config.dataDir, 'log'), {
    ...options,
    confirm: () => lock.confirm(),
    detach: lock.tookFromSilent,
  });
}

/** Where a process of that role finds its log. */
export function orderOf({ topic, collector }: LogOnKafkaConfig, role: Role): string {
  return role === 'collector' ? `${intakePrefix(topic)}${collector}` : topic;
}

export function intakePrefix(topic: string): string {
  return `${topic}.intake.`;
}

export function progressOf(topic: string): string {
  return `${topic}.progress`;
}

/** Makes the topics that a process of that role needs. Errors: KAFKA_ADDON_MISSING, KAFKA_UNREACHABLE, SECRET_UNREADABLE. */
export async function prepareOrders(kafka: LogOnKafkaConfig, role: Role): Promise<KafkaConnection> {
  const connection = connectionOf(kafka);
  const { topic, replicas } = kafka;
  await prepareTopics(connection, [
    { topic: orderOf(kafka, role), replicas },
    { topic: progressOf(topic), replicas, retentionMs: PROGRESS_MS },
  ]);
  return connection;
}

export function connectionOf(kafka: LogOnKafkaConfig): KafkaConnection {
  return { brokers: kafka.brokers, ...brokerSecrets({ tls: kafka.tls, sasl: kafka.sasl }) };
}
