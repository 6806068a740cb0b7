import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../platform/canonical-json.ts';

describe('canonical JSON', () => {
  it('sorts keys, leaves undefined out and refuses what has no exact spelling', () => {
    expect(canonicalJson({ b: [1, null, 'ä"\n'], a: { y: true, x: undefined, é: -0 } })).toBe(
      '{"a":{"y":true,"é":0},"b":[1,null,"ä\\"\\n"]}',
    );
    expect(() => canonicalJson({ amount: 0.5 })).toThrow(RangeError);
    expect(() => canonicalJson(2 ** 53)).toThrow(RangeError);
  });

  it('has one spelling for equal values, and reads back as the value', () => {
    const json = fc.letrec((tie) => ({
      value: fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(fc.string(), tie('value'), { maxKeys: 5 }),
    }));
    fc.assert(
      fc.property(json.object, (value) => {
        const entries = Object.entries(value as Record<string, unknown>);
        const turned = Object.fromEntries([...entries].reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
