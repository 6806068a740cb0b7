import { bootFront, connect, findFront, type Api } from '../client.ts';
import type { CommandSpec, Context, ExitCode } from '../command.ts';
import { auditLines } from '../audit-lines.ts';
import { startProgress } from '../progress.ts';
import { closingLines, noticeLines, outcomeLines, publishedLines, suspendedLines } from '../start-lines.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { Status } from '../../schemas/api/operation.ts';
import type { Front, FrontOptions } from '../../server/index.ts';

const PROGRESS_EVERY_MS = 200;
/** One press of Ctrl-C can reach this process twice: from the terminal and from the process around it. */
const SAME_PRESS_MS = 1000;

type Role = NonNullable<FrontOptions['role']> | 'rater';
const ROLES: readonly Role[] = ['all', 'api', 'collector', 'rater'];

export const start: CommandSpec<{ once?: boolean; role?: Role }> = {
  usage: 'start',
  summary: 'Start Tollgrid: publish what changed, take the files of all sources, show the outcome, serve',
  configured: true,
  options: [
    { flags: '--once', text: 'End after the outcome, with exit code 0 when the audit closes' },
    {
      flags: '--role <role>',
      text: 'What this process does on a log that several share (`log.kafka`)',
      choices: ROLES,
      default: 'all',
    },
  ],
  examples: ['tollgrid start --config tollgrid.yaml', 'tollgrid start --once', 'tollgrid start --role rater'],
  run: async (context, _args, { once, role = 'all' }) => {
    const config = await context.config();
    if (role === 'rater') return runRater(context, config);
    const startedAt = Date.now();
    context.io.note(`Starting on ${config.dataDir} ...`);
    const signal = stopSignal(context);
    const front = await bootFront({ config, role, temporary: false });
    const stopping = Promise.race([signal, front.stopRequested.then(() => 'stop' as const)]);
    try {
      const api = connect(front.url, findFront(config.dataDir)?.token);
      context.io.note(`Ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s: ${front.url}`);
      // The outcome is the ledger's, and who rates is another process.
      const outcomeShown = role === 'all' ? showOutcome(context, front, api, startedAt) : Promise.resolve(0 as const);
      const shown = outcomeShown.catch((error: unknown) => {
        if (once === true) throw error;
        // The ledger may be down for a moment, just now: that is no reason to take nothing any more.
        const { code, message } = toTollgridError(error);
        context.io.note(`The outcome cannot be shown: ${code}: ${message}`);
        return 0 as const;
      });
      const outcome = await Promise.race([shown, stopping]);
      if (outcome === 'stop') return 0;
      if (once === true) return outcome;
      context.io.note(`Serving ${front.url} (Ctrl-C ends).`);
      await stopping;
      return 0;
    } finally {
      context.io.note('Draining ...');
      await front.stop();
    }
  },
};

async function runRater(context: Context, config: FrontOptions['config']): Promise<ExitCode> {
  const signal = stopSignal(context);
  const { startRater } = await import('../../server/index.ts');
  const rater = await startRater(config);
  context.io.note(`Rating what is in ${config.log.kafka!.topic} (Ctrl-C ends).`);
  try {
    const ended = await Promise.race([signal, rater.ended]);
    if (ended === 'stop') return 0;
    if (ended.code === 'LEDGER_FENCED') {
      // Whatever keeps it running would start it again, and it would take over in its turn.
      context.io.note(`${ended.code}: ${ended.message}. This one writes nothing more, and waits to be ended.`);
      await rater.stop();
      // Nothing else keeps a process that listens to signals only.
      const waiting = setInterval(() => undefined, 60_000);
      await signal;
      clearInterval(waiting);
    }
    throw ended;
  } finally {
    context.io.note('Draining ...');
    await rater.stop();
  }
}

/** Resolves with `stop` at the first signal; a second press ends the process at once. */
function stopSignal(context: Context): Promise<'stop'> {
  return new Promise((resolve) => {
    let firstAt: number | null = null;
    const onSignal = (): void => {
      if (firstAt === null) {
        firstAt = performance.now();
        resolve('stop');
      } else if (performance.now() - firstAt > SAME_PRESS_MS) {
        context.io.note('Ended without draining: the next start closes the gap.');
        process.exit(130);
      }
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

async function showOutcome(context: Context, front: Front, api: Api, startedAt: number): Promise<ExitCode> {
  const { io } = context;
  const published = await publishedLines(api, startedAt);
  const { notices }: Status = await api.get('/v1/status');
  for (const line of noticeLines(notices)) io.note(line);
  if (!context.json) for (const line of published) io.out(line);

  await followFiles(context, front, api);
  const audit: AuditReport = await api.get('/v1/audit', { wait: true });
  const lines = await front.outcome();
  if (context.json) {
    io.out(JSON.stringify({ url: front.url, outcome: lines, audit }));
  } else {
    const waiting = await suspendedLines(api);
    for (const line of [...outcomeLines(lines), ...waiting, ...auditLines(audit), '', ...(await closingLines(api))]) {
      io.out(line);
    }
  }
  return audit.closes ? 0 : 1;
}

/** Shows how far processing is until every file that stood in the sources at the start has gone through. */
async function followFiles(context: Context, front: Front, api: Api): Promise<void> {
  const progress = startProgress(context.io, 'log entries');
  let taken = false;
  let told = '';
  const taking = front.sourcesTaken().then(() => {
    taken = true;
  });
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PROGRESS_EVERY_MS));
  try {
    for (;;) {
      const wasTaken = taken;
      const status: Status = await api.get('/v1/status');
      progress.update(status.processedEntry, status.logHead);
      const reasons = status.reasons.join('; ');
      if (reasons !== told && reasons !== '') context.io.note(`Waiting: ${reasons}`);
      told = reasons;
      if (wasTaken && status.processedEntry >= status.logHead) break;
      // Together with the taking, so that its failure is heard at once.
      await (taken ? pause() : Promise.all([pause(), Promise.race([taking, pause()])]));
    }
  } finally {
    progress.end();
  }
}
