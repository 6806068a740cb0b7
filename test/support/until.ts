/** Waiting for what another process does: looked for again and again, and a sentence instead of a silent timeout. */

/** Less than a test may take, much more than anything takes on a slow machine. */
const LONGEST_MS = 150_000;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The first answer that is neither false, null nor undefined. `what`: as a function it may say what was seen last. */
export async function until<T>(
  what: string | (() => string),
  look: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  longestMs = LONGEST_MS,
): Promise<T> {
  for (const startedMs = performance.now(); ; await pause(25)) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) return found;
    if (performance.now() - startedMs > longestMs)
      throw new Error(`waited ${longestMs / 1000} s in vain until ${typeof what === 'string' ? what : what()}`);
  }
}
