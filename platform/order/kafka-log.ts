/**
 * The writer of an order: the log on Kafka, with a copy in segment files. An entry is durable when its transaction is
 * committed; then it is copied, so that whoever reads files here finds it.
 */
import { OrderReader, OrderWriter, type KafkaConnection } from '../kafka/index.ts';
import { encodeFrame, type Appended, type LogPort, type LogWriter, type Pins, type Spool } from '../log/index.ts';
import { TollgridError, toTollgridError } from '../errors.ts';
import { envelopesOf, type Content, type Envelope } from './envelope.ts';
import { OrderCopy } from './order-copy.ts';

export interface KafkaLogOptions {
  connection: KafkaConnection;
  topic: string;
  dataDir: string;
  /** The copy; closed with this log. */
  copy: LogWriter;
  spool: Spool;
  /** Bytes of received files that an entry points to, and that no entry before it brought. */
  contentsOf(type: number, head: object): Promise<Content[]>;
  /** Entries of a group together; one is always taken. */
  groupBytesMax?: number;
  /** Bytes that may wait for the brokers; more are refused with LOG_BUSY. */
  waitingBytesMax?: number;
}

interface Waiting {
  entryNo: number;
  frame: Buffer;
  contents: Promise<Content[]>;
  resolve(appended: Appended): void;
  reject(error: unknown): void;
}

const MIB = 1024 * 1024;
const EMPTY = new Uint8Array(0);

export class KafkaLog implements LogPort {
  private readonly options: Required<KafkaLogOptions>;
  private readonly writer: OrderWriter;
  private readonly place: OrderCopy;
  private chain: Uint8Array;
  private lastNo: number;
  private waiting: Waiting[] = [];
  private flushing: Promise<void> | null = null;
  private refusal: TollgridError | null = null;
  waitingBytes = 0;

  private constructor(options: KafkaLogOptions, writer: OrderWriter, place: OrderCopy) {
    this.options = { groupBytesMax: MIB, waitingBytesMax: 256 * MIB, ...options };
    this.writer = writer;
    this.place = place;
    this.chain = options.copy.chain;
    this.lastNo = options.copy.headNo;
    writer.onDelivered = (key, offset) => {
      const [entryNo, piece] = key.split('/').map(Number);
      if (piece === 1) place.note(entryNo, offset);
    };
  }

  /**
   * Fences whoever wrote before, then brings the copy up to the end.
   * Errors: KAFKA_ADDON_MISSING, KAFKA_UNREACHABLE, LOG_DAMAGED, LOG_ORDER_DIFFERS.
   */
  static async open(options: KafkaLogOptions): Promise<KafkaLog> {
    const { connection, topic, dataDir, copy, spool } = options;
    const place = new OrderCopy(dataDir, topic, copy, spool);
    const writer = await OrderWriter.open(connection, topic);
    try {
      await catchUp(connection, topic, place);
      place.requireWhole();
      return new KafkaLog(options, writer, place);
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  get headNo(): number {
    return this.options.copy.headNo;
  }

  get nextNo(): number {
    return this.lastNo + 1;
  }

  append(type: number, head: object, body: Uint8Array = EMPTY, pins: Pins): Promise<Appended> {
    return new Promise((resolve, reject) => {
      if (this.refusal !== null) throw this.refusal;
      const entryNo = this.lastNo + 1;
      const encoded = encodeFrame({ type, entryNo, ...pins }, Buffer.from(JSON.stringify(head)), body, this.chain);
      const sizeBytes = encoded.prefix.length + body.length;
      if (this.waitingBytes > 0 && this.waitingBytes + sizeBytes > this.options.waitingBytesMax) {
        throw new TollgridError('LOG_BUSY', `${this.waitingBytes} bytes wait for the brokers`);
      }
      const contents = this.options.contentsOf(type, head);
      contents.catch(() => undefined);
      this.chain = encoded.chain;
      this.lastNo = entryNo;
      this.waitingBytes += sizeBytes;
      this.waiting.push({ entryNo, frame: Buffer.concat([encoded.prefix, body]), contents, resolve, reject });
      this.flushing ??= this.flush();
    });
  }

  private async flush(): Promise<void> {
    // Calls made in the same turn belong to one group.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      try {
        await this.commit(group);
      } catch (error) {
        this.fail(error, group);
        break;
      }
    }
    // In the same turn as the look at the queue: whoever appends from here on starts the next flush.
    this.flushing = null;
  }

  private takeGroup(): Waiting[] {
    let count = 1;
    let bytes = this.waiting[0].frame.length;
    while (count < this.waiting.length && bytes < this.options.groupBytesMax)
      bytes += this.waiting[count++].frame.length;
    return this.waiting.splice(0, count);
  }

  private async commit(group: Waiting[]): Promise<void> {
    const messages: Envelope[] = [];
    for (const { entryNo, frame, contents } of group)
      messages.push(...envelopesOf({ entryNo, frame, contents: await contents }));
    await this.writer.commit(messages);
    const copied = await Promise.all(group.map(({ frame }) => this.options.copy.appendFrame(frame)));
    group.forEach(({ frame, resolve }, index) => {
      this.waitingBytes -= frame.length;
      resolve(copied[index]);
    });
  }

  /** Never tried again here: what the order holds is known only by reading it, at the next start. */
  private fail(cause: unknown, group: Waiting[]): void {
    const { code, message } = toTollgridError(cause);
    this.refusal =
      code === 'LOG_FENCED' || code === 'LOG_CLOSED'
        ? (cause as TollgridError)
        : new TollgridError('LOG_BROKEN', `writing the log failed: ${message}`, { code }, { cause });
    for (const one of [...group, ...this.waiting.splice(0)]) one.reject(this.refusal);
    this.waitingBytes = 0;
  }

  async close(): Promise<void> {
    this.refusal ??= new TollgridError('LOG_CLOSED', 'the log is closed');
    await this.flushing;
    await this.writer.close();
    await this.place.keepPlace();
    await this.options.copy.close();
  }
}

/** All that the order holds, into the copy. `last`: the last entry that it holds. */
async function catchUp(connection: KafkaConnection, topic: string, place: OrderCopy): Promise<void> {
  const reader = await OrderReader.open(connection, topic, await place.from());
  try {
    for await (const messages of reader.toEnd()) await place.take(messages);
    await place.keepPlace();
  } finally {
    await reader.close();
  }
}
