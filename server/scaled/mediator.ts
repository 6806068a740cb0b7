/**
 * Between the two hops: what collectors took, from their orders into the main one. Each entry names where it came from, so
 * that the main order itself says where to go on: nothing is repeated after a crash, and nothing left out.
 */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaConnection } from '../../platform/kafka/index.ts';
import { LogReader, LogWriter, type LogEntry, type Spool } from '../../platform/log/index.ts';
import { OrderFollower } from '../../platform/order/index.ts';
import { makeDirectory } from '../../platform/durable-file.ts';
import { toTollgridError, TollgridError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import {
  EntryType,
  type BatchHead,
  type CommandHead,
  type FileHead,
  type Origin,
  type SliceHead,
} from '../../schemas/log-entries.ts';
import type { Intake } from '../front/intake.ts';
import type { Origins } from '../front/origins.ts';

export interface MediatorParts {
  connection: KafkaConnection;
  /** Topic of the collector's order. */
  order: string;
  dataDir: string;
  /** Of the main log: it gets the bytes of the files too. */
  spool: Spool;
  intake: Pick<Intake, 'append'>;
  origins: Origins;
  /** Resolves when the main log is not too far ahead of the ledger. */
  waitForRoom(): Promise<void>;
  log: Logger;
}

/** Entries on their way into the main log at the same time. */
const UNDER_WAY_MAX = 200;
const IDLE_MS = 10;
const AGAIN_MS = 1_000;

export class Mediator {
  private readonly parts: MediatorParts;
  private readonly follower: OrderFollower;
  private readonly reader: LogReader;
  private readonly running: Promise<void>;
  private stopping = false;

  get hasEnded(): boolean {
    return this.follower.hasEnded;
  }

  private constructor(parts: MediatorParts, follower: OrderFollower, reader: LogReader) {
    this.parts = parts;
    this.follower = follower;
    this.reader = reader;
    this.running = this.run();
  }

  static async open(parts: MediatorParts): Promise<Mediator> {
    const { order, connection, spool, log } = parts;
    const dataDir = path.join(parts.dataDir, 'orders', order);
    await makeDirectory(dataDir);
    const folder = path.join(dataDir, 'log');
    const follower = await OrderFollower.open({
      ...{ connection, topic: order, dataDir, spool },
      copy: await LogWriter.open(folder),
      onHead: () => undefined,
      warn: (code, message) => log.warn({ code, order }, message),
    });
    return new Mediator(parts, follower, new LogReader(folder));
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const { origins, order, log } = this.parts;
      try {
        // From what the main log says, also after a failure in the middle.
        await this.pass(Math.max(origins.lastOf(order), this.passedOver));
        await delay(IDLE_MS);
      } catch (error) {
        const { code, message } = toTollgridError(error);
        if (this.stopping || code === 'STOPPING') return;
        this.passedOver = 0;
        log.error({ code, order }, `what the collector took waits: ${message}`);
        await delay(AGAIN_MS);
      }
    }
  }

  /** The last entry of a kind that stays in its order. */
  private passedOver = 0;

  private async pass(after: number): Promise<void> {
    if (this.follower.headNo <= after) return;
    const underWay: Promise<unknown>[] = [];
    let failed = false;
    try {
      for await (const entry of this.reader.readFrom(after + 1, this.follower.headNo)) {
        if (this.stopping || failed) break;
        // A slice names its file, a release too: it has to stand in the main log by then.
        const names = entry.type !== EntryType.batch;
        if (names || underWay.length >= UNDER_WAY_MAX) await Promise.all(underWay.splice(0));
        const head = this.headOf(entry);
        if (head === null) {
          this.passedOver = entry.entryNo;
          continue;
        }
        await this.parts.waitForRoom();
        const body = await entry.body();
        // What comes behind one that was not taken would say that it was.
        if (failed) break;
        const appending = this.parts.intake.append(entry.type as typeof EntryType.batch, head, body);
        appending.catch(() => (failed = true));
        underWay.push(appending);
      }
    } finally {
      await Promise.all(underWay);
    }
  }

  /** As it stands in the main log; null for what does not concern it: formats, by which the collector cuts files. */
  private headOf(entry: LogEntry): object | null {
    const { order } = this.parts;
    const from: Origin = { order, entry: entry.entryNo, acceptedAtMs: entry.acceptedAtMs };
    switch (entry.type) {
      case EntryType.batch:
        return { ...(entry.head as BatchHead), from };
      case EntryType.slice: {
        const head = entry.head as SliceHead;
        return { ...head, fileEntry: this.fileOf(head.fileEntry), from };
      }
      case EntryType.file:
        return { ...this.fileHead(entry.head as FileHead), from };
      case EntryType.command:
        return this.commandHead(entry.head as CommandHead, from);
      default:
        return null;
    }
  }

  private fileHead(head: FileHead): FileHead {
    const { duplicateOf, supersedes, numbers } = head;
    return {
      ...head,
      ...(duplicateOf !== undefined && { duplicateOf: this.fileOf(duplicateOf) }),
      ...(supersedes !== undefined && {
        supersedes: supersedes.map((one) => ({ ...one, fileEntry: this.fileOf(one.fileEntry) })),
      }),
      ...(numbers !== undefined && {
        numbers: numbers.map(({ repeats, ...one }) => ({
          ...one,
          ...(repeats !== undefined && {
            repeats: repeats.map((repeat) => ({
              ...repeat,
              ...(repeat.fileEntry !== undefined && { fileEntry: this.fileOf(repeat.fileEntry) }),
            })),
          }),
        })),
      }),
    };
  }

  private commandHead(head: CommandHead, from: Origin): object | null {
    if (head.command !== 'releaseFile' && head.command !== 'rejectFile') return null;
    return { ...head, input: { ...head.input, file: this.fileOf(head.input.file) }, from };
  }

  private fileOf(entryNo: number): number {
    const { order, origins } = this.parts;
    const file = origins.fileOf(order, entryNo);
    if (file !== undefined) return file;
    throw new TollgridError('LOG_DAMAGED', `entry ${entryNo} of ${order}, a file, is not in the main log`, { order });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
    await this.follower.stop();
    await this.reader.close();
  }
}
