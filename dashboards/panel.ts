/** What a panel of the board says. Grafana's JSON is made of it in grafana.ts. */

export interface Query {
  /** PromQL; `{}` and `{label=…}` get the board's choice of job and instance. */
  expr: string;
  /** Name of a line: text and `{{label}}`. */
  legend: string;
}

export type Unit =
  'short' | 'bytes' | 'Bps' | 's' | 'percentunit' | 'reqps' | 'cps' | 'dateTimeFromNow' | 'bool_on_off';

export interface Panel {
  title: string;
  /** What it shows, and what to do when it is not as it should be. */
  description: string;
  /** `short`, a plain number, when left out. */
  unit?: Unit;
  /** `stat`: the value now; `lines` (when left out) and `stack`: over time. */
  kind?: 'stat' | 'lines' | 'stack';
  queries: readonly Query[];
  /** Why a healthy Tollgrid has nothing to show here. */
  emptyWhile?: string;
  /** From that value on it is red; below the first one for `lower`. */
  red?: { from: number } | { below: number };
  /** Of 24 columns; 8 when left out, 4 for a `stat`. */
  width?: number;
}

export interface Row {
  title: string;
  panels: readonly Panel[];
}

export const query = (expr: string, legend: string): Query => ({ expr, legend });

/** Quantiles of a histogram, over all its other labels. */
export function quantiles(histogram: string, shares: readonly number[]): Query[] {
  return shares.map((share) =>
    query(
      `histogram_quantile(${share}, sum by (le) (rate(${histogram}_bucket{}[$__rate_interval])))`,
      `${share * 100} %`,
    ),
  );
}
