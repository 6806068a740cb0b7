import { describe, expect, it } from 'vitest';
import {
  checkFormat,
  compileFormat,
  decodeBytes,
  explainRecord,
  makeFrame,
  makeMessageFrame,
  MESSAGE_FLAGS,
  prepareFormat,
} from '../../../mediation/formats/index.ts';
import { describeRecord } from '../../../mediation/formats/format-tests.ts';

const FORMAT = `
format: messages
family: message
registers:
  - { register: a, path: old.total }
  - { register: a, path: list.1.total, time: list.1.at }
  - { register: b, path: b, time: at }
fields:
  - { name: first, path: $topic.1 }
  - { name: last, path: $topic.-1 }
  - { name: rest, path: $topic.2- }
  - { name: beyond, path: $topic.-9 }
  - { name: register, path: $register }
  - { name: at, path: $time, type: dateTime, pattern: epochSeconds }
  - { name: receivedAt, path: $receivedAt, type: dateTime, pattern: epochMillis }
  - { name: readAt, type: dateTime, first: [at, receivedAt] }
  - { name: value, path: $value, type: reading, unit: kWh }
  - { name: minutes, path: $payload, type: reading, unit: Wmin }
  - { name: retained, path: $retained }
  - { name: repeated, path: $repeated }
classes:
  - { class: minutes, kind: registerReading, service: electricity, when: { last: minutes }, record: { value: minutes } }
  - { class: kept, kind: context, when: { retained: '1' } }
  - { class: other, kind: context, when: { register: '' } }
  - { class: reading, kind: registerReading, service: electricity, record: { value: value } }
record: { start: readAt, meter: rest, register: register, login: first, trunkIn: beyond, trunkOut: repeated }
identity: [rest, register, readAt]
`;

const format = compileFormat(prepareFormat(FORMAT));
const AT = Date.UTC(2026, 9, 15);

function frames(topic: string, payload: string, flags = 0): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat(
    format.partsOf!(bytes).map((part) => makeMessageFrame({ topic, receivedMs: AT, flags, part, payload: bytes })),
  );
}

function decode(...batch: Uint8Array[]): Record<string, unknown>[] {
  const columns = decodeBytes(format, Buffer.concat(batch), { first: true });
  return Array.from({ length: columns.count }, (_, i) => describeRecord(format, columns, i));
}

describe('a message', () => {
  it('is a record for each register that it shows, over several lines too', () => {
    const payload = '{\n "list": [{"total": 1}, {"total": 2.50, "at": 1760522400}],\n "b": "7", "at": 1760522401 }\n';
    expect(decode(frames('town/house/1', payload))).toMatchObject([
      {
        class: 'reading',
        meter: 'house/1',
        login: 'town',
        register: 'a',
        quantity: 250,
        scale: 2,
        startAt: '2025-10-15T10:00:00.000Z',
      },
      { class: 'reading', register: 'b', quantity: 7, scale: 0, startAt: '2025-10-15T10:00:01.000Z', trunkIn: '' },
    ]);
  });

  it('takes the first place that has the value, and the time of receipt without one', () => {
    expect(decode(frames('t/m', '{"old":{"total":5},"list":[0,{"total":6,"at":1760522400}]}'))).toMatchObject([
      { register: 'a', quantity: 5, startAt: '2026-10-15T00:00:00.000Z' },
    ]);
  });

  it('that shows none, or is no object, is one record', () => {
    expect(
      decode(frames('t/m', '{"old":{"total":null},"list":[]}'), frames('t/m', 'ON'), frames('t/m', '')),
    ).toMatchObject([{ class: 'other' }, { class: 'other' }, { class: 'other' }]);
  });

  it('keeps its marks', () => {
    const { retained, repeated } = MESSAGE_FLAGS;
    expect(decode(frames('t/m', '{"b":1}', retained), frames('t/m', '{"b":1}', repeated))).toMatchObject([
      { class: 'kept', disposition: 'absorbed' },
      { class: 'reading', trunkOut: '1' },
    ]);
  });

  it('in watt-minutes counts the whole Wh that are full', () => {
    const values = ['59', '60', '119.99', '120', '6000000'].map((value) => frames('t/minutes', value));
    expect(decode(...values).map(({ quantity, scale }) => [quantity, scale])).toEqual(
      [0, 1, 1, 2, 100_000].map((wh) => [wh, 3]),
    );
  });

  it('that cannot be read waits alone', () => {
    const torn = frames('t/m', '{"b":1}').subarray(0, -3);
    const nul = frames('t/\u0000', '{"b":1}');
    expect(decode(frames('t/m', '{"b":'), nul, frames('t/m', '{"b":2}'), torn)).toMatchObject([
      { code: 'DECODE_JSON' },
      { code: 'DECODE_NUL' },
      { class: 'reading', quantity: 2 },
      { code: 'DECODE_FRAME' },
    ]);
  });

  it('may come in a frame with nothing but its sender', () => {
    expect(decode(makeFrame('192.0.2.7/minutes', AT, Buffer.from('60')))).toMatchObject([
      { class: 'minutes', login: '192.0.2.7', quantity: 1, startAt: '2026-10-15T00:00:00.000Z' },
    ]);
  });

  it('is explained field by field', () => {
    const bytes = frames('town/m', '{"b":1.5}');
    const told = Object.fromEntries(
      explainRecord(format, bytes, 0, bytes.length).map(({ field, value }) => [field, value]),
    );
    expect(told).toMatchObject({
      first: 'town',
      rest: 'm',
      register: 'b',
      value: '1.5',
      receivedAt: '2026-10-15T00:00:00.000Z',
    });
  });
});

describe('a format of messages', () => {
  const mistakes = (from: string, to: string): string[] =>
    checkFormat(FORMAT.replace(from, to)).map(({ message }) => message);

  it('says which places there are', () => {
    expect(mistakes('$topic.2-', '$topics')).toEqual([expect.stringMatching(/is none of \$topic, \$receivedAt/)]);
    expect(mistakes('type: reading, unit: kWh', 'type: number, unit: Wmin')).toContain('is known for readings alone');
    expect(mistakes('family: message', 'family: json')).toContain('is not known in the family json');
  });
});
