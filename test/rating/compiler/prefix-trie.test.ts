import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { buildPrefixTrie, findPrefix, PrefixBatch, type PrefixTrie } from '../../../rating/compiler/prefix-trie.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
/** Both ways of looking up, which must agree. */
function find(trie: PrefixTrie, digits: string): number {
  const text = bytes(`##${digits}99`);
  const batch = new PrefixBatch(1);
  batch.at[0] = 2;
  batch.end[0] = 2 + digits.length;
  batch.find(trie, text, 1);
  expect(batch.found[0], digits).toBe(findPrefix(trie, text, 2, digits.length));
  return batch.found[0]!;
}

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
    const digits = fc.oneof(fc.stringMatching(/^[0-3]{0,5}$/), fc.stringMatching(/^[01]{0,32}$/));
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
    expect(trie.nodes.byteLength + trie.table.byteLength).toBeLessThan(4 * 2 ** 20);
    for (let index = 0; index < prefixes.length; index += 7) expect(find(trie, `${prefixes[index]}55`)).toBe(index);
  });

  it('looks up many numbers at once, of any length and with anything in them, in a trie with a table', () => {
    const prefixes = Array.from({ length: 5000 }, (_, index) => String(index * 7919).slice(0, 1 + (index % 7)));
    const unique = [...new Set(prefixes)];
    const trie = buildPrefixTrie(
      unique,
      unique.map((_, index) => index),
    );
    expect(trie.tableDigits).toBeGreaterThan(2);
    const numbers = fc.array(fc.stringMatching(/^[0-9]{0,9}[a+*]?[0-9]{0,4}$/), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(numbers, (list) => {
        const text = bytes(list.join(''));
        const batch = new PrefixBatch(list.length);
        let at = 0;
        list.forEach((number, index) => {
          batch.at[index] = at;
          batch.end[index] = at += number.length;
        });
        batch.find(trie, text, list.length);
        list.forEach((number, index) => {
          const digits = /^[0-9]*/.exec(number)![0];
          const matching = unique.filter((prefix) => digits.startsWith(prefix)).sort((a, b) => b.length - a.length);
          expect(batch.found[index], number).toBe(matching.length === 0 ? -1 : unique.indexOf(matching[0]!));
        });
      }),
    );
  });
});
