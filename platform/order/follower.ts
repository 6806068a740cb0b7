/** Keeps the copy of an order that another process writes up to its end. */
import { setTimeout as delay } from 'node:timers/promises';
import { OrderReader, type KafkaConnection } from '../kafka/index.ts';
import type { LogWriter, Spool } from '../log/index.ts';
import { TollgridError, toTollgridError } from '../errors.ts';
import { OrderCopy } from './order-copy.ts';

export interface FollowerOptions {
  connection: KafkaConnection;
  topic: string;
  dataDir: string;
  /** The copy; closed with the follower. */
  copy: LogWriter;
  spool: Spool;
  onHead(headNo: number): void;
  /** It follows no more: the order, or the copy, is not what it should be. */
  onFailure?(error: TollgridError): void;
  warn(code: string, message: string): void;
}

const IDLE_MS = 10;
const AGAIN_MS = 1_000;
const KEEP_PLACE_MS = 5_000;

export class OrderFollower {
  private readonly options: FollowerOptions;
  private readonly place: OrderCopy;
  private reader: OrderReader | null = null;
  private running: Promise<void> = Promise.resolve();
  private stopping = false;
  /** The copy is not kept up any more: stopped, or the order, or the copy, is not what it should be. */
  get hasEnded(): boolean {
    return this.stopping;
  }

  private constructor(options: FollowerOptions) {
    this.options = options;
    this.place = new OrderCopy(options.dataDir, options.topic, options.copy, options.spool);
  }

  get headNo(): number {
    return this.options.copy.headNo;
  }

  /** Resolves when the copy holds what the order holds now. Errors: KAFKA_ADDON_MISSING, KAFKA_UNREACHABLE, LOG_DAMAGED, LOG_ORDER_DIFFERS. */
  static async open(options: FollowerOptions): Promise<OrderFollower> {
    const follower = new OrderFollower(options);
    try {
      await follower.connect();
      for await (const messages of follower.reader!.toEnd()) await follower.place.take(messages);
      follower.place.requireWhole();
    } catch (error) {
      await follower.reader?.close();
      await options.copy.close();
      throw error;
    }
    follower.running = follower.run();
    return follower;
  }

  private async connect(): Promise<void> {
    const { connection, topic } = this.options;
    this.reader = await OrderReader.open(connection, topic, await this.place.from());
  }

  private async run(): Promise<void> {
    for (let keptMs = performance.now(); !this.stopping;) {
      try {
        const messages = await this.reader!.next();
        if (messages.length === 0) await delay(IDLE_MS);
        const before = this.headNo;
        await this.place.take(messages);
        if (this.headNo > before) this.options.onHead(this.headNo);
        if (performance.now() - keptMs > KEEP_PLACE_MS) {
          await this.place.keepPlace();
          keptMs = performance.now();
        }
      } catch (error) {
        await this.failed(error);
      }
    }
  }

  /** Brokers come back; an order that does not continue does not. */
  private async failed(error: unknown): Promise<void> {
    const { code, message } = toTollgridError(error);
    this.options.warn(code, message);
    if (error instanceof TollgridError && code === 'KAFKA_UNREACHABLE') {
      await delay(AGAIN_MS);
      return;
    }
    this.stopping = true;
    this.options.onFailure?.(toTollgridError(error));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    await this.reader?.close();
    await this.place.keepPlace().catch(() => undefined);
    await this.options.copy.close();
  }
}
