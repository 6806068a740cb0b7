/** What brokers hold for us and is not durable here, out of the client's statistics (its STATISTICS.md). */
import type { Positions } from '../port.ts';

interface PartitionStatistics {
  /** Behind the last message that a consumer may see; negative: not known yet. */
  ls_offset: number;
  consumer_lag: number;
}

interface Statistics {
  brokers?: Record<string, { nodeid: number; state: string }>;
  topics: Record<string, { partitions: Record<string, PartitionStatistics> }>;
}

/** Messages of the assigned partitions (`topic/partition`); null when nothing is known of any. */
export function lagOf(json: string, assigned: { has(stream: string): boolean }, durable: Positions): number | null {
  let sum: number | null = null;
  for (const [topic, { partitions }] of Object.entries((JSON.parse(json) as Statistics).topics)) {
    for (const [partition, { ls_offset: end, consumer_lag: lag }] of Object.entries(partitions)) {
      const stream = `${topic}/${partition}`;
      if (!assigned.has(stream) || end < 0) continue;
      const next = durable[stream];
      sum = (sum ?? 0) + Math.max(0, next === undefined ? lag : end - next);
    }
  }
  return sum;
}

/** Whether any of the brokers that are not mere addresses to begin with is connected. */
export function isConnected(json: string): boolean {
  const { brokers = {} } = JSON.parse(json) as Statistics;
  return Object.values(brokers).some(({ nodeid, state }) => nodeid >= 0 && state === 'UP');
}
