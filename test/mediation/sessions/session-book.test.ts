import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  SessionBook,
  type PacketOfSession,
  type PacketVerdict,
  type Session,
  type SessionPart,
} from '../../../mediation/sessions/index.ts';

const T0 = Date.UTC(2026, 9, 15, 5);
const WRAP = 2 ** 32;
const MINUTE = 60_000;

/** What was settled, by the key alone. */
function bookOf(): { book: SessionBook; settled: Session[] } {
  const settled: Session[] = [];
  const book = new SessionBook({
    has: ({ nas, sessionId, user, startMs }) =>
      settled.some(
        (one) =>
          one.nas === nas &&
          one.sessionId === sessionId &&
          one.user === user &&
          Math.abs(one.startMs - startMs) < MINUTE,
      ),
    add: (session) => settled.push(session),
  });
  return { book, settled };
}

interface Told {
  minutes: number;
  up: number;
  down: number;
  exact?: boolean;
  last?: boolean;
  startMs?: number;
}

function packet({ minutes, up, down, exact = true, last = false, startMs = T0 }: Told, of = {}): PacketOfSession {
  const durationMs = minutes * MINUTE;
  return {
    nas: 'bras-1',
    sessionId: '81e00017',
    user: 'ivan@town',
    port: '7',
    startMs,
    atMs: startMs + durationMs,
    counters: { durationMs, up, down, exact, last },
    ...of,
  };
}

function partOf(verdict: PacketVerdict): SessionPart | null {
  return verdict.verdict === 'part' ? verdict.part : null;
}

const deltaOf = ({ before, after }: SessionPart): [up: number, down: number, ms: number] => [
  after.up - (before?.up ?? 0),
  after.down - (before?.down ?? 0),
  after.atMs - (before?.atMs ?? T0),
];

/** A session as it was, and the packets that its access server sent of it. */
const histories = fc
  .record({
    steps: fc.array(
      fc.record({
        minutes: fc.integer({ min: 1, max: 600 }),
        up: fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: WRAP - 1 })),
        down: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: WRAP - 1 })),
      }),
      { minLength: 1, maxLength: 30 },
    ),
    gigawords: fc.boolean(),
  })
  .map(({ steps, gigawords }) => {
    let [minutes, up, down] = [0, 0, 0];
    const points = steps.map((step, index) => {
      minutes += step.minutes;
      up += step.up;
      down += step.down;
      return { minutes, up, down, last: index === steps.length - 1 };
    });
    const sent = points.map((point) =>
      packet({
        ...point,
        exact: gigawords,
        up: gigawords ? point.up : point.up % WRAP,
        down: gigawords ? point.down : point.down % WRAP,
      }),
    );
    return { points, sent, gigawords };
  });

function total(book: SessionBook, packets: readonly PacketOfSession[]): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0];
  for (const one of packets) {
    const verdict = book.accept(one, one.atMs);
    expect(['part', 'absorbed', 'repeated']).toContain(verdict.verdict);
    const part = partOf(verdict);
    if (part !== null) deltaOf(part).forEach((delta, index) => (sum[index] += delta));
  }
  return sum;
}

