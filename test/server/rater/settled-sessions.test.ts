/** Sessions that are not kept any more: what still comes of them must not be charged a second time. */
import { expect, it } from 'vitest';
import { Duplicates } from '../../../mediation/duplicates/index.ts';
import { SessionBook, type PacketOfSession } from '../../../mediation/sessions/index.ts';
import { SettledInDuplicates } from '../../../server/rater/session-stage.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** Ten minutes before an hour is full. */
const T0 = Date.UTC(2026, 9, 15, 5, 50);

it('knows a session by a packet that was late and did not say so, and no other that began hours later', () => {
  const duplicates = new Duplicates();
  duplicates.setWindow(T0, 13);
  const book = new SessionBook(new SettledInDuplicates(duplicates));
  const packet = (minutes: number, lateMinutes: number, last = false): PacketOfSession => {
    const startMs = T0 + lateMinutes * MINUTE;
    const durationMs = minutes * MINUTE;
    const counters = { durationMs, up: 0, down: minutes, exact: true, last };
    const session = { nas: 'bras-1', sessionId: '1', user: 'ivan@town', port: '' };
    return { ...session, startMs, atMs: startMs + durationMs, counters };
  };
  expect(book.accept(packet(20, 0, true), T0 + 20 * MINUTE).verdict).toBe('part');
  book.sweep(T0 + 4 * DAY);
  expect([...book.dump()]).toEqual([]);
  for (const late of [-0.5, 0, 12, 59])
    expect([late, book.accept(packet(10, late), T0).verdict]).toEqual([late, 'tooLate']);
  expect(book.accept(packet(10, 180), T0).verdict).toBe('part');
});
