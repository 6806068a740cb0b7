/** What brokers hold for us and is not durable here, out of the client's statistics (its STATISTICS.md). */
interface PartitionStatistics {
  /** Behind the last message that a consumer may see; negative: not known yet. */
  ls_offset: number;
  fetch_state?: string;
}

interface Statistics {
  brokers?: Record<string, { nodeid: number; state: string }>;
  topics: Record<string, { partitions: Record<string, PartitionStatistics> }>;
}

/** Messages of the assigned partitions (`topic/partition`); null when nothing is known of any. */
export function lagOf(
  json: string,
  assigned: { has(stream: string): boolean },
  nextOf: (stream: string) => number | undefined,
): number | null {
  let sum: number | null = null;
  for (const { stream, ls_offset: end } of partitionsIn(json)) {
    const next = nextOf(stream);
    if (assigned.has(stream) && end >= 0 && next !== undefined) sum = (sum ?? 0) + Math.max(0, end - next);
  }
  return sum;
}

/** Partitions that the client fetches nothing of, because it does not know from where. */
export function stalledIn(json: string): string[] {
  return partitionsIn(json)
    .filter(({ fetch_state: state }) => state === 'none')
    .map(({ stream }) => stream);
}

function partitionsIn(json: string): (PartitionStatistics & { stream: string })[] {
  return Object.entries((JSON.parse(json) as Statistics).topics).flatMap(([topic, { partitions }]) =>
    Object.entries(partitions).map(([partition, one]) => ({ ...one, stream: `${topic}/${partition}` })),
  );
}

/** Whether any of the brokers that are not mere addresses to begin with is connected. */
export function isConnected(json: string): boolean {
  const { brokers = {} } = JSON.parse(json) as Statistics;
  return Object.values(brokers).some(({ nodeid, state }) => nodeid >= 0 && state === 'UP');
}
