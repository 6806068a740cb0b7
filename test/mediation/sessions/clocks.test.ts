/** Sessions are told by their access server's own count, not by clocks: late packets, clocks that step, ids that come back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionBook, type PacketOfSession, type PacketVerdict } from '../../../mediation/sessions/index.ts';

const T0 = Date.UTC(2026, 9, 15, 5);
const MINUTE = 60_000;

function newBook(): SessionBook {
  return new SessionBook({ has: () => false, add: () => undefined });
}

interface Sent {
  /** Session time. */
  minutes: number;
  down: number;
  /** When it came, by our clock, in minutes since T0. */
  at: number;
  last?: boolean;
  exact?: boolean;
  port?: string;
  /** What the access server's clock says, in minutes since T0, where it sends Event-Timestamp, or Acct-Delay-Time taken off. */
  event?: number;
}

function packet({ minutes, down, at, last = false, exact = true, port = '7', event = at }: Sent): PacketOfSession {
  const durationMs = minutes * MINUTE;
  const atMs = T0 + event * MINUTE;
  return {
    nas: 'bras-1',
    sessionId: '81e00017',
    user: 'ivan@town',
    port,
    startMs: atMs - durationMs,
    atMs,
    counters: { durationMs, up: 0, down, exact, last },
  };
}

const bytesOf = (verdict: PacketVerdict): number =>
  verdict.verdict === 'part' ? verdict.part.after.down - (verdict.part.before?.down ?? 0) : 0;
const minutesOf = (verdict: PacketVerdict): number =>
  verdict.verdict === 'part'
    ? (verdict.part.after.atMs - (verdict.part.before?.atMs ?? verdict.part.startMs)) / MINUTE
    : 0;

function take(book: SessionBook, sent: Sent): PacketVerdict {
  return book.accept(packet(sent), T0 + sent.at * MINUTE);
}

/** Bytes that each packet was charged for. */
function charged(packets: readonly Sent[], book = newBook()): number[] {
  return packets.map((sent) => bytesOf(take(book, sent)));
}

function start(book: SessionBook, at: number, of: { port?: string; event?: number } = {}) {
  const { nas, sessionId, user, port, startMs, atMs } = packet({ minutes: 0, down: 0, at, ...of });
  return book.start(nas, { sessionId, user, port, startMs, atMs }, T0 + at * MINUTE);
}

describe('a session whose packets are answered late', () => {
  it('without Acct-Delay-Time stays one, also where they are later than it was old', () => {
    const book = newBook();
    start(book, 0);
    // We are down from minute 3 to 13: what was sent at 4 and 8 comes at 14.
    const late = charged(
      [
        { minutes: 2, down: 100, at: 2 },
        { minutes: 4, down: 150, at: 14 },
        { minutes: 8, down: 400, at: 14 },
        { minutes: 16, down: 500, at: 16 },
        { minutes: 20, down: 700, at: 30, last: true },
      ],
      book,
    );
    expect(late).toEqual([100, 50, 250, 100, 200]);
    expect(book.open).toBe(0);
  });

  it('with Acct-Delay-Time stays one', () => {
    const parts = charged([
      { minutes: 2, down: 100, at: 2 },
      { minutes: 8, down: 400, at: 18, event: 8 },
      { minutes: 20, down: 700, at: 30, event: 20, last: true },
    ]);
    expect(parts).toEqual([100, 300, 300]);
  });

  it('adds nothing for an interim that comes behind its Stop, without a delay either', () => {
    const book = newBook();
    start(book, 0);
    expect(
      charged(
        [
          { minutes: 5, down: 500, at: 5, last: true },
          { minutes: 2, down: 100, at: 12 },
        ],
        book,
      ),
    ).toEqual([500, 0]);
    expect(book.open).toBe(0);
  });

  it('is dated by its Start, and lasts as long as the access server says', () => {
    const book = newBook();
    start(book, 0);
    const found = take(book, { minutes: 20, down: 700, at: 40, last: true });
    expect(found.verdict === 'part' && found.part.startMs).toBe(T0);
    expect(minutesOf(found)).toBe(20);
  });

  it('is not begun anew by its own Start that is sent again', () => {
    const book = newBook();
    start(book, 0);
    expect(start(book, 10).session).toBeNull();
    expect(book.open).toBe(1);
  });
});

