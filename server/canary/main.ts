/** The canary's process: one job, then it ends. It has the lowest priority and a memory of its own. */
import { toTollgridError } from '../../platform/errors.ts';
import { followParent } from '../../platform/supervise.ts';
import type { CanaryToFront, FrontToCanary } from './job.ts';
import { runCanary } from './run.ts';

followParent();
process.on('SIGTERM', () => undefined);

const TOLD_EVERY_MS = 200;
let toldMs = -Infinity;

function tell(message: CanaryToFront, then: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, then);
}

process.once('message', (message: FrontToCanary) => {
  runCanary(message.job, (progress) => {
    if (progress.done < progress.of && performance.now() - toldMs < TOLD_EVERY_MS) return;
    toldMs = performance.now();
    tell({ type: 'progress', progress });
  }).then(
    (report) => tell({ type: 'done', report }, () => process.exit(0)),
    (error: unknown) => {
      const { code, message: text, details } = toTollgridError(error);
      tell({ type: 'failed', code, message: text, details }, () => process.exit(1));
    },
  );
});
