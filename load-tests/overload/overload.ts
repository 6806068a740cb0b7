/**
 * Usage that goes on while something is wrong, and ten times as much of it in the middle: is anything that was
 * acknowledged lost, are senders told to wait, does memory stay where it was, and how fast is the backlog worked off?
 */
import { MemoryWatch } from '../../cli/bench/memory.ts';
import type { AuditReport } from '../../schemas/api/audit.ts';
import { NO_FAULTS, plan, run, runName, type PlanOptions, type Running, type Summary } from '../../simulator/index.ts';
import { wait, type OverloadInstallation } from './installation.ts';

export interface Trouble {
  name: string;
  /** Begins it. */
  begin(): Promise<void>;
  /** Ends it; called once. */
  end(): Promise<void>;
}

export interface OverloadOptions {
  seed: number;
  /** Events a second without the burst. */
  rate: number;
  burst: number;
  /** Usage alone, trouble, usage alone again. */
  beforeMs: number;
  troubleMs: number;
  afterMs: number;
  /** Events that devices keep while they wait. */
  outstandingMax: number;
  say(line: string): void;
}

export interface OverloadResult {
  trouble: string;
  rate: number;
  burst: number;
  troubleSeconds: number;
  events: number;
  acknowledged: number;
  /** Sums of the ledger less those of what was acknowledged, by service: all 0 when nothing is lost or counted twice. */
  differences: Record<string, number>;
  closes: boolean;
  /** Answers 429 and 503, and RADIUS packets that found no room. */
  toldToWait: number;
  unanswered: number;
  /** Calls that were due and that TCP kept the exchange from writing, at most. */
  linesHeldBack: number;
  /** Events that were due and not in the ledger, at most. */
  backlogMax: number;
  /** From the end of the trouble until less than two seconds' worth was due. */
  drainSeconds: number;
  drainedPerSecond: number;
  /** `drainedPerSecond` in live rates. */
  drainRatio: number;
  rssMaxBytes: number;
}

const LOOK_MS = 500;

export async function overload(
  installation: OverloadInstallation,
  trouble: Trouble,
  options: OverloadOptions,
): Promise<OverloadResult> {
  const { rate, burst, beforeMs, troubleMs, afterMs, say } = options;
  const planned: PlanOptions = {
    ...{ seed: options.seed, speed: 1, perSecond: rate, shares: { call: 3, session: 4, reading: 3 } },
    ...{ startMs: Date.now(), lengthMs: beforeMs + troubleMs + afterMs, faults: { ...NO_FAULTS, burst } },
  };
  const dueMs = Float64Array.from([...plan(planned, installation.subjects)], (delivery) => delivery.dueMs);
  const before = await audited(installation);
  const start = await installation.figures();
  const memory = new MemoryWatch(200, installation.pid);
  const startedAt = performance.now();
  const running = run(plan(planned, installation.subjects), {
    ...{ run: runName(planned), clients: installation.clients(), outstandingMax: options.outstandingMax },
    ...{ patienceMs: 600_000, stop: new AbortController().signal, now: () => performance.now() },
  });
  running.finished.catch(() => undefined);
  const look = new Looking(installation, running, dueMs, startedAt, start.processed ?? 0, say);
  try {
    await look.until(beforeMs);
    await trouble.begin();
    say(`${trouble.name}: begins`);
    await look.until(beforeMs + troubleMs);
    await trouble.end();
    const [endedAt, processedThen] = [performance.now(), look.processed];
    say(`${trouble.name}: over; ${look.backlog} events behind`);
    await look.untilDrained(2 * rate);
    const drainSeconds = (performance.now() - endedAt) / 1000;
    const drainedPerSecond = (look.processed - processedThen) / drainSeconds;
    say(`caught up after ${drainSeconds.toFixed(1)} s`);
    const summary = await running.finished;
    const after = await audited(installation);
    const { busy } = await installation.figures();
    return {
      ...{ trouble: trouble.name, rate, burst, troubleSeconds: troubleMs / 1000 },
      ...counted(summary),
      ...{ differences: differences(summary, before, after), closes: after.closes },
      ...{ unanswered: busy - start.busy, linesHeldBack: look.linesHeldBack, backlogMax: look.backlogMax },
      ...{ drainSeconds, drainedPerSecond, drainRatio: drainedPerSecond / rate, rssMaxBytes: memory.stop() },
    };
  } finally {
    memory.stop();
  }
}

