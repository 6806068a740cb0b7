/** Open files for reading, kept for the next use: at most `idleMax` that nobody uses just now. */

interface Closable {
  close(): Promise<void>;
}

interface Kept<F> {
  opening: Promise<F>;
  users: number;
}

export class FileCache<F extends Closable> {
  readonly #open: (path: string) => Promise<F>;
  readonly #idleMax: number;
  readonly #kept = new Map<string, Kept<F>>();

  constructor(opener: (path: string) => Promise<F>, idleMax = 16) {
    this.#open = opener;
    this.#idleMax = idleMax;
  }

  /** Opens the file or finds it open; pair with `release`. */
  async acquire(path: string): Promise<F> {
    let kept = this.#kept.get(path);
    if (kept === undefined) {
      kept = { opening: this.#open(path), users: 0 };
      this.#kept.set(path, kept);
    }
    kept.users += 1;
    try {
      return await kept.opening;
    } catch (error) {
      this.#kept.delete(path);
      throw error;
    }
  }

  async release(path: string): Promise<void> {
    const kept = this.#kept.get(path);
    if (kept === undefined) return;
    kept.users -= 1;
    // The last one used goes to the end, so the first idle one is the oldest.
    this.#kept.delete(path);
    this.#kept.set(path, kept);
    const idle = this.#idle();
    await this.#forget(idle.slice(0, Math.max(0, idle.length - this.#idleMax)));
  }

  /** Closes those that nobody uses just now, but for some: a file that was removed takes its place on the disk while it is open. */
  async closeIdle(stays: (path: string) => boolean): Promise<void> {
    await this.#forget(this.#idle().filter((path) => !stays(path)));
  }

  #idle(): string[] {
    return [...this.#kept].filter(([, { users }]) => users === 0).map(([path]) => path);
  }

  async #forget(paths: readonly string[]): Promise<void> {
    const files = paths.map((path) => this.#kept.get(path)!.opening);
    for (const path of paths) this.#kept.delete(path);
    for (const opening of files) await (await opening).close();
  }

  async use<R>(path: string, work: (file: F) => Promise<R>): Promise<R> {
    const file = await this.acquire(path);
    try {
      return await work(file);
    } finally {
      await this.release(path);
    }
  }

  async close(): Promise<void> {
    const all = [...this.#kept.values()];
    this.#kept.clear();
    for (const { opening } of all) await (await opening).close();
  }
}