describe('a session in whose middle a clock steps', () => {
  it.each([-1, 1, -26, 26])('by %i h stays one', (hours) => {
    const shift = hours * 60;
    const book = newBook();
    start(book, 0);
    const found = [
      { minutes: 10, down: 100, at: 10 },
      { minutes: 20, down: 200, at: 20, event: 20 + shift },
      // From before the step, and overtaken.
      { minutes: 15, down: 150, at: 21, event: 15 },
      { minutes: 30, down: 350, at: 30, event: 30 + shift },
      // From behind the step, and overtaken.
      { minutes: 25, down: 250, at: 31, event: 25 + shift },
      { minutes: 40, down: 400, at: 40, event: 40 + shift, last: true },
    ].map((sent) => take(book, sent));
    expect(found.map(bytesOf)).toEqual([100, 100, 0, 150, 0, 50]);
    expect(found.map(minutesOf)).toEqual([10, 10, 0, 10, 0, 10]);
    expect(book.open).toBe(0);
  });

  it('stays one where only our clock steps: without Event-Timestamp the time of receipt is all there is', () => {
    for (const shift of [-60, 60]) {
      expect(
        charged([
          { minutes: 10, down: 100, at: 10 },
          { minutes: 20, down: 200, at: 20 + shift },
          { minutes: 30, down: 350, at: 30 + shift, last: true },
        ]),
      ).toEqual([100, 100, 150]);
    }
  });
});

describe('an id that comes back after a restart of the access server', () => {
  it('is another session behind Accounting-On, even when it has more than the old one', () => {
    const book = newBook();
    take(book, { minutes: 10, down: 100, at: 10 });
    book.restart('bras-1', T0 + 12 * MINUTE);
    expect(
      charged(
        [
          { minutes: 15, down: 900, at: 28 },
          { minutes: 20, down: 950, at: 33, last: true },
        ],
        book,
      ),
    ).toEqual([900, 50]);
  });

  it('is another session behind a Start, even when it has more than the old one', () => {
    const book = newBook();
    take(book, { minutes: 10, down: 100, at: 10, port: '' });
    expect(start(book, 13, { port: '' }).session).not.toBeNull();
    expect(
      charged(
        [
          { minutes: 15, down: 900, at: 28, port: '' },
          { minutes: 20, down: 950, at: 33, last: true, port: '' },
        ],
        book,
      ),
    ).toEqual([900, 50]);
  });

  it('is another session when its session time is less than was seen, and it began behind everything that was', () => {
    expect(
      charged([
        { minutes: 90, down: 1000, at: 90 },
        { minutes: 5, down: 10, at: 100 },
        { minutes: 10, down: 30, at: 105, last: true },
      ]),
    ).toEqual([1000, 10, 20]);
  });

  it('is another session when its counters are lower and it began behind everything that was', () => {
    for (const exact of [true, false]) {
      expect(
        charged([
          { minutes: 10, down: 1000, at: 10, exact },
          { minutes: 15, down: 10, at: 30, exact },
          { minutes: 20, down: 30, at: 35, last: true, exact },
        ]),
      ).toEqual([1000, 10, 20]);
    }
  });

  it('is another session on another port, unless it began in the same minute: then it has moved', () => {
    const sent = { minutes: 15, down: 900, at: 28, port: '8' };
    expect(charged([{ minutes: 10, down: 100, at: 10 }, sent])).toEqual([100, 900]);
    expect(
      charged([
        { minutes: 10, down: 100, at: 10 },
        { ...sent, at: 15 },
      ]),
    ).toEqual([100, 800]);
  });

  it('is another session behind a Stop: with another Stop, or a longer time', () => {
    const stop = { minutes: 10, down: 100, at: 10, last: true };
    expect(charged([stop, { minutes: 3, down: 60, at: 14, last: true }])).toEqual([100, 60]);
    expect(charged([stop, { minutes: 30, down: 160, at: 45 }])).toEqual([100, 160]);
  });

  it('is another session when by both clocks it began more than a day later', () => {
    const day = 24 * 60;
    expect(
      charged([
        { minutes: 10, down: 100, at: 10 },
        { minutes: 30, down: 160, at: 2 * day },
      ]),
    ).toEqual([100, 160]);
  });
});

