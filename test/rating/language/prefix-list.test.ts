import { describe, it, expect } from 'vitest';
import fc from 'fast-check';
import { PrefixList } from '../../../rating/language/prefix-list.ts';

const digits = fc.oneof(fc.stringMatching(/^[0-9]{0,3}$/), fc.stringMatching(/^[01]{0,32}$/));

describe('a list of prefixes', () => {
  it('puts them in the order of their digits, finds each, and tells what was added again', () => {
    fc.assert(
      fc.property(fc.array(digits, { maxLength: 200 }), (prefixes) => {
        const list = new PrefixList();
        prefixes.forEach((prefix, index) => list.add(`<${prefix}>`, 1, 1 + prefix.length, index));
        const twins = list.sort().map(({ index, prefix, earlier }) => ({ index, prefix, earlier }));
        const again = prefixes.flatMap((prefix, index) => {
          const earlier = prefixes.indexOf(prefix);
          return earlier === index ? [] : [{ index, prefix, earlier }];
        });
        expect(twins.sort((a, b) => a.index - b.index)).toEqual(again);
        const inOrder: string[] = [];
        list.forEach((prefix) => inOrder.push(prefix));
        expect(inOrder).toEqual(prefixes.toSorted());
        if (again.length > 0) return;
        for (const [index, prefix] of prefixes.entries()) expect(list.valueOf(prefix)).toBe(index);
        if (!prefixes.includes('777')) expect(list.valueOf('777')).toBe(-1);
      }),
    );
  });
});
