/** How far a long piece of work is: a bar on a terminal, a line every few seconds elsewhere. */
import { Presets, SingleBar } from 'cli-progress';
import type { Io } from './io.ts';
import { whole } from './table.ts';

export interface Progress {
  /** `total` may grow while files are being found. */
  update(done: number, total: number): void;
  end(): void;
}

const LINE_EVERY_MS = 5000;

/** `now` in milliseconds, from any starting point. */
export function startProgress(io: Io, what: string, now: () => number = () => performance.now()): Progress {
  return io.interactive ? bar(what) : lines(io, what, now);
}

function bar(what: string): Progress {
  const single = new SingleBar(
    {
      format: `${what} {bar} {percentage} %  {value}/{total}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(done, total) {
      if (!started) single.start(total, done);
      started = true;
      single.setTotal(total);
      single.update(done);
    },
    end() {
      if (started) single.stop();
    },
  };
}

function lines(io: Io, what: string, now: () => number): Progress {
  let last = now();
  return {
    update(done, total) {
      if (now() - last < LINE_EVERY_MS) return;
      last = now();
      io.note(`${what}: ${whole(done)} of ${whole(total)}`);
    },
    end() {},
  };
}
