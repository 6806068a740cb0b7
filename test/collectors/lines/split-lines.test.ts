import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, type Split } from '../../../collectors/lines/split-lines.ts';

const text = ({ whole, pieces }: Split): string[] => [
  ...whole.map((line) => Buffer.from(line).toString('latin1')),
  ...pieces.map((piece) => `(${Buffer.from(piece).toString('latin1')})`),
];

describe('cutting a stream into lines', () => {
  it('knows both line ends, and passes over empty lines', () => {
    const splitter = new LineSplitter(100);
    expect(text(splitter.push(Buffer.from('a\r\nb\n\n\r\nc')))).toEqual(['a', 'b']);
    expect(splitter.openBytes).toBe(1);
    expect(text(splitter.push(Buffer.from('d\n')))).toEqual(['cd']);
    expect(text(splitter.end(false))).toEqual([]);
  });

  it('gives what stands at the end without a line end: a line where its sender had sent everything, else a piece', () => {
    for (const [inOrder, expected] of [
      [true, 'last'],
      [false, '(last)'],
    ] as const) {
      const splitter = new LineSplitter(100);
      splitter.push(Buffer.from('last'));
      expect(text(splitter.end(inOrder))).toEqual([expected]);
      expect(splitter.openBytes).toBe(0);
    }
  });

  it('cuts what is too long and loses none of it', () => {
    const splitter = new LineSplitter(4);
    expect(text(splitter.push(Buffer.from('abcdefghij')))).toEqual(['(abcd)', '(efgh)']);
    expect(text(splitter.push(Buffer.from('kl\nxyz12\nok\nabcde')))).toEqual([
      'ok',
      '(ijkl)',
      '(xyz1)',
      '(2)',
      '(abcd)',
    ]);
    expect(text(splitter.end(true))).toEqual(['(e)']);
  });

  it('gives the same lines however the bytes are cut on their way', () => {
    const stream = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r'), maxLength: 60 });
    fc.assert(
      fc.property(stream, fc.array(fc.nat(60), { maxLength: 6 }), (all, cuts) => {
        const bytes = Buffer.from(all);
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const splitter = new LineSplitter(1000);
        const lines = at.slice(1).flatMap((end, i) => text(splitter.push(bytes.subarray(at[i], end))));
        const expected = all.split('\n').map((line) => line.replace(/\r+$/, ''));
        expect([...lines, ...text(splitter.end(true))]).toEqual(expected.filter((line) => line !== ''));
      }),
    );
  });
});
