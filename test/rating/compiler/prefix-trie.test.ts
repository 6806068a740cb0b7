import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { buildPrefixTrie, findPrefix } from '../../../rating/compiler/prefix-trie.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const find = (trie: Int32Array, digits: string) => findPrefix(trie, bytes(`##${digits}99`), 2, digits.length);

describe('the prefix trie', () => {
  it('finds the longest prefix, and only within the number', () => {
    const trie = buildPrefixTrie(['380', '38044', '380445', '1'], [0, 1, 2, 3]);
    const table: [string, number][] = [
      ['380501234567', 0],
      ['380441234567', 1],
      ['380445', 2],
      ['38044', 1],
      ['38', -1],
      ['', -1],
      ['1', 3],
      ['2', -1],
      ['+380', -1],
      ['380a4', 0],
    ];
    for (const [digits, zone] of table) expect(find(trie, digits), digits).toBe(zone);
  });

  it('lets the empty prefix match everything', () => {
    const trie = buildPrefixTrie(['', '38'], [7, 8]);
    expect(['', '3', '38', '39', '*100'].map((digits) => find(trie, digits))).toEqual([7, 7, 8, 7, 7]);
  });

  it('answers as a search through all prefixes does', () => {
    const digits = fc.stringMatching(/^[0-3]{0,5}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(digits, { maxLength: 60 }),
        fc.array(digits, { maxLength: 30 }),
        (prefixes, numbers) => {
          const trie = buildPrefixTrie(
            prefixes,
            prefixes.map((_, index) => index),
          );
          for (const number of numbers) {
            let best = -1;
            prefixes.forEach((prefix, index) => {
              if (number.startsWith(prefix) && (best === -1 || prefix.length > prefixes[best]!.length)) best = index;
            });
            expect(find(trie, number)).toBe(best);
          }
        },
      ),
    );
  });

  it('holds 50,000 prefixes in a few megabytes', () => {
    const prefixes = Array.from({ length: 50_000 }, (_, index) => String(100_000 + index * 17));
    const trie = buildPrefixTrie(
      prefixes,
      prefixes.map((_, index) => index),
    );
    expect(trie.byteLength).toBeLessThan(4 * 2 ** 20);
    for (let index = 0; index < prefixes.length; index += 7) expect(find(trie, `${prefixes[index]}55`)).toBe(index);
  });
});
