/** `tollgrid simulate`: devices that send usage to a running Tollgrid, and what became of it. */
import { loadConfig } from '../../platform/config.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';
import {
  limitSubjects,
  plan,
  run,
  runName,
  type DeviceEvent,
  type EventKind,
  type PlanOptions,
  type SessionPacket,
} from '../../simulator/index.ts';
import { show } from '../answers.ts';
import type { CommandSpec, Context } from '../command.ts';
import { SAMPLE_TOWN } from '../context.ts';
import { liveSessions, liveSessionsLine } from './live-sessions.ts';
import { foundLine, ledgerLines, liveLine, quantities, summaryLines } from './lines.ts';
import { OPTIONS, type SimulateOptions } from './options.ts';
import { findTollgrid, knownSubjects, openClients } from './targets.ts';
import { Watch } from './watch.ts';

const SHARES: Readonly<Record<EventKind, number>> = { call: 3, session: 4, reading: 3 };
const OUTSTANDING_MAX = 5_000;
const LIVE_EVERY_MS = 5_000;

export const simulate: CommandSpec<SimulateOptions> = {
  usage: 'simulate',
  summary: 'Play an exchange, an access server and meters against a running Tollgrid, with faults; compare at the end',
  configured: true,
  options: OPTIONS,
  examples: [
    'tollgrid simulate --town',
    'tollgrid simulate --minutes 5 --rate 200 --faults loss=5,repeats=3,disorder=5,drift=30,storms=2,stops=20,burst=10',
  ],
  run: async (context, _args, options) => {
    const { io } = context;
    const town = options.town === true && options.config === undefined;
    const config = town ? loadConfig({ path: SAMPLE_TOWN, env: process.env }) : await context.config();
    const tollgrid = findTollgrid(config, options);
    const { api } = tollgrid;
    const subjects = limitSubjects(await knownSubjects(config), options.subscribers, options.meters);
    const planned = planOptions(options);
    const name = runName(planned);
    const clients = await openClients(tollgrid, config, options, name);
    const before: AuditReport = await api.get('/v1/audit', { wait: true });

    const interims = (await liveSessions(api)) !== null;
    const watch = new Watch(api, subjects, interims, (found) => {
      if (!context.json) io.out(foundLine(found, Date.now()));
    });
    const online = new Online();
    const stop = stopSignal();
    const running = run(plan(planned, subjects), {
      ...{ run: name, clients, stop, outstandingMax: OUTSTANDING_MAX, patienceMs: options.patience * 1000 },
      now: () => performance.now(),
      onSent: (event) => {
        if (options.town === true) watch.sent(event);
      },
      onAcknowledged: (event) => online.follow(event),
    });
    const live = showLive(context, async () => {
      const lines = [liveLine(running.tally.kinds, online.count, Date.now())];
      const sessions = options.town === true ? await liveSessions(api) : null;
      return sessions === null ? lines : [...lines, liveSessionsLine(sessions)];
    });
    const summary = await running.finished.finally(() => clearInterval(live));
    await watch.finished();
    const after: AuditReport = await api.get('/v1/audit', { wait: true });
    const ledger = ledgerLines(summary, quantities(before), quantities(after), options.mqtt !== undefined);
    const silent = Object.entries(clients).flatMap(([kind, client]) => (client.acknowledges ? [] : [kind]));
    const result = { ...summary, compared: ledger, closes: after.closes, delaysMs: watch.delaysMs };
    show(context, result, () => [
      ...summaryLines(summary, ledger, watch.delaysMs, silent),
      `The audit ${after.closes ? 'closes' : 'DOES NOT CLOSE'}.`,
    ]);
    // More than was acknowledged is no fault: an answer may have been lost, and others may have sent.
    return after.closes && ledger.every(({ comparable, expected, found }) => !comparable || found >= expected) ? 0 : 1;
  },
};

/** Devices' time ends now or, at their usual speed, when the run does: nothing is told before it happens. */
function planOptions(options: SimulateOptions): PlanOptions {
  const { seed, minutes, events, rate, speed, faults } = options;
  const lengthMs = minutes * 60_000;
  return {
    ...{ seed, lengthMs, speed, faults, perSecond: rate, shares: SHARES },
    startMs: Date.now() - lengthMs * Math.max(0, speed - 1),
    ...(events !== undefined && { eventsMax: events }),
  };
}

/** Sessions that the access server was told to be taken. */
class Online {
  /** By port: a Stop may never come. */
  private readonly sessions = new Map<number, SessionPacket>();
  /** Answers come in any order. */
  private readonly ended = new Set<string>();

  get count(): number {
    return this.sessions.size;
  }

  follow(event: DeviceEvent): void {
    if (event.kind !== 'session') return;
    const { id, status, port, atMs } = event;
    if (status === 'Accounting-On') {
      for (const [at, { startedAtMs }] of this.sessions) if (startedAtMs < atMs) this.sessions.delete(at);
      return;
    }
    if (status === 'Stop') this.ended.add(id);
    const there = this.sessions.get(port);
    if (status === 'Stop' && there?.id === id) this.sessions.delete(port);
    if (status === 'Start' && !this.ended.has(id) && (there?.startedAtMs ?? 0) <= atMs) this.sessions.set(port, event);
  }
}

function showLive({ io, json }: Context, lines: () => Promise<string[]>): NodeJS.Timeout {
  const show = async (): Promise<void> => (await lines()).forEach((line) => io.note(line));
  return setInterval(() => {
    if (!json) void show();
  }, LIVE_EVERY_MS);
}

/** Ctrl-C: nothing more is sent, and what was sent is still waited for and compared. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  return stop.signal;
}
