/**
 * What raters with data directories of their own must know of each other, when the log is on Kafka and the ledger on a
 * server: by which word the ledger knows this log, whose turn it is, and every write. Its one writer is told by its
 * transactional id, so that who takes over ends the one before, and finds all that was announced.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isWrite, type JournalLine } from '../../ledger/index.ts';
import { systemClock } from '../../platform/clock.ts';
import type { Config } from '../../platform/config.ts';
import { AppendJournal, makeDirectory, writeFileDurably } from '../../platform/durable-file.ts';
import { toTollgridError, TollgridError } from '../../platform/errors.ts';
import { OrderReader, OrderWriter, prepareTopics, type KafkaConnection } from '../../platform/kafka/index.ts';
import { readOrMakeSecretFile } from '../../platform/secret-file.ts';
import { SEMANTICS_NO } from '../../schemas/log-entries.ts';
import { totalsFile } from '../rater/totals-file.ts';
import { connectionOf } from './open-log.ts';

/** What the one before had taken from the log is read here within moments. */
const FOLLOWED_MS = 60_000;
const IDLE_MS = 20;

type Write = Extract<JournalLine, { fromEntry: number }>;

/** A message on the topic: somebody's turn begins, or a line of the journal. */
export type JournalMessage = { epoch: number; word: string; semantics: number } | { line: JournalLine };

export interface JournalState {
  /** Null: nobody has written this ledger yet. */
  word: string | null;
  /** Of whose turn it was last; 0 when nobody's. */
  epoch: number;
  /** Rules by which whoever has the turn computes. */
  semantics: number;
  /** By their first entry, as are the rules that they were computed by. */
  writes: Map<number, Write>;
  rules: Map<number, number>;
}

export function journalState(): JournalState {
  return { word: null, epoch: 0, semantics: 0, writes: new Map(), rules: new Map() };
}

export function takeMessage(state: JournalState, message: JournalMessage): void {
  if ('epoch' in message) {
    const { word, epoch, semantics } = message;
    Object.assign(state, { word, semantics, epoch: Math.max(state.epoch, epoch) });
    return;
  }
  const { line } = message;
  if (isWrite(line)) {
    state.writes.set(line.fromEntry, line);
    state.rules.set(line.fromEntry, state.semantics);
  } else for (const [key, { toEntry }] of state.writes) if (toEntry > line.behind) state.writes.delete(key);
}

/** The last entry of a write that other rules than these would make otherwise; 0 when there is none. */
export function outdatedNo({ writes, rules }: JournalState, semantics: number): number {
  let last = 0;
  for (const [key, { toEntry }] of writes) if (rules.get(key) !== semantics) last = Math.max(last, toEntry);
  return last;
}

export class LedgerJournal {
  readonly word: string;
  readonly epoch: number;
  /** The last entry with rows when this turn began: up to there raters before have counted. */
  readonly lastEntry: number;
  private outdated: number;
  private readonly writer: OrderWriter;
  private tail: Promise<unknown> = Promise.resolve();
  private no = 0;

  private constructor(writer: OrderWriter, state: JournalState) {
    const { word, epoch, writes } = state;
    this.writer = writer;
    this.outdated = outdatedNo(state, SEMANTICS_NO);
    this.word = word!;
    this.epoch = epoch;
    let last = 0;
    for (const { toEntry } of writes.values()) last = Math.max(last, toEntry);
    this.lastEntry = last;
  }

