/** A child for the supervisor's tests: ready at once; ends, hangs or answers as told. */
import { getPriority } from 'node:os';
import { followParent, reportReady } from '../../../platform/supervise.ts';

followParent();
if (process.argv[2] === 'fail') process.exit(3);
if (process.argv[2] === 'die') process.kill(process.pid, 'SIGKILL');
if (process.argv[2] === 'deaf') process.on('SIGTERM', () => {});
reportReady(
  { pid: process.pid },
  {
    stop: () => (process.argv[2] === 'deaf' ? new Promise(() => {}) : Promise.resolve()),
    message: (message) => {
      if (message.type === 'die') process.exit(7);
      process.send?.({ type: 'echo', of: message.type, priority: getPriority() });
    },
  },
);
setInterval(() => {}, 1000);
