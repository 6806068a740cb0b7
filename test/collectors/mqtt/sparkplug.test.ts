import { describe, expect, it } from 'vitest';
import { EdgeNodes, readPayload, rebirthRequest } from '../../../collectors/mqtt/sparkplug/index.ts';

/** Protobuf by hand, so that the schema is held against something else than itself. */
const varint = (value: bigint): number[] =>
  value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
const number = (field: number, value: bigint | number): number[] => [
  ...varint(BigInt(field << 3)),
  ...varint(BigInt(value)),
];
const bytes = (field: number, content: ArrayLike<number>): number[] => [
  ...varint(BigInt((field << 3) | 2)),
  ...varint(BigInt(content.length)),
  ...Array.from(content),
];
const text = (field: number, value: string): number[] => bytes(field, Buffer.from(value));
function float(field: number, value: number): number[] {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return [(field << 3) | 5, ...four];
}

const AT = 1_760_522_400_000;
const payload = (seq: number, ...metrics: number[][]): Buffer =>
  Buffer.from([...number(1, AT), ...metrics.flatMap((metric) => bytes(2, metric)), ...number(3, seq)]);
const shown = (found: { content: Buffer | null } | null): unknown =>
  found?.content === null ? null : (JSON.parse(found!.content!.toString()) as { metrics: unknown }).metrics;

const birth = payload(0, [...text(1, 'Energy/Import'), ...number(2, 7), ...number(4, 9), ...float(12, 123.45)]);
const data = (seq: number): Buffer =>
  payload(seq, [...number(2, 7), ...number(3, AT + 1000), ...number(4, 9), ...float(12, 124.5)]);

describe('a Sparkplug payload', () => {
  it('keeps the digits that were meant', () => {
    const values = payload(
      1,
      [...text(1, 'float'), ...number(4, 9), ...float(12, 123.45)],
      [...text(1, 'int32'), ...number(4, 3), ...number(10, 0xffff_ffffn)],
      [...text(1, 'uint32'), ...number(4, 7), ...number(10, 0xffff_ffffn)],
      [...text(1, 'int64'), ...number(4, 4), ...number(11, 0xffff_ffff_ffff_fffen)],
      [...text(1, 'uint64'), ...number(4, 8), ...number(11, 9_007_199_254_740_993n)],
      [...text(1, 'null'), ...number(4, 7), ...number(7, 1), ...number(10, 5)],
      [...text(1, 'text'), ...number(4, 12), ...text(15, '1')],
    );
    expect(readPayload(values)?.metrics.map(({ name, value }) => [name, value])).toEqual([
      ['float', '123.45'],
      ['int32', '-1'],
      ['uint32', '4294967295'],
      ['int64', '-2'],
      ['uint64', '9007199254740993'],
      ['null', null],
      ['text', null],
    ]);
  });

  it('that is none is told', () => {
    expect(readPayload(Buffer.from('{"not":"protobuf"}'))).toBeNull();
  });

  it('asks for a birth as the specification has it', () => {
    const { metrics } = readPayload(rebirthRequest(AT))!;
    expect(metrics[0]).toMatchObject({ name: 'Node Control/Rebirth', timestampMs: AT });
    // boolean_value = true: field 14, varint 1.
    expect(rebirthRequest(AT).includes(Buffer.from([14 << 3, 1]))).toBe(true);
  });
});

describe('edge nodes', () => {
  it('name aliases by their last birth', () => {
    const nodes = new EdgeNodes();
    expect(shown(nodes.read('spBv1.0/town/NBIRTH/gw', birth))).toEqual({
      'Energy/Import': { value: '123.45', time: AT },
    });
    const found = nodes.read('spBv1.0/town/NDATA/gw', data(1));
    expect([found?.state, found?.gap, found?.rebirth]).toEqual(['read', false, null]);
    expect(shown(found)).toEqual({ 'Energy/Import': { value: '124.5', time: AT + 1000 } });
  });

  it('are asked for their birth before one was seen, and after a gap, when an alias may mean something else', () => {
    const nodes = new EdgeNodes();
    const first = nodes.read('spBv1.0/town/NDATA/gw', data(200));
    expect(first).toMatchObject({ state: 'unresolved', content: null, rebirth: { group: 'town', edge: 'gw' } });
    nodes.read('spBv1.0/town/NBIRTH/gw', birth);
    expect(nodes.read('spBv1.0/town/NDATA/gw', data(3))).toMatchObject({ state: 'unresolved', gap: true });
    nodes.read('spBv1.0/town/NBIRTH/gw', birth);
    expect(nodes.read('spBv1.0/town/NDATA/gw', data(1))).toMatchObject({ state: 'read', rebirth: null });
  });

  it('count to 255 and from 0 again, over the messages of node and devices', () => {
    const nodes = new EdgeNodes();
    nodes.read('spBv1.0/town/NBIRTH/gw', birth);
    for (let seq = 1; seq <= 256; seq++) {
      const topic = seq % 2 === 0 ? 'spBv1.0/town/NDATA/gw' : 'spBv1.0/town/DDATA/gw/M-1';
      expect(nodes.read(topic, data(seq % 256))?.gap).toBe(false);
    }
  });

  it('are forgotten by their death, and other topics are left alone', () => {
    const nodes = new EdgeNodes();
    nodes.read('spBv1.0/town/NBIRTH/gw', birth);
    expect(nodes.read('spBv1.0/town/NDEATH/gw', payload(0))?.state).toBe('other');
    expect(nodes.read('spBv1.0/town/NDATA/gw', data(1))).toMatchObject({ state: 'unresolved', gap: false });
    expect(nodes.read('spBv1.0/town/NCMD/gw', Buffer.from([1]))?.state).toBe('other');
    expect(nodes.read('spBv1.0/town/NDATA/gw2', Buffer.from([0x0a]))?.state).toBe('unreadable');
    expect(nodes.read('tele/plug/SENSOR', data(1))).toBeNull();
  });
});