describe('the parts of a session', () => {
  it('add up to its final counters in any order, with repetitions, with and without gigawords', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), ({ points, sent }, random) => {
        const shuffled = [...sent, ...sent.filter(() => random.next().value % 3 === 0)]
          .map((one) => ({ one, at: random.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one);
        const { up, down, minutes } = points.at(-1)!;
        expect(total(bookOf().book, shuffled)).toEqual([up, down, minutes * MINUTE]);
      }),
      { numRuns: 500 },
    );
  });

  it('add up to them when interims are lost, as long as less than 4 GiB went by where there are no gigawords', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), ({ points, sent, gigawords }, random) => {
        const kept = sent.filter((_, index) => {
          if (index === sent.length - 1) return true;
          if (gigawords) return random.next().value % 2 === 0;
          const next = points[index + 1];
          const before = points[index - 1] ?? { up: 0, down: 0 };
          return next.up - before.up >= WRAP || next.down - before.down >= WRAP || index % 2 === 1;
        });
        const { up, down, minutes } = points.at(-1)!;
        expect(total(bookOf().book, kept)).toEqual([up, down, minutes * MINUTE]);
      }),
      { numRuns: 500 },
    );
  });

  it('add up to them when the state goes through a checkpoint after every packet', () => {
    fc.assert(
      fc.property(histories, ({ points, sent }) => {
        let { book } = bookOf();
        let sum = 0;
        for (const one of sent) {
          const part = partOf(book.accept(one, one.atMs));
          if (part !== null) sum += deltaOf(part)[0] + deltaOf(part)[1];
          const next = bookOf().book;
          for (const session of book.dump()) next.load(JSON.parse(JSON.stringify(session)) as Session);
          next.sweptAt(book.swept);
          expect(next.open).toBe(book.open);
          book = next;
        }
        expect(sum).toBe(points.at(-1)!.up + points.at(-1)!.down);
      }),
      { numRuns: 100 },
    );
  });

  it('begin where the last one ended', () => {
    const { book } = bookOf();
    const first = partOf(book.accept(packet({ minutes: 10, up: 5, down: 95 }), T0))!;
    expect([first.before, first.after]).toEqual([null, { atMs: T0 + 10 * MINUTE, up: 5, down: 95 }]);
    const second = partOf(book.accept(packet({ minutes: 25, up: 6, down: 200, last: true }), T0))!;
    expect(second.before).toEqual(first.after);
    expect(deltaOf(second)).toEqual([1, 105, 15 * MINUTE]);
  });

  it('of a 32-bit counter go over its end; with gigawords less is no wrap but an error', () => {
    const { book } = bookOf();
    book.accept(packet({ minutes: 10, up: 0, down: WRAP - 100, exact: false }), T0);
    expect(deltaOf(partOf(book.accept(packet({ minutes: 20, up: 0, down: 50, exact: false }), T0))!)[1]).toBe(150);
    const whole = bookOf().book;
    whole.accept(packet({ minutes: 10, up: 0, down: WRAP - 100 }), T0);
    expect(whole.accept(packet({ minutes: 20, up: 0, down: 50 }), T0).verdict).toBe('backwards');
  });

  it('of a late interim that reveals a lost wrap bring what was missing', () => {
    const { book } = bookOf();
    book.accept(packet({ minutes: 10, up: 0, down: 100, exact: false }), T0);
    book.accept(packet({ minutes: 30, up: 0, down: 200, exact: false }), T0);
    const late = partOf(book.accept(packet({ minutes: 20, up: 0, down: 50, exact: false }), T0))!;
    expect(deltaOf(late)).toEqual([0, WRAP, 0]);
  });

  it('of a session without a byte is one, at its Stop', () => {
    const { book } = bookOf();
    expect(book.accept(packet({ minutes: 5, up: 0, down: 0 }), T0).verdict).toBe('absorbed');
    const part = partOf(book.accept(packet({ minutes: 10, up: 0, down: 0, last: true }), T0))!;
    expect(deltaOf(part)).toEqual([0, 0, 10 * MINUTE]);
  });

  it('are divided in proportion to time where a month begins, and later ones know what stood there', () => {
    const { book } = bookOf();
    const borderMs = T0 + 15 * MINUTE;
    const borders = (startMs: number, endMs: number): number[] =>
      startMs < borderMs && borderMs < endMs ? [borderMs] : [];
    book.accept(packet({ minutes: 10, up: 0, down: 100 }), T0, borders);
    const across = partOf(book.accept(packet({ minutes: 20, up: 10, down: 300 }), T0, borders))!;
    const mark = { atMs: borderMs, up: 5, down: 200 };
    expect(across.marks).toEqual([mark]);
    expect(partOf(book.accept(packet({ minutes: 30, up: 10, down: 400 }), T0, borders))!.marks).toEqual([mark]);
  });
});

