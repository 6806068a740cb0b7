/** A part of a session in pieces that each lie in one month and version of a tariff, with what they are priced on. */
import type { RunningTotal } from './session-part.ts';

/** What had passed by a moment. */
export interface TotalAt {
  atMs: number;
  up: number;
  down: number;
}

/** What a packet brought; `marks`: totals where a month or version begins. */
export interface PartOfSession {
  startMs: number;
  /** Null: nothing was charged before. */
  before: TotalAt | null;
  after: TotalAt;
  marks: readonly TotalAt[];
}

export interface Piece {
  from: TotalAt;
  to: TotalAt;
  total: RunningTotal;
}

/** What a part is for one tariff, in pieces that each lie in one month and version where it divides. At least one. */
export function piecesOf(part: PartOfSession, borders: readonly number[]): Piece[] {
  const { startMs, before, after } = part;
  const begin: TotalAt = { atMs: startMs, up: 0, down: 0 };
  const marks = borders.flatMap((border) => part.marks.filter(({ atMs }) => atMs === border));
  let from = before ?? begin;
  let base = marks.findLast(({ atMs }) => atMs < from.atMs) ?? begin;
  const pieces: Piece[] = [];
  const ends = [...marks.filter(({ atMs }) => atMs >= from.atMs && atMs < after.atMs), after];
  for (const to of ends) {
    if (to === after || to.atMs > from.atMs || bytesOf(to) > bytesOf(from)) {
      const isFirst = base === begin ? before === null : from.atMs === base.atMs;
      pieces.push({
        from,
        to,
        total: {
          startMs: base.atMs,
          quantity: bytesOf(to) - bytesOf(base),
          quantityUp: to.up - base.up,
          before: isFirst
            ? null
            : { endMs: from.atMs, quantity: bytesOf(from) - bytesOf(base), quantityUp: from.up - base.up },
          later: base !== begin,
        },
      });
    }
    from = base = to;
  }
  return pieces;
}

export function bytesOf({ up, down }: TotalAt): number {
  return up + down;
}
