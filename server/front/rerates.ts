/** Re-ratings as far as the front knows them: previews it asked the rater for, and what the rater said of commands. */
import type { RerateProgress } from '../../schemas/api/rerates.ts';
import type { RerateWish } from '../../schemas/log-entries.ts';
import type { PreviewOutcome, RaterToFront, RerateResult } from '../rater/messages.ts';

const KEPT = 100;

export interface PreviewFacts {
  previewNo: number;
  wish: RerateWish;
  progress: RerateProgress | null;
  /** Null while it runs. */
  outcome: PreviewOutcome | null;
  /** Its differences can be listed: the rater keeps those of the last preview. */
  kept: boolean;
}

export type RerateMessage = Extract<RaterToFront, { type: 'rerating' | 'previewed' | 'rerated' }>;

export class Rerates {
  private lastPreviewNo = 0;
  private readonly previews = new Map<number, PreviewFacts>();
  private readonly results = new Map<number, RerateResult>();
  private readonly progress = new Map<number, RerateProgress>();

  begin(wish: RerateWish): PreviewFacts {
    const facts: PreviewFacts = {
      previewNo: ++this.lastPreviewNo,
      wish,
      progress: null,
      outcome: null,
      kept: false,
    };
    this.previews.set(facts.previewNo, facts);
    forgetOldest(this.previews);
    return facts;
  }

  get running(): PreviewFacts | undefined {
    return [...this.previews.values()].find(({ outcome }) => outcome === null);
  }

  preview(previewNo: number): PreviewFacts | undefined {
    return this.previews.get(previewNo);
  }

  result(entryNo: number): RerateResult | undefined {
    return this.results.get(entryNo);
  }

  progressOf(entryNo: number): RerateProgress | undefined {
    return this.progress.get(entryNo);
  }

  /** True when it is news: a rater that was started again says again what it said before. */
  heard(message: RerateMessage): boolean {
    switch (message.type) {
      case 'rerating':
        if ('entryNo' in message.of) this.progress.set(message.of.entryNo, message.progress);
        else {
          const facts = this.previews.get(message.of.previewNo);
          if (facts !== undefined) facts.progress = message.progress;
        }
        return true;
      case 'previewed':
        this.end(message.previewNo, message.outcome);
        return true;
      case 'rerated': {
        const { entryNo } = message.result;
        const known = this.results.has(entryNo);
        this.progress.delete(entryNo);
        this.results.set(entryNo, message.result);
        forgetOldest(this.results);
        return !known;
      }
    }
  }

  end(previewNo: number, outcome: PreviewOutcome): void {
    const facts = this.previews.get(previewNo);
    if (facts === undefined) return;
    for (const other of this.previews.values()) other.kept = false;
    facts.outcome = outcome;
    facts.kept = 'figures' in outcome;
  }

  /** With the rater went what it worked on and kept. */
  raterEnded(): void {
    this.progress.clear();
    for (const facts of this.previews.values()) {
      facts.kept = false;
      facts.outcome ??= { failure: { code: 'RATER_ENDED', message: 'The rater ended before it was done.' } };
    }
  }
}

function forgetOldest(kept: Map<number, unknown>): void {
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
}