describe('a session', () => {
  it('is another one when counters and clock begin anew under the same id', () => {
    const { book } = bookOf();
    book.accept(packet({ minutes: 60, up: 0, down: 1000 }), T0);
    const again = T0 + 61 * MINUTE;
    const part = partOf(book.accept(packet({ minutes: 5, up: 0, down: 10, startMs: again }), T0))!;
    expect([part.before, part.startMs, part.after.down]).toEqual([null, again, 10]);
    // What was on its way of the first one still finds it.
    const late = partOf(book.accept(packet({ minutes: 60.5, up: 0, down: 1010 }), T0))!;
    expect(deltaOf(late)[1]).toBe(10);
    expect(book.open).toBe(2);
  });

  it('is closed by its Stop, by the access server going on or off, and by a Start on its port', () => {
    const { book } = bookOf();
    const start = (sessionId: string, port: string, startMs: number) =>
      book.start('bras-1', { sessionId, user: 'u', port, startMs, atMs: startMs }, startMs);
    start('a', '1', T0);
    start('b', '2', T0);
    expect(book.open).toBe(2);
    expect(start('c', '1', T0 + MINUTE).closed.map(({ sessionId, closed }) => [sessionId, closed])).toEqual([
      ['a', 'port'],
    ]);
    expect(book.restart('bras-1', T0 + 2 * MINUTE).map(({ sessionId }) => sessionId)).toEqual(['b', 'c']);
    expect(book.restart('bras-2', T0 + 2 * MINUTE)).toEqual([]);
    expect(book.open).toBe(0);
  });

  it('that was taken for lost goes on when it is heard of again, and a late packet from before opens nothing', () => {
    const { book } = bookOf();
    book.accept(packet({ minutes: 10, up: 0, down: 10 }), T0);
    book.restart('bras-1', T0 + 15 * MINUTE);
    expect(deltaOf(partOf(book.accept(packet({ minutes: 12, up: 0, down: 15 }), T0))!)[1]).toBe(5);
    expect(book.open).toBe(0);
    expect(deltaOf(partOf(book.accept(packet({ minutes: 20, up: 0, down: 25 }), T0))!)[1]).toBe(10);
    expect(book.open).toBe(1);
  });

  it('on a port that several share is not closed by the next one there', () => {
    const { book } = bookOf();
    for (const sessionId of ['a', 'b'])
      book.accept(packet({ minutes: 10, up: 0, down: 1 }, { sessionId } as never), T0);
    const startMs = T0 + 20 * MINUTE;
    const sighting = { sessionId: 'c', user: 'u', port: '7', startMs, atMs: startMs };
    expect(book.start('bras-1', sighting, startMs).closed).toEqual([]);
  });

  it('that fell silent is closed, then forgotten, and what comes of it later is not charged a second time', () => {
    const { book, settled } = bookOf();
    book.accept(packet({ minutes: 10, up: 0, down: 10 }), T0);
    const day = 24 * 60 * MINUTE;
    expect(book.sweep(T0 + day)).toEqual([]);
    expect(book.sweep(T0 + 4 * day).map(({ closed }) => closed)).toEqual(['silence']);
    book.sweep(T0 + 8 * day);
    expect(settled).toHaveLength(1);
    expect(book.accept(packet({ minutes: 20, up: 0, down: 20, last: true }), T0 + 8 * day).verdict).toBe('tooLate');
  });

  it('keeps no more of its past than is needed: exact counters need none', () => {
    const { book } = bookOf();
    for (let minute = 1; minute <= 1000; minute++) book.accept(packet({ minutes: minute, up: 0, down: minute }), T0);
    expect([...book.dump()][0].chain.points).toEqual([]);
    const wrapping = bookOf().book;
    for (let minute = 1; minute <= 1000; minute++)
      wrapping.accept(packet({ minutes: minute, up: 0, down: minute, exact: false }), T0);
    expect([...wrapping.dump()][0].chain.points.length).toBeLessThanOrEqual(64);
    expect(wrapping.accept(packet({ minutes: 5.5, up: 0, down: 3, exact: false }), T0).verdict).toBe('tooLate');
  });
});
