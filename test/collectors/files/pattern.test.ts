import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { matches } from '../../../collectors/files/pattern.ts';

describe('patterns of file names', () => {
  it('know any run of characters and one character', () => {
    expect(matches('*.csv', 'calls.csv')).toBe(true);
    expect(matches('*.csv', '.csv')).toBe(true);
    expect(matches('*.csv', 'calls.csv.tmp')).toBe(false);
    expect(matches('CDR??.txt', 'CDR07.txt')).toBe(true);
    expect(matches('CDR??.txt', 'CDR7.txt')).toBe(false);
    expect(matches('*a*b*', 'xaxxbx')).toBe(true);
    expect(matches('*a*b*', 'xbxxax')).toBe(false);
    expect(matches('', '')).toBe(true);
    expect(matches('', 'a')).toBe(false);
    expect(matches('**', '')).toBe(true);
  });

  it('take every other character as itself', () => {
    expect(matches('a.c', 'abc')).toBe(false);
    expect(matches('[ab]', 'a')).toBe(false);
    expect(matches('[ab]', '[ab]')).toBe(true);
    expect(matches('a+(b)$', 'a+(b)$')).toBe(true);
    expect(matches('Ж?*', 'Жук')).toBe(true);
  });

  it('mean the same as the regular expression they stand for', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '*', '?'), { maxLength: 8 }).map((all) => all.join(''));
    const names = fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }).map((all) => all.join(''));
    fc.assert(
      fc.property(letters, names, (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matches(pattern, name)).toBe(expression.test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it('stay quick where a backtracking search would not', () => {
    const startedMs = performance.now();
    expect(matches('*a'.repeat(50), 'a'.repeat(5000) + 'b')).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});
