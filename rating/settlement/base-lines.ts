/** The lines that percentages, benefits and commitments are taken of: as they stand on the bill. */
import type { BookVersion } from '../engine/index.ts';
import type { Days } from './cycles.ts';
import type { Line } from './line.ts';
import type { Settlement, Together } from './settlement.ts';

export interface Base {
  lines: Line[];
  /** As prices are written, with or without tax; micro-units. */
  priced: number;
  /** Base units of the usage in them. */
  quantity: number;
}

/** `of` null: all lines so far. Lines that somebody else pays are not among them. */
export function baseOf(
  settlement: Settlement,
  { members }: Pick<Together, 'members'>,
  version: BookVersion,
  cycle: Days,
  of: readonly string[] | null,
): Base {
  const subscriptions = new Set([...members].map(({ subscription }) => subscription));
  const lines = settlement.lines.all().filter(({ owner, key, kind }) => {
    const inside = owner.cycle.first >= cycle.first && owner.cycle.end <= cycle.end;
    return (
      kind !== 'allowance' &&
      key.payer === '' &&
      inside &&
      owner.version === version &&
      subscriptions.has(owner.subscription) &&
      (of === null || of.includes(key.component))
    );
  });
  return {
    lines,
    priced: lines.reduce((sum, line) => sum + line.total().priced, 0),
    quantity: lines.reduce((sum, { quantity, unit }) => sum + (unit === '' ? quantity : 0), 0),
  };
}
