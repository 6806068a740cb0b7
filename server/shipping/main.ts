/**
 * Keeps the second copy in a folder up. A process of its own: a mount that hangs must not take the front's threads, which
 * the log is synced by.
 */
import { systemClock } from '../../platform/clock.ts';
import { followParent, reportReady, type ChildMessage } from '../../platform/supervise.ts';
import { Follower, LocalSource, type FollowerReport } from '../copy/index.ts';
import type { FrontToShipper, ShipperToFront } from './messages.ts';

followParent();
// Whoever ends a service sends this to all its processes; the front tells when to stop.
process.on('SIGTERM', () => undefined);

const TELL_EVERY_MS = 20;
/** What the log got last is still copied at an orderly stop, as far as that goes in this time. */
const DRAIN_MS = 10_000;

let source: LocalSource | null = null;
let follower: Follower | null = null;
let running: Promise<void> = Promise.resolve();
let waiting: FollowerReport | null = null;

function tell(report: FollowerReport): void {
  if (waiting === null) setTimeout(send, TELL_EVERY_MS);
  waiting = report;
}

function send(): void {
  if (waiting !== null && process.connected) {
    process.send!({ type: 'copied', report: waiting } satisfies ShipperToFront, () => undefined);
  }
  waiting = null;
}

function handle(message: FrontToShipper): void {
  if (message.type === 'head') {
    source?.setHead(message.headNo);
    return;
  }
  const { dataDir, to, headNo, epoch } = message;
  source = new LocalSource(dataDir, headNo, epoch);
  follower = new Follower({ source, to, clock: systemClock, report: tell });
  running = follower.run();
}

reportReady(
  {},
  {
    stop: async () => {
      follower?.drain();
      const late = setTimeout(() => process.exit(1), DRAIN_MS);
      await running;
      clearTimeout(late);
      send();
    },
    message: (message: ChildMessage) => handle(message as FrontToShipper),
  },
);
