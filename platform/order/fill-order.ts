/** An order that is empty, or holds the beginning of a log in files, gets what it lacks: the same frames. */
import { OrderReader, OrderWriter, type KafkaConnection } from '../kafka/index.ts';
import type { LogReader } from '../log/index.ts';
import { TollgridError } from '../errors.ts';
import { Assembler, envelopesOf, type Content, type Envelope, type WholeEntry } from './envelope.ts';

export interface FillOptions {
  connection: KafkaConnection;
  topic: string;
  reader: LogReader;
  headNo: number;
  contentsOf(type: number, head: object): Promise<Content[]>;
  onFilled(entryNo: number): void;
}

const GROUP_BYTES = 4 * 1024 * 1024;

/** Returns how many entries were missing. Errors: LOG_ORDER_DIFFERS, LOG_ENTRY_RETIRED, KAFKA_UNREACHABLE, LOG_FENCED. */
export async function fillOrder(options: FillOptions): Promise<number> {
  const { connection, topic, reader, headNo, contentsOf, onFilled } = options;
  const writer = await OrderWriter.open(connection, topic);
  try {
    const last = await lastEntry(connection, topic);
    if (last !== null) await requireSame(options, last);
    const from = (last?.entryNo ?? 0) + 1;
    if (from > headNo) return 0;
    let group: Envelope[] = [];
    let bytes = 0;
    for await (const entry of reader.readFrom(from, headNo)) {
      const frame = await entry.bytes();
      const contents = await contentsOf(entry.type, entry.head as object);
      group.push(...envelopesOf({ entryNo: entry.entryNo, frame, contents }));
      bytes += frame.length + contents.reduce((sum, one) => sum + one.bytes.length, 0);
      if (bytes < GROUP_BYTES && entry.entryNo < headNo) continue;
      await writer.commit(group);
      onFilled(entry.entryNo);
      [group, bytes] = [[], 0];
    }
    return headNo - from + 1;
  } finally {
    await writer.close();
  }
}

async function lastEntry(connection: KafkaConnection, topic: string): Promise<WholeEntry | null> {
  const reader = await OrderReader.open(connection, topic, 0);
  try {
    const assembler = new Assembler();
    let last: WholeEntry | null = null;
    for await (const messages of reader.toEnd()) for (const { value } of messages) last = assembler.add(value) ?? last;
    return last;
  } finally {
    await reader.close();
  }
}

/** The chain of one entry stands for all before it. */
async function requireSame({ reader, topic, headNo }: FillOptions, { entryNo, frame }: WholeEntry): Promise<void> {
  if (entryNo <= headNo && (await (await reader.entry(entryNo)).bytes()).equals(frame)) return;
  throw new TollgridError('LOG_ORDER_DIFFERS', `${topic} holds another log, or more of this one`, { topic, entryNo });
}
