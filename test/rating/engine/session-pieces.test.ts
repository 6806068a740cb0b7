import { describe, expect, it } from 'vitest';
import { piecesOf, type PartOfSession } from '../../../rating/index.ts';

const T0 = Date.UTC(2026, 9, 31, 20);
const HOUR = 3_600_000;
/** Midnight in Kyiv. */
const NOVEMBER = T0 + 2 * HOUR;

const at = (hours: number, down: number): { atMs: number; up: number; down: number } => ({
  atMs: T0 + hours * HOUR,
  up: 0,
  down,
});

function part(
  before: PartOfSession['before'],
  after: PartOfSession['after'],
  marks: PartOfSession['marks'] = [],
): PartOfSession {
  return { startMs: T0, before, after, marks };
}

describe('a part of a session', () => {
  it('is priced as what the session costs so far, less what it cost before', () => {
    expect(piecesOf(part(null, at(1, 100)), [])).toEqual([
      {
        from: at(0, 0),
        to: at(1, 100),
        total: { startMs: T0, quantity: 100, quantityUp: 0, before: null, later: false },
      },
    ]);
    const [second] = piecesOf(part(at(1, 100), at(3, 250)), []);
    expect(second.total).toEqual({
      startMs: T0,
      quantity: 250,
      quantityUp: 0,
      before: { endMs: T0 + HOUR, quantity: 100, quantityUp: 0 },
      later: false,
    });
  });

  it('over the end of a month is two, and the running total begins anew behind it', () => {
    const mark = { atMs: NOVEMBER, up: 0, down: 175 };
    const pieces = piecesOf(part(at(1, 100), at(3, 250), [mark]), [NOVEMBER]);
    expect(pieces.map(({ from, to }) => [from.atMs, to.atMs, to.down - from.down])).toEqual([
      [T0 + HOUR, NOVEMBER, 75],
      [NOVEMBER, T0 + 3 * HOUR, 75],
    ]);
    expect(pieces.map(({ total }) => total)).toEqual([
      {
        startMs: T0,
        quantity: 175,
        quantityUp: 0,
        before: { endMs: T0 + HOUR, quantity: 100, quantityUp: 0 },
        later: false,
      },
      { startMs: NOVEMBER, quantity: 75, quantityUp: 0, before: null, later: true },
    ]);
  });

  it('behind it knows what stood there', () => {
    const mark = { atMs: NOVEMBER, up: 0, down: 175 };
    const [piece] = piecesOf(part(at(3, 250), at(4, 300), [mark]), [NOVEMBER]);
    expect(piece.total).toEqual({
      startMs: NOVEMBER,
      quantity: 125,
      quantityUp: 0,
      before: { endMs: T0 + 3 * HOUR, quantity: 75, quantityUp: 0 },
      later: true,
    });
  });

  it('is not divided for a tariff that does not divide, although another one did', () => {
    const mark = { atMs: NOVEMBER, up: 0, down: 175 };
    expect(piecesOf(part(at(1, 100), at(3, 250), [mark]), [])).toHaveLength(1);
  });
});
