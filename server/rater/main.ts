/** The rater process: started and watched by the front, which tells it where the ledger is and how far the log goes. */
import { randomUUID } from 'node:crypto';
import type { JournalLine } from '../../ledger/index.ts';
import { createLogger } from '../../platform/logger.ts';
import { followParent, reportReady, type ChildMessage } from '../../platform/supervise.ts';
import { toTollgridError, TollgridError } from '../../platform/errors.ts';
import type { FrontToRater, RaterToFront } from './messages.ts';
import { Rater } from './rater.ts';

followParent();
// Whoever ends a service sends this to all its processes; the front drains, and tells this one when to stop.
process.on('SIGTERM', () => undefined);

let rater: Rater | null = null;
/** The head may move while the rater is still being opened. */
let headNo = 0;
let opened: (rater: Rater) => void;
const open = new Promise<Rater>((resolve) => (opened = resolve));
/** What is asked of the rater waits until it is open, and is done one after the other. */
let turn: Promise<unknown> = open;
let logger = createLogger({ name: 'rater', level: 'error' });

function tell(message: RaterToFront): void {
  process.send?.(message);
}

/** By a token that no rater before can have used: its answers may still be on their way. */
const announcing = new Map<string, (failure: TollgridError | null) => void>();

function announce(line: JournalLine): Promise<void> {
  return new Promise((resolve, reject) => {
    const token = randomUUID();
    announcing.set(token, (failure) => (failure === null ? resolve() : reject(failure)));
    tell({ type: 'announce', token, line });
  });
}

function announced({ token, failure }: FrontToRater & { type: 'announced' }): void {
  announcing.get(token)?.(failure === undefined ? null : new TollgridError(failure.code, failure.message));
  announcing.delete(token);
}

/** A rater that cannot go on ends; it is started again and replays from its checkpoint. */
function fail(error: unknown): Promise<never> {
  const { code, message } = toTollgridError(error);
  logger.error({ code, err: error }, 'rater stops');
  const end = (): never => process.exit(1);
  if (process.connected) process.send!({ type: 'failed', code, message } satisfies RaterToFront, end);
  else end();
  return new Promise(() => undefined);
}

function inTurn(work: (rater: Rater) => Promise<void>): void {
  turn = turn.then(() => work(rater!)).catch(fail);
}

async function start(message: FrontToRater & { type: 'start' }): Promise<void> {
  headNo = Math.max(headNo, message.headNo);
  logger = createLogger({ name: 'rater', level: message.options.logLevel });
  rater = await Rater.open(message.options, headNo, { tell, announce, fail: (error) => void fail(error) });
  rater.setHead(headNo);
  opened(rater);
}

/** Not in turn: a rebuild may take long, and is looked at while it goes on. One that is not open yet writes nothing. */
function holdWrites(requestNo: number): void {
  const held = (): void => tell({ type: 'held', requestNo });
  if (rater === null) held();
  else rater.turns.hold(requestNo, held);
}

function handle(message: FrontToRater): void {
  switch (message.type) {
    case 'start':
      void start(message).catch(fail);
      return;
    case 'head':
      headNo = Math.max(headNo, message.headNo);
      rater?.setHead(headNo);
      return;
    case 'rebuild':
      inTurn(async (ready) => {
        await ready.rebuild(message.threads);
        tell({ type: 'rebuilt', requestNo: message.requestNo });
      });
      return;
    case 'keep':
      inTurn(async (open) => tell({ type: 'kept', requestNo: message.requestNo, state: await open.keep(message.all) }));
      return;
    case 'verify':
      inTurn(async (ready) => tell({ type: 'verified', requestNo: message.requestNo, checks: await ready.verify() }));
      return;
    case 'preview':
      void open.then((ready) => ready.preview(message.previewNo, message.wish));
      return;
    case 'hold':
      holdWrites(message.requestNo);
      return;
    case 'announced':
      announced(message);
      return;
    case 'release':
      rater?.turns.holds.release(message.requestNo);
      return;
  }
}

reportReady(
  {},
  {
    stop: async () => {
      try {
        await rater?.stop();
      } catch (error) {
        await fail(error);
      }
    },
    message: (message: ChildMessage) => handle(message as FrontToRater),
  },
);