/** When a packet comes that is sent at a minute: we are down from time to time, and what was sent meanwhile comes at the end. */
function receipt(sentAt: number, outages: readonly { from: number; minutes: number }[]): number {
  return outages.reduce((at, { from, minutes }) => (at >= from && at < from + minutes ? from + minutes : at), sentAt);
}

const histories = fc.record({
  steps: fc.array(
    fc.record({ minutes: fc.integer({ min: 2, max: 120 }), bytes: fc.integer({ min: 0, max: 2 ** 26 }) }),
    { minLength: 1, maxLength: 30 },
  ),
  outages: fc
    .array(fc.record({ after: fc.integer({ min: 1, max: 600 }), minutes: fc.integer({ min: 1, max: 600 }) }), {
      maxLength: 4,
    })
    .map((list) => {
      let clock = 0;
      return list.map(({ after, minutes }) => {
        const from = clock + after;
        clock = from + minutes;
        return { from, minutes };
      });
    }),
  clockSteps: fc.array(
    fc.record({ at: fc.integer({ min: 1, max: 2000 }), minutes: fc.integer({ min: -720, max: 720 }) }),
    { maxLength: 2 },
  ),
  eventTimestamp: fc.boolean(),
  gigawords: fc.boolean(),
  hasStart: fc.boolean(),
  /** In which order those come that come at the same moment. */
  ties: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
});

describe('the parts of a session', () => {
  it('add up to its final counters however late its packets are and whatever its clock says', () => {
    fc.assert(
      fc.property(histories, ({ steps, outages, clockSteps, eventTimestamp, gigawords, hasStart, ties }) => {
        let [minutes, down] = [0, 0];
        const sent = steps.map((step, index): Sent => {
          minutes += step.minutes;
          down += step.bytes;
          const at = receipt(minutes, outages);
          const told = clockSteps.reduce((sum, one) => (minutes >= one.at ? sum + one.minutes : sum), minutes);
          const last = index === steps.length - 1;
          return { minutes, down, at, exact: gigawords, last, event: eventTimestamp ? told : at };
        });
        // What overtakes across a step of more than an hour looks like a session that began behind this one.
        const isSmall = clockSteps.every(({ minutes: by }) => Math.abs(by) < 30);
        const order = new Map(sent.map((one, index) => [one, isSmall ? ties[index] : index]));
        sent.sort((one, other) => one.at - other.at || order.get(one)! - order.get(other)!);
        const book = newBook();
        if (hasStart) start(book, 0);
        let sum = [0, 0];
        for (const one of sent) {
          const found = take(book, one);
          expect(['part', 'absorbed']).toContain(found.verdict);
          sum = [sum[0] + bytesOf(found), sum[1] + minutesOf(found)];
        }
        expect(sum).toEqual([down, minutes]);
        expect(book.open).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('of one session and of the next with its id, behind Accounting-On, are told apart with late packets in both', () => {
    fc.assert(
      fc.property(histories, histories, fc.integer({ min: 2, max: 60 }), (first, second, gapMinutes) => {
        const book = newBook();
        let began = 0;
        let sum = 0;
        let expected = 0;
        for (const { steps, outages } of [first, second]) {
          if (began > 0) book.restart('bras-1', T0 + (began - 1) * MINUTE);
          start(book, began);
          let [minutes, down, at] = [0, 0, 0];
          for (const step of steps) {
            minutes += step.minutes;
            down += step.bytes;
            at = receipt(minutes, outages);
            // The last one is lost with the access server: no Stop.
            sum += bytesOf(take(book, { minutes, down, at: began + at, event: began + at }));
          }
          expected += down;
          began += at + 1 + gapMinutes;
        }
        expect(sum).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});
