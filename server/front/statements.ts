/**
 * Signed roll-forwards. A statement covers the log's entries from where the one before ended to the end of its day (UTC),
 * so that statements follow each other without a gap whatever days were left out. It names the hash of the one before
 * and the chain of the log: who changes an old entry, row or statement must change all that follow, and sign them.
 */
import { periodRecords, periodSums, waitingAsOf, type LedgerClient } from '../../ledger/index.ts';
import { canonicalJson } from '../../platform/canonical-json.ts';
import type { Clock } from '../../platform/clock.ts';
import { TollgridError } from '../../platform/errors.ts';
import { CHAIN_START, type LogReader } from '../../platform/log/index.ts';
import type { SigningKey } from '../../platform/signing.ts';
import { compareJoint, figuresClose, rollForward, type Figures } from '../../reports/index.ts';
import type { Statement } from '../../schemas/api/statements.ts';
import { SEMANTICS_NO } from '../../schemas/log-entries.ts';
import { statementHash, type StatementStore } from './statement-store.ts';

export interface StatementParts {
  store: StatementStore;
  key(): Promise<SigningKey>;
  /** Public key that was used before the present one; null when there was none of that id. */
  retiredKey(id: string): Promise<string | null>;
  ledger(): LedgerClient;
  reader: LogReader;
  clock: Clock;
  version: string;
  headNo(): number;
  firstEntry(): number;
  /** False when the ledger did not get there in time. */
  processed(entryNo: number): Promise<boolean>;
}

const DAY_MS = 86_400_000;

export function endOfDay(date: string): number {
  const startMs = Date.parse(`${date}T00:00:00.000Z`);
  // Date.parse takes 31 February for 3 March.
  if (Number.isNaN(startMs) || new Date(startMs).toISOString().slice(0, 10) !== date) {
    throw new TollgridError('REQUEST_INVALID', `There is no day ${date}.`, { date });
  }
  return startMs + DAY_MS;
}

/**
 * The statement of a day: the stored one, or a new one.
 * Errors: STATEMENT_DAY_OPEN, STATEMENT_OUT_OF_ORDER, WAIT_TIMED_OUT.
 */
export async function makeStatement(parts: StatementParts, date: string): Promise<Statement> {
  const endMs = endOfDay(date);
  const stored = await parts.store.read(date);
  if (stored !== null) return stored;
  if (parts.clock.now() < endMs)
    throw new TollgridError('STATEMENT_DAY_OPEN', `${date} is not over yet (UTC).`, { date });
  const previous = await latest(parts.store);
  if (previous !== null && previous.date > date) {
    throw new TollgridError('STATEMENT_OUT_OF_ORDER', `There is a statement of ${previous.date} already.`, { date });
  }
  const fromEntry = previous === null ? Math.max(1, parts.firstEntry()) : previous.toEntry + 1;
  const toEntry = await lastBefore(parts, fromEntry, endMs);
  if (!(await parts.processed(toEntry))) {
    throw new TollgridError('WAIT_TIMED_OUT', `The ledger has not come to entry ${toEntry} yet.`);
  }
  const figures = await figuresOf(parts.ledger(), fromEntry, toEntry);
  const key = await parts.key();
  const unsigned: Omit<Statement, 'signature'> = {
    statement: 1,
    date,
    madeAt: new Date(parts.clock.now()).toISOString(),
    program: parts.version,
    semanticsNo: SEMANTICS_NO,
    fromEntry,
    toEntry,
    chain: await chainAt(parts.reader, toEntry),
    previous: previous === null ? null : { date: previous.date, sha256: statementHash(previous) },
    closes: figuresClose(figures) && (previous === null || compareJoint(previous, figures).length === 0),
    ...figures,
    key: key.publicKey.id,
  };
  const statement = { ...unsigned, signature: key.sign(canonicalJson(unsigned)) };
  await parts.store.write(statement);
  return statement;
}

async function latest(store: StatementStore): Promise<Statement | null> {
  const last = (await store.dates()).at(-1);
  return last === undefined ? null : store.read(last);
}

/** Last entry before the first one that was accepted at or after `endMs`; `fromEntry - 1` when there is none. */
export async function lastBefore(
  { reader, headNo }: Pick<StatementParts, 'reader' | 'headNo'>,
  fromEntry: number,
  endMs: number,
): Promise<number> {
  const head = headNo();
  if (fromEntry > head) return fromEntry - 1;
  let last = fromEntry - 1;
  for await (const { entryNo, acceptedAtMs } of reader.readHeads(fromEntry, head)) {
    if (acceptedAtMs >= endMs) break;
    last = entryNo;
  }
  return last;
}

export async function chainAt(reader: LogReader, entryNo: number): Promise<string> {
  const chain = entryNo === 0 ? CHAIN_START : (await reader.entry(entryNo)).chain;
  return Buffer.from(chain).toString('hex');
}

export async function figuresOf(ledger: LedgerClient, fromEntry: number, toEntry: number): Promise<Figures> {
  const movements = await periodRecords(ledger, fromEntry, toEntry);
  const waiting = await waitingAsOf(ledger, toEntry);
  return rollForward(movements, waiting, await periodSums(ledger, fromEntry, toEntry));
}
