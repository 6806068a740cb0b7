/** Drafts and publications of tariffs, with what became of them: a fold over entry heads. */
import type { CommandHead, DraftHead, PublicationHead } from '../../schemas/log-entries.ts';

export type TariffState = 'draft' | 'published' | 'withdrawn';

/** A draft, or a revision of a version. */
export interface TariffFacts {
  entryNo: number;
  acceptedAtMs: number;
  kind: 'draft' | 'publication';
  name: string;
  effective: string;
  /** Publications: 1, and one more with each correction. */
  revision: number | null;
  sha256: string;
  by: string;
  person: string | null;
  note: string | null;
  state: TariffState;
  /** Drafts: the entry that published, replaced or withdrew it. Publications: the correction that holds in its place. */
  endedBy: number | null;
  /** Publications: the draft that was published. */
  draft: number | null;
}

/** `drafts` and `standing` are places in `all`. */
export interface TariffsDump {
  all: TariffFacts[];
  drafts: number[];
  standing: number[];
}

interface Entry {
  entryNo: number;
  acceptedAtMs: number;
}

export class TariffHistory {
  /** In the order of the log. */
  private readonly all: TariffFacts[] = [];
  private readonly drafts = new Map<string, TariffFacts>();
  private readonly standing = new Map<string, TariffFacts>();

  applyDraft(entry: Entry, head: DraftHead): void {
    const key = versionKey(head);
    const before = this.drafts.get(key);
    if (before !== undefined) end(before, 'withdrawn', entry);
    const facts = factsOf(entry, head, 'draft', null);
    this.all.push(facts);
    this.drafts.set(key, facts);
  }

  applyPublication(entry: Entry, head: PublicationHead): void {
    if (head.kind !== 'tariff') return;
    const version = { ...head, effective: head.effective! };
    const key = versionKey(version);
    const facts = factsOf(entry, version, 'publication', head.revision ?? 1);
    const before = this.standing.get(key);
    if (before !== undefined) before.endedBy = entry.entryNo;
    const draft = this.drafts.get(key);
    if (draft !== undefined && (draft.entryNo === head.draft || draft.sha256 === head.sha256)) {
      end(draft, 'published', entry);
      this.drafts.delete(key);
    }
    this.all.push(facts);
    this.standing.set(key, facts);
  }

  applyCommand(entry: Entry, head: CommandHead): void {
    if (head.command !== 'withdrawDraft') return;
    const draft = [...this.drafts.values()].find(({ entryNo }) => entryNo === head.input.draft);
    if (draft === undefined) return;
    end(draft, 'withdrawn', entry);
    this.drafts.delete(versionKey(draft));
  }

  /** Drafts that nobody published, replaced or withdrew. */
  waiting(): TariffFacts[] {
    return [...this.drafts.values()];
  }

  /** The draft that waits under a version, `name@yyyy-mm-dd`. */
  draft(version: string): TariffFacts | undefined {
    return this.drafts.get(version);
  }

  /** The newest revision of a version. */
  published(version: string): TariffFacts | undefined {
    return this.standing.get(version);
  }

  revision(version: string, revision: number): TariffFacts | undefined {
    return this.all.findLast((one) => one.revision === revision && versionKey(one) === version);
  }

  /** What holds and what waits, by name and effective date. */
  current(): TariffFacts[] {
    const key = (one: TariffFacts): string => `${versionKey(one)} ${one.kind}`;
    return [...this.standing.values(), ...this.drafts.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  /** Everything of one tariff, in the order of the log. */
  of(name: string): TariffFacts[] {
    return this.all.filter((one) => one.name === name);
  }

  dump(): TariffsDump {
    const numbers = (facts: ReadonlyMap<string, TariffFacts>): number[] =>
      [...facts.values()].map((one) => this.all.indexOf(one));
    return { all: this.all, drafts: numbers(this.drafts), standing: numbers(this.standing) };
  }

  load({ all, drafts, standing }: TariffsDump): void {
    this.all.push(...all);
    for (const [known, numbers] of [
      [this.drafts, drafts],
      [this.standing, standing],
    ] as const) {
      for (const number of numbers) known.set(versionKey(this.all[number]), this.all[number]);
    }
  }
}

export function versionKey({ name, effective }: { name: string; effective: string }): string {
  return `${name}@${effective}`;
}

function end(facts: TariffFacts, state: TariffState, { entryNo }: Entry): void {
  facts.state = state;
  facts.endedBy = entryNo;
}

function factsOf(
  { entryNo, acceptedAtMs }: Entry,
  head: DraftHead & { draft?: number },
  kind: TariffFacts['kind'],
  revision: number | null,
): TariffFacts {
  const { name, effective, sha256, by, person = null, note = null, draft = null } = head;
  return {
    ...{ entryNo, acceptedAtMs, kind, name, effective, revision, sha256, by, person, note, draft },
    state: kind === 'draft' ? 'draft' : 'published',
    endedBy: null,
  };
}
