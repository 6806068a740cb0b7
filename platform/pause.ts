/** The wait of a loop that looks again after a while. It can be cut short. */
export class Pause {
  private stopped = false;
  private end: () => void = () => undefined;

  /** One at a time. */
  wait(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the wait that goes on, if one does. */
  cut(): void {
    this.end();
  }

  /** Ends it, and nothing is waited for any more. */
  stop(): void {
    this.stopped = true;
    this.end();
  }
}
