/** Which message is another one's repeat, when no message has a time of its own. */
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { deliveryOf, FirstReceipts, restoreReceipts, sessionOf } from '../../../collectors/mqtt/first-receipts.ts';
import { makeMessageFrame } from '../../../mediation/formats/index.ts';

const SESSION = sessionOf('mqtt://broker.town', 'tollgrid-meters');
const payload = Buffer.from('12.5');
const topic = 'm/1';

let receipts: FirstReceipts;
beforeEach(() => (receipts = new FirstReceipts(10)));

const came = (packetNo: number, repeated: boolean, nowMs: number, of = topic): number =>
  receipts.timeOf({ topic: of, payload, delivery: deliveryOf(SESSION, packetNo), repeated }, nowMs);

const frame = (packetNo: number, receivedMs: number, session = SESSION): Uint8Array =>
  makeMessageFrame({ topic, receivedMs, flags: 0, part: '', delivery: deliveryOf(session, packetNo), payload });

describe('a message with the bytes of another one', () => {
  it('is its repeat when it is marked so and has its packet number', () => {
    expect(came(1, false, 1000)).toBe(1000);
    expect(came(1, true, 9000)).toBe(1000);
  });

  it('is a new one under another number, although the broker has sent that before', () => {
    expect(came(1, false, 1000)).toBe(1000);
    expect(came(2, true, 9000)).toBe(9000);
  });

  it('is a new one without the mark: the number was free again', () => {
    expect(came(1, false, 1000)).toBe(1000);
    expect(came(1, false, 2000)).toBe(2000);
    expect(came(1, true, 3000)).toBe(2000);
  });

  it('is a new one when its number meant other bytes meanwhile', () => {
    expect(came(1, false, 1000)).toBe(1000);
    expect(came(1, false, 2000, 'm/2')).toBe(2000);
    expect(came(1, true, 3000)).toBe(3000);
  });

  it('has a time of its own, in the same millisecond and without a number too', () => {
    const times = [came(1, false, 1000), came(2, false, 1000), came(3, false, 1000, 'm/2'), came(4, false, 1001)];
    expect(times).toEqual([1000, 1001, 1000, 1002]);
    const unnumbered = { topic, payload, delivery: undefined, repeated: false };
    expect([1002, 1002, 1005].map((now) => receipts.timeOf(unnumbered, now))).toEqual([1003, 1004, 1005]);
    expect(came(2, true, 9000)).toBe(1001);
  });
});

describe('after a start', () => {
  const restore = (...batches: Uint8Array[]): Promise<void> =>
    restoreReceipts(new Map([[SESSION, receipts]]), Readable.from(batches.reverse()));

  it('the log says when a message was received, its newest one under each number', async () => {
    await restore(Buffer.concat([frame(1, 1000), frame(2, 2000)]), Buffer.concat([frame(1, 3000), frame(3, 4000)]));
    expect([1, 2, 3, 4].map((packetNo) => came(packetNo, true, 9000))).toEqual([3000, 2000, 4000, 9000]);
  });

  it('numbers of another broker or client mean other messages', async () => {
    await restore(frame(1, 1000, sessionOf('mqtt://broker.town', 'another')));
    expect(came(1, true, 9000)).toBe(9000);
  });

  it('as many messages are known as a broker sends without an acknowledgement, each in a batch of its own', async () => {
    receipts = new FirstReceipts(2 * 5000);
    let read = 0;
    async function* batches(): AsyncIterable<Uint8Array> {
      for (let no = 20_000; no > 0; no--) {
        read++;
        yield await Promise.resolve(frame(no, 1000 + no));
      }
    }
    await restoreReceipts(new Map([[SESSION, receipts]]), batches());
    expect([20_000, 15_001, 10_001, 10_000].map((packetNo) => came(packetNo, true, 99_000))).toEqual([
      21_000, 16_001, 11_001, 99_000,
    ]);
    expect(read).toBe(10_000);
  });

  it('the last messages are kept and the longest ago forgotten', async () => {
    await restore(...Array.from({ length: 10 }, (_, i) => frame(1 + i, 1000 + i)));
    expect([came(11, false, 9000), came(1, true, 9100), came(3, true, 9200)]).toEqual([9000, 9100, 1002]);
  });
});
