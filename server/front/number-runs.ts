/** Sets of whole numbers that are nearly without gaps, as ascending runs [from, to]. Values are never changed. */

export type Run = readonly [from: number, to: number];
export type Runs = readonly Run[];

/** Both together; runs that touch become one. */
export function joinRuns(one: Runs, other: Runs): [number, number][] {
  const sorted = [...one, ...other].sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** What is missing between `first` (absent: the least number) and the greatest one. */
export function gapsIn(runs: Runs, first?: number): [number, number][] {
  const gaps: [number, number][] = [];
  if (runs.length === 0) return gaps;
  let next = first ?? runs[0][0];
  for (const [from, to] of runs) {
    if (from > next) gaps.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  return gaps;
}

export function countIn(runs: Runs): number {
  return runs.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

export function meet(one: Runs, other: Runs): boolean {
  return one.some(([from, to]) => other.some((run) => run[0] <= to && from <= run[1]));
}

/** The same numbers and more, in at most `max` runs: the smallest gaps are left out first. */
export function coarser(runs: Runs, max: number): [number, number][] {
  if (runs.length <= max) return runs.map(([from, to]) => [from, to]);
  const widths = runs.slice(1).map(([from], no) => from - runs[no][1]);
  const least = [...widths].sort((a, b) => b - a)[max - 1];
  const kept: [number, number][] = [];
  for (const [no, [from, to]] of runs.entries()) {
    if (no === 0 || (widths[no - 1] > least && kept.length < max)) kept.push([from, to]);
    else kept.at(-1)![1] = to;
  }
  return kept;
}
