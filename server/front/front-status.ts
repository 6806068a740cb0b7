/** The front's health, as status, probes and metrics tell it. */
import type { Status } from '../../schemas/api/operation.ts';
import type { FrontParts } from './front.ts';
import type { Gauges } from './metrics.ts';
import { archiveStatus, storedStatus } from './stored-status.ts';

export function statusOf(front: FrontParts, version: string, semanticsNo: number): Status {
  const { config, children, start, processed, log } = front;
  const processes = children.status();
  const reasons = reasonsOf(front, processes);
  return {
    version,
    ready: reasons.length === 0,
    reasons,
    uptimeMs: front.clock.now() - front.startedAtMs,
    semanticsNo,
    logHead: log.headNo,
    processedEntry: Math.max(0, processed.entryNo),
    inFlightEntries: front.inFlightEntries,
    takesUsage: intakeReason(front) === null,
    checkpoint: { entry: front.checkpointer?.entryNo ?? 0, entriesReadAtStart: start.entriesRead },
    archive: archiveStatus(children.kept),
    stored: storedStatus(children.watched, config.watch),
    notices: front.notices,
    children: processes,
    copies: front.copies.status(),
    lastBackup: front.copies.lastBackup(),
  };
}

function reasonsOf(front: FrontParts, processes: Status['children']): string[] {
  const { ready, start, processed, disk, intake, children } = front;
  const processedNo = Math.max(0, processed.entryNo);
  const isStopping = front.stopping || start.busyWith === null;
  return [
    ...(ready ? [] : [isStopping ? 'stopping' : `starting: ${start.busyWith}`]),
    ...(processedNo >= start.headNo ? [] : [`the ledger replays: entry ${processedNo} of ${start.headNo}`]),
    ...processes.filter(({ up }) => !up).map(({ role }) => `the ${role} is down`),
    ...(disk.isLow ? ['INTAKE_DISK_LOW: the disk has less room than its reserve, intake waits'] : []),
    ...[intake?.failure ?? null, children.lastFailure].filter((reason) => reason !== null),
  ];
}

/** Null when usage is taken, otherwise why not. */
export function intakeReason({ start, stopping, disk, intake }: FrontParts): string | null {
  if (stopping) return 'stopping';
  if (!start.takesUsage) return `starting: ${start.busyWith ?? 'reads the log'}`;
  if (disk.isLow) return 'INTAKE_DISK_LOW: the disk has less room than its reserve';
  return intake.failure;
}

export function gaugesOf(front: FrontParts): Gauges {
  const { children, state, disk, log, checkpointer, processed, copies, config } = front;
  return {
    headNo: log.headNo,
    checkpointNo: checkpointer.entryNo,
    processedNo: processed.entryNo,
    waitingMax: config.intake.waitingEntriesMax,
    restarts: children.restarts,
    up: Object.fromEntries(children.status().map(({ role, up }) => [role, up])),
    watched: children.watched,
    sources: front.sources?.list() ?? [],
    outputs: front.outputs.list(),
    tariffs: state.tariffs.current(),
    notices: front.notices,
    held: state.held(),
    incidents: state.incidents.list(),
    disk,
    copies: copies.status(),
    lastBackup: copies.lastBackup(),
  };
}