/** How far everything is, now and then. */
class Looking {
  backlog = 0;
  backlogMax = 0;
  linesHeldBack = 0;
  processed = 0;
  private readonly installation: OverloadInstallation;
  private readonly running: Running;
  private readonly dueMs: Float64Array;
  private readonly startedAt: number;
  private readonly processedBefore: number;
  private readonly say: (line: string) => void;
  private toldAt = 0;

  constructor(
    installation: OverloadInstallation,
    running: Running,
    dueMs: Float64Array,
    startedAt: number,
    processedBefore: number,
    say: (line: string) => void,
  ) {
    this.installation = installation;
    this.running = running;
    this.dueMs = dueMs;
    this.startedAt = startedAt;
    this.processedBefore = processedBefore;
    this.say = say;
  }

  async until(sinceStartMs: number): Promise<void> {
    while (performance.now() - this.startedAt < sinceStartMs) {
      await wait(Math.max(0, Math.min(LOOK_MS, sinceStartMs - (performance.now() - this.startedAt))));
      await this.look();
    }
  }

  async untilDrained(eventsMax: number): Promise<void> {
    do {
      await wait(LOOK_MS / 5);
      await this.look();
    } while (this.backlog > eventsMax);
  }

  private async look(): Promise<void> {
    const figures = await this.installation.figures().catch(() => null);
    if (figures === null) return;
    if (figures.processed !== null) this.processed = figures.processed - this.processedBefore;
    const due = firstAbove(this.dueMs, performance.now() - this.startedAt);
    this.backlog = due - this.processed;
    this.backlogMax = Math.max(this.backlogMax, this.backlog);
    const { call } = this.running.tally.kinds;
    this.linesHeldBack = Math.max(this.linesHeldBack, call.events - call.acknowledged);
    if (performance.now() - this.toldAt < 5000) return;
    this.toldAt = performance.now();
    this.say(
      `due ${due}, in the ledger ${this.processed}, on their way ${this.running.outstanding}, entries waiting ${figures.inFlightEntries}`,
    );
  }
}

/** How many stand before that value, in ascending ones. */
function firstAbove(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The ledger may be down for a moment more. */
async function audited({ api }: OverloadInstallation): Promise<AuditReport> {
  for (const endMs = performance.now() + 300_000; ; await wait(500)) {
    try {
      return await api.get<AuditReport>('/v1/audit', { wait: true });
    } catch (error) {
      if (performance.now() > endMs) throw error;
    }
  }
}

function counted({ kinds }: Summary): Pick<OverloadResult, 'events' | 'acknowledged' | 'toldToWait'> {
  const sum = (name: 'events' | 'acknowledged' | 'toldToWait'): number =>
    Object.values(kinds).reduce((total, kind) => total + kind[name], 0);
  return { events: sum('events'), acknowledged: sum('acknowledged'), toldToWait: sum('toldToWait') };
}

function differences({ ledger }: Summary, before: AuditReport, after: AuditReport): Record<string, number> {
  const quantity = ({ units }: AuditReport, service: string): number =>
    units
      .filter((row) => row.service === service && row.view === 'retail' && row.kind !== 'settlement')
      .reduce((sum, row) => sum + Number(row.ledger), 0);
  return Object.fromEntries(
    Object.entries(ledger).map(([service, expected]) => [
      service,
      quantity(after, service) - quantity(before, service) - expected.quantity,
    ]),
  );
}