  /**
   * Ends the turn of whoever had it, and makes the journal in this data directory that of the topic.
   * Errors: KAFKA_ADDON_MISSING, KAFKA_UNREACHABLE, LEDGER_FENCED when a third one came in between.
   */
  static async open({ dataDir, log }: Pick<Config, 'dataDir' | 'log'>): Promise<LedgerJournal> {
    const kafka = log.kafka!;
    const connection = connectionOf(kafka);
    const topic = `${kafka.topic}.journal`;
    await prepareTopics(connection, [{ topic, replicas: kafka.replicas }]);
    const writer = await OrderWriter.open(connection, topic);
    try {
      const state = await read(connection, topic);
      const own = path.join(dataDir, 'ledger.server');
      const isFirst = state.word === null;
      if (isFirst) {
        // The ledger of one that wrote it before there was a topic goes on.
        state.word = readOrMakeSecretFile(own).toString();
        await readOwn(totalsFile(dataDir), state.writes);
        // By which rules, its checkpoint says.
        for (const key of state.writes.keys()) state.rules.set(key, SEMANTICS_NO);
      }
      // The clock keeps it rising when the topic was made anew.
      state.epoch = Math.max(state.epoch + 1, systemClock.now());
      const opened = new LedgerJournal(writer, state);
      const lines = isFirst ? [...state.writes.values()].map((line) => ({ line })) : [];
      const { epoch, word } = opened;
      await opened.commit([{ epoch, word, semantics: SEMANTICS_NO }, ...lines]);
      if (!isFirst) {
        await writeFileDurably(own, `${opened.word}\n`);
        const file = totalsFile(dataDir);
        await makeDirectory(path.dirname(file));
        await (await AppendJournal.replace(file, state.writes.values())).close();
      }
      return opened;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  /**
   * Resolves when the log here has come to what the journal knows: rows of later entries would be taken for another log's.
   * Error: LOG_ORDER_DIFFERS.
   */
  async followed(headNo: () => number, longestMs = FOLLOWED_MS): Promise<void> {
    for (const startedMs = performance.now(); headNo() < this.lastEntry; await delay(IDLE_MS)) {
      if (performance.now() - startedMs < longestMs) continue;
      const message = `the ledger holds rows of entry ${this.lastEntry}, and the log ends at ${headNo()}`;
      throw new TollgridError('LOG_ORDER_DIFFERS', message);
    }
  }

  /** Resolves when it is durable, and nobody has taken over so far. Errors: LEDGER_FENCED, KAFKA_UNREACHABLE. */
  append(line: JournalLine): Promise<void> {
    const done = this.tail.then(() => this.commit([{ line }])).then(() => this.noteOutdated(line));
    this.tail = done.catch(() => undefined);
    return done;
  }

  /** Up to this entry the ledger holds what another version computed by other rules; 0: nothing. */
  get outdatedNo(): number {
    return this.outdated;
  }

  private noteOutdated(line: JournalLine): void {
    if (!isWrite(line)) this.outdated = Math.min(this.outdated, line.behind);
  }

  private async commit(messages: readonly JournalMessage[]): Promise<void> {
    try {
      await this.writer.commit(
        messages.map((message) => ({ key: `${this.epoch}/${++this.no}`, value: Buffer.from(JSON.stringify(message)) })),
      );
    } catch (error) {
      throw replaced(error);
    }
  }

  async close(): Promise<void> {
    await this.writer.close();
  }
}

/** Of a rater, being fenced has a name of its own. */
export function replaced(error: unknown): TollgridError {
  const known = toTollgridError(error);
  if (known.code !== 'LOG_FENCED') return known;
  return new TollgridError('LEDGER_FENCED', 'another rater has taken over', {}, { cause: error });
}

async function read(connection: KafkaConnection, topic: string): Promise<JournalState> {
  const state = journalState();
  const reader = await OrderReader.open(connection, topic, 0);
  try {
    for await (const messages of reader.toEnd())
      for (const { value } of messages) takeMessage(state, JSON.parse(value.toString()) as JournalMessage);
  } finally {
    await reader.close();
  }
  return state;
}

/** One that is not there or damaged says nothing: the rater sees to it. */
async function readOwn(file: string, writes: Map<number, Write>): Promise<void> {
  if ((await readFile(file).catch(() => null)) === null) return;
  try {
    const journal = await AppendJournal.open<Write>(file, (write) => writes.set(write.fromEntry, write));
    await journal.close();
  } catch {
    writes.clear();
  }
}
