import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asLines, asMessages, asProtobuf, type RecordsOf } from '../../../collectors/kafka/index.ts';
import { isConnected, lagOf } from '../../../collectors/kafka/lag.ts';
import { emptyFrame, readFrame } from '../../../mediation/formats/index.ts';

const message = (value: Uint8Array | string, timestamp?: number) => ({
  topic: 'calls',
  partition: 2,
  offset: 17,
  value: Buffer.from(value),
  ...(timestamp !== undefined && { timestamp }),
});

function framesOf(recordsOf: RecordsOf, value: Uint8Array | string, timestamp?: number) {
  return recordsOf(message(value, timestamp), 5000).map((bytes) => {
    const frame = emptyFrame();
    readFrame(bytes, 0, bytes.length, frame);
    const text = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString('latin1');
    return {
      topic: text(frame.channelStart, frame.channelEnd),
      part: text(frame.partStart, frame.partEnd),
      payload: text(frame.payloadStart, bytes.length),
      receivedMs: frame.receivedMs,
      flags: frame.flags,
    };
  });
}

describe('the value of a Kafka message', () => {
  it('is a record that knows its topic, partition, offset and time', () => {
    const whole = asMessages(() => ['']);
    expect(framesOf(whole, '{}', 1234)).toEqual([
      { topic: 'calls/2/17', part: '', payload: '{}', receivedMs: 1234, flags: 0 },
    ]);
    expect(framesOf(whole, '{}')[0].receivedMs).toBe(5000);
  });

  it('is a record for each register that it shows', () => {
    const found = framesOf(
      asMessages(() => ['1.8.0', '2.8.0']),
      '{}',
    );
    expect(found.map(({ part }) => part)).toEqual(['1.8.0', '2.8.0']);
  });

  it('is taken apart into lines, of whichever ends', () => {
    const lines = (text: string): string[] => asLines(message(text), 0).map((line) => Buffer.from(line).toString());
    expect(lines('a;1\nb;2\r\n\r\n\nc;3')).toEqual(['a;1', 'b;2', 'c;3']);
    expect(lines('\n')).toEqual([]);
  });
});

describe('a value in protobuf', () => {
  let folder: string;
  beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-proto-'))));
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const schema = (type: string): RecordsOf => {
    const file = path.join(folder, 'call.proto');
    const fields = 'string from_number = 1; uint64 seconds = 2; Kind kind = 3;';
    fs.writeFileSync(
      file,
      `syntax="proto3"; package billing; enum Kind { NONE = 0; VOICE = 1; } message Call { ${fields} }`,
    );
    return asProtobuf({ file, type }, () => ['']);
  };

  it('stands there as it came, and as what its schema reads in it', () => {
    // By hand after the wire format: field 1 as text, field 2 as the largest varint, field 3 as 1.
    const bytes = Buffer.from('0a0333383010ffffffffffffffffff011801', 'hex');
    expect(framesOf(schema('billing.Call'), bytes, 1).map(({ flags, payload }) => [flags, payload])).toEqual([
      [4, bytes.toString('latin1')],
      [0, '{"from_number":"380","seconds":"18446744073709551615","kind":"VOICE"}'],
    ]);
  });

  it('that cannot be read is kept and marked', () => {
    const found = framesOf(schema('billing.Call'), Buffer.from('0aff', 'hex'));
    expect(found.map(({ flags, part }) => [flags, part])).toEqual([[4, 'unreadable']]);
  });

  it('of a type that is not there is refused at the start', () => {
    expect(() => schema('billing.Nothing')).toThrow(expect.objectContaining({ code: 'KAFKA_PROTO_UNREADABLE' }));
  });
});

describe('the lag', () => {
  const statistics = (ends: Record<string, number>): string => {
    const partitions = Object.entries(ends).map(([no, end]) => [no, { ls_offset: end }]);
    return JSON.stringify({ topics: { calls: { partitions: Object.fromEntries(partitions) as object } } });
  };

  it('counts what is behind what was taken, of assigned partitions', () => {
    const json = statistics({ 0: 100, 1: 50, 2: 90, '-1': -1001 });
    const next = new Map(Object.entries({ 'calls/0': 40, 'calls/1': 43, 'calls/2': 0 }));
    expect(lagOf(json, new Set(['calls/0', 'calls/1']), (stream) => next.get(stream))).toBe(67);
  });

  it('is not known before a broker told anything', () => {
    expect(lagOf(statistics({ 0: -1001 }), new Set(['calls/0']), () => 0)).toBeNull();
  });
});

describe('a connection', () => {
  it('is there while one of the brokers is up, of which an address to begin with is none', () => {
    const statistics = (brokers: Record<string, object>): string => JSON.stringify({ topics: {}, brokers });
    const bootstrap = { nodeid: -1, state: 'UP' };
    expect(isConnected(statistics({ bootstrap }))).toBe(false);
    expect(isConnected(statistics({ bootstrap, 'a/1': { nodeid: 1, state: 'CONNECT' } }))).toBe(false);
    expect(isConnected(statistics({ 'a/1': { nodeid: 1, state: 'DOWN' }, 'b/2': { nodeid: 2, state: 'UP' } }))).toBe(
      true,
    );
  });
});
