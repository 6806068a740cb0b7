/** What a message holds, as records. Where it stands in its stream (`topic/partition/offset`) is the topic of its frames. */
import path from 'node:path';
import protobuf from 'protobufjs';
import { makeMessageFrame, MESSAGE_FLAGS } from '../../mediation/formats/index.ts';
import { TollgridError } from '../../platform/errors.ts';

export interface KafkaMessage {
  topic: string;
  partition: number;
  offset: number;
  /** Null: a tombstone. */
  value: Buffer | null;
  /** When it was written, by the producer or the broker (UTC, milliseconds); -1: not said. */
  timestamp?: number;
}

export type RecordsOf = (message: KafkaMessage & { value: Buffer }, nowMs: number) => Uint8Array[];

export type PartsOf = (payload: Uint8Array) => readonly string[];

/** A frame for each register that it shows, which is one where the format names none. */
export function asMessages(partsOf: PartsOf): RecordsOf {
  return (message, nowMs) => {
    const around = frameOf(message, nowMs);
    return partsOf(message.value).map((part) => makeMessageFrame({ ...around, part, payload: message.value }));
  };
}

const [LF, CR] = [10, 13];

/** Lines as a format of lines reads them; empty ones are none. */
export const asLines: RecordsOf = ({ value }) => {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < value.length;) {
    const found = value.indexOf(LF, from);
    const end = found < 0 ? value.length : found;
    const line = value.subarray(from, end > from && value[end - 1] === CR ? end - 1 : end);
    if (line.length > 0) lines.push(line);
    from = end + 1;
  }
  return lines;
};

/**
 * The bytes as they came, marked raw, and behind them what the schema reads in them, as JSON. Error: KAFKA_PROTO_UNREADABLE.
 */
export function asProtobuf({ file, type }: { file: string; type: string }, partsOf: PartsOf): RecordsOf {
  const schema = typeOf(file, type);
  return (message, nowMs) => {
    const around = frameOf(message, nowMs);
    const content = contentOf(schema, message.value);
    const raw = { ...around, flags: MESSAGE_FLAGS.raw, payload: message.value };
    if (content === null) return [makeMessageFrame({ ...raw, part: 'unreadable' })];
    const shown = partsOf(content).map((part) => makeMessageFrame({ ...around, part, payload: content }));
    return [makeMessageFrame({ ...raw, part: '' }), ...shown];
  };
}

function typeOf(file: string, type: string): protobuf.Type {
  try {
    return new protobuf.Root().loadSync(file, { keepCase: true }).lookupType(type);
  } catch (error) {
    const message = `${path.basename(file)}, type ${type}: ${(error as Error).message}`;
    throw new TollgridError('KAFKA_PROTO_UNREADABLE', message);
  }
}

function contentOf(schema: protobuf.Type, value: Buffer): Uint8Array | null {
  try {
    const content = schema.toObject(schema.decode(value), { longs: String, enums: String, bytes: String });
    return Buffer.from(JSON.stringify(content));
  } catch {
    return null;
  }
}

function frameOf({ topic, partition, offset, timestamp = -1 }: KafkaMessage, nowMs: number) {
  const receivedMs = timestamp >= 0 ? timestamp : nowMs;
  return { topic: `${topic}/${partition}/${offset}`, receivedMs, flags: 0 };
}
