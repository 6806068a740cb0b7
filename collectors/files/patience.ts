/**
 * Calls to a file system whose server is gone may wait without end, and nothing ends them. They are given up here: the
 * folder is in trouble, its source can be stopped, and nothing more is asked of it until the call has come back.
 */
import { TollgridError } from '../../platform/errors.ts';

const LONGEST_MS = 30_000;

export class Patience {
  private readonly directory: string;
  private readonly longestMs: number;
  /** Calls that were given up and have not come back. */
  private hanging = 0;
  private stopped = false;
  private readonly waiting = new Set<(error: TollgridError) => void>();

  constructor(directory: string, longestMs = LONGEST_MS) {
    this.directory = directory;
    this.longestMs = longestMs;
  }

  /** What waits, waits no longer. */
  stop(): void {
    this.stopped = true;
    for (const giveUp of this.waiting) giveUp(stopping());
  }

  /** `alive` is told when a long call goes on. Errors: SOURCE_UNREADABLE, STOPPING, and the call's own. */
  async of<T>(call: (alive: () => void) => Promise<T>): Promise<T> {
    if (this.stopped) throw stopping();
    if (this.hanging > 0) throw this.trouble();
    let aliveMs = performance.now();
    return new Promise<T>((resolve, reject) => {
      const look = (): void => {
        const leftMs = aliveMs + this.longestMs - performance.now();
        if (leftMs > 0) timer = setTimeout(look, leftMs);
        else giveUp(this.trouble());
      };
      let timer = setTimeout(look, this.longestMs);
      const giveUp = (error: TollgridError): void => {
        clearTimeout(timer);
        this.waiting.delete(giveUp);
        this.hanging++;
        reject(error);
      };
      this.waiting.add(giveUp);
      const comeBack = (): void => {
        clearTimeout(timer);
        if (!this.waiting.delete(giveUp)) this.hanging--;
      };
      call(() => (aliveMs = performance.now()))
        .finally(comeBack)
        .then(resolve, reject);
    });
  }

  private trouble(): TollgridError {
    return new TollgridError('SOURCE_UNREADABLE', `${this.directory} does not answer`);
  }
}

function stopping(): TollgridError {
  return new TollgridError('STOPPING', 'The source is stopping.');
}
