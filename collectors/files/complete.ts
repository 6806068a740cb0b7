/** When a file that arrived is complete: what senders do differs, so the configuration says it. */

/**
 * `quiet`: two looks, some time apart, show the same size and time. `renamed`: writers use another name until it is (one that does not fit
 * the pattern). `marker`: another file stands beside it, `x.csv.done` for `x.csv`.
 */
export type Completion = 'quiet' | 'renamed' | 'marker';

export interface CompletionRule {
  complete: Completion;
  /** With `marker`: what is added to the file's name. */
  markerSuffix: string;
}

export function isMarker({ complete, markerSuffix }: CompletionRule, name: string): boolean {
  return complete === 'marker' && name.endsWith(markerSuffix);
}

interface Seen {
  /** Size and time, or whatever tells that a file is as it was. */
  seen: string;
  sinceMs: number;
}

/** Timers are a little early. */
const TIMER_MS = 5;

/**
 * Time is that of our own clock that nobody sets: a file's time is its server's, and tells no more than that it is the
 * same as before.
 */
export class Completeness {
  private readonly rule: CompletionRule;
  private readonly quietMs: number;
  private lastLook = new Map<string, Seen>();
  private look = new Map<string, Seen>();
  private steadyMs = 0;

  /** `quietMs`: with `quiet`, the least time between the two looks. */
  constructor(rule: CompletionRule, quietMs: number) {
    this.rule = rule;
    this.quietMs = quietMs;
  }

  /** A look begins; what an earlier one saw that did not end is forgotten. */
  begin(steadyMs: number): void {
    this.steadyMs = steadyMs;
    this.look = new Map();
  }

  /** Every wanted file of a look, once. `hasMarker`: for `marker` only. */
  isComplete(name: string, seen: string, hasMarker: boolean): boolean {
    if (this.rule.complete === 'renamed') return true;
    if (this.rule.complete === 'marker') return hasMarker;
    const before = this.lastLook.get(name);
    const isSame = before?.seen === seen;
    this.look.set(name, isSame ? before : { seen, sinceMs: this.steadyMs });
    return isSame && this.steadyMs - before.sinceMs >= this.quietMs - TIMER_MS;
  }

  /** It was written to although it looked complete: its time begins anew. */
  forget(name: string): void {
    this.look.delete(name);
    this.lastLook.delete(name);
  }

  /** The look is over. */
  end(): void {
    this.lastLook = this.look;
  }
}
