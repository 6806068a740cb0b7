/**
 * Calls as they are pushed: CloudEvents, the same number gives the same call. Shared by the benchmarks here and the load
 * tests of k6, which have nothing of Node: so this imports nothing of it.
 */

export interface CallsPlan {
  /** Part of every id: another run's calls are others. */
  run: string;
  callers: readonly string[];
  called: readonly string[];
  /** UTC milliseconds of the first call; they go on through an hour, second by second, and begin again. */
  startMs: number;
}

/** One event of the type `tollgrid.usage.voice`, as JSON. */
export function pushedCall({ run, callers, called, startMs }: CallsPlan, no: number): string {
  const mixed = scramble(no);
  return JSON.stringify({
    specversion: '1.0',
    id: `${run}-${no}`,
    source: '/generated',
    type: 'tollgrid.usage.voice',
    time: new Date(startMs + (no % 3600) * 1000).toISOString(),
    data: {
      from: callers[mixed % callers.length],
      to: called[(mixed >>> 8) % called.length],
      durationMs: 10_000 + (mixed % 300) * 1000,
    },
  });
}

/** Spreads neighbours (finalizer of murmur3). */
function scramble(no: number): number {
  let value = no | 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
