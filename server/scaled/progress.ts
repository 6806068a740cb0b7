/** What a rater says, for fronts elsewhere: messages on a topic, the last of which counts. */
import { setTimeout as delay } from 'node:timers/promises';
import { OrderReader, OrderWriter, type KafkaConnection } from '../../platform/kafka/index.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { RaterToFront } from '../rater/index.ts';

/** Enough for the last message and the marks of its transaction. */
const LAST_MESSAGES = 20;
const SIGN_MS = 5_000;
const SILENT_MS = 20_000;
const IDLE_MS = 20;
const AGAIN_MS = 1_000;
const TOLD: readonly RaterToFront['type'][] = ['processed', 'kept', 'watched', 'failed', 'rerating', 'rerated'];

/** The rater's end. Opening it ends the one of another rater of the same log. */
export class ProgressTeller {
  private readonly writer: OrderWriter;
  private readonly onLost: (error: Error) => void;
  private readonly timer: NodeJS.Timeout;
  private waiting: string[] = [];
  private sending: Promise<void> | null = null;
  /** How far it is, said again so that everybody knows it is there. */
  private last: string | null = null;
  private no = 0;

  private constructor(writer: OrderWriter, onLost: (error: Error) => void) {
    this.writer = writer;
    this.onLost = onLost;
    this.timer = setInterval(() => {
      if (this.last !== null) this.queue(this.last);
    }, SIGN_MS);
  }

  /** `onLost`: somebody else is the rater of this log by now, or nobody can be told. */
  static async open(
    connection: KafkaConnection,
    topic: string,
    onLost: (error: Error) => void,
  ): Promise<ProgressTeller> {
    return new ProgressTeller(await OrderWriter.open(connection, topic), onLost);
  }

  tell(message: RaterToFront): void {
    if (!TOLD.includes(message.type)) return;
    if (message.type === 'processed') this.last = JSON.stringify({ ...message, newestEvents: [] });
    this.queue(JSON.stringify(message));
  }

  private queue(text: string): void {
    this.waiting.push(text);
    this.sending ??= this.send();
  }

  private async send(): Promise<void> {
    try {
      while (this.waiting.length > 0) {
        const messages = this.waiting.splice(0).map((text) => ({ key: `${++this.no}`, value: Buffer.from(text) }));
        await this.writer.commit(messages);
      }
    } catch (error) {
      this.onLost(error as Error);
    }
    this.sending = null;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
    await this.writer.close();
  }
}

export interface ProgressEvents {
  heard(message: RaterToFront): void;
  raterIsUp(isUp: boolean): void;
  warn(code: string, message: string): void;
}

/** A front's end. */
export class ProgressListener {
  private readonly reader: OrderReader;
  private readonly events: ProgressEvents;
  private readonly running: Promise<void>;
  private stopping = false;

  private constructor(reader: OrderReader, events: ProgressEvents) {
    this.reader = reader;
    this.events = events;
    this.running = this.run();
  }

  static async open(connection: KafkaConnection, topic: string, events: ProgressEvents): Promise<ProgressListener> {
    return new ProgressListener(await OrderReader.open(connection, topic, -LAST_MESSAGES), events);
  }

  private async run(): Promise<void> {
    for (let heardMs = performance.now(); !this.stopping;) {
      try {
        const messages = await this.reader.next();
        for (const { value } of messages) this.events.heard(JSON.parse(value.toString()) as RaterToFront);
        if (messages.length > 0) heardMs = performance.now();
        if (messages.length > 0) this.events.raterIsUp(true);
        else if (performance.now() - heardMs > SILENT_MS) this.events.raterIsUp(false);
        if (messages.length === 0) await delay(IDLE_MS);
      } catch (error) {
        const { code, message } = toTollgridError(error);
        this.events.warn(code, message);
        await delay(AGAIN_MS);
      }
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    await this.reader.close();
  }
}
