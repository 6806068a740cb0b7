/** Changes of one part of a tariff: all are counted, the first ones are kept. */
export type ChangeKind = 'added' | 'removed' | 'changed';

export interface TariffChange {
  /** What it is about: `to home, in day`, `home`, `currency`. */
  name: string;
  /** Which value of it, where it has several: `price`, `setup`. */
  key: string;
  change: ChangeKind;
  /** As written; null where there is none. */
  old: string | null;
  new: string | null;
  text: string;
}

export interface PartDifference {
  /** Part of the file: `rules`, `zones`, `period.fees`... */
  part: string;
  added: number;
  removed: number;
  changed: number;
  /** The first ones. */
  shown: TariffChange[];
}

export class Changes {
  private readonly difference: PartDifference;
  private readonly shownMax: number;

  constructor(part: string, shownMax: number) {
    this.difference = { part, added: 0, removed: 0, changed: 0, shown: [] };
    this.shownMax = shownMax;
  }

  /** Null on one side: added or removed. */
  add(name: string, key: string, old: string | null, now: string | null): void {
    const change = old === null ? 'added' : now === null ? 'removed' : 'changed';
    this.difference[change]++;
    if (this.difference.shown.length >= this.shownMax) return;
    const what = [name, key].filter(Boolean).join(': ');
    const values = change === 'changed' ? `${old} → ${now}` : (now ?? old!);
    const text = `${what} ${change}${values === '' ? '' : `: ${values}`}`;
    this.difference.shown.push({ name, key, change, old, new: now, text });
  }

  /** Null when nothing changed. */
  get found(): PartDifference | null {
    const { added, removed, changed } = this.difference;
    return added + removed + changed === 0 ? null : this.difference;
  }
}
