/** When a file that arrived is complete: what senders do differs, so the configuration says it. */

/**
 * `quiet`: two looks show the same size and time. `renamed`: writers use another name until it is (one that does not fit
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

export class Completeness {
  private readonly rule: CompletionRule;
  /** What the last look saw: name → size and time. */
  private lastLook = new Map<string, string>();
  private look = new Map<string, string>();

  constructor(rule: CompletionRule) {
    this.rule = rule;
  }

  /** Every wanted file of a look, once. `old`: nobody has touched it for a long time. `hasMarker`: for `marker` only. */
  isComplete(name: string, seen: string, { old, hasMarker }: { old: boolean; hasMarker: boolean }): boolean {
    this.look.set(name, seen);
    if (this.rule.complete === 'renamed') return true;
    if (this.rule.complete === 'marker') return hasMarker;
    return old || this.lastLook.get(name) === seen;
  }

  /** The look is over. */
  next(): void {
    this.lastLook = this.look;
    this.look = new Map();
  }
}
