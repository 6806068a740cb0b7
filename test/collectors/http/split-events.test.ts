import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  faultOf,
  singleEvent,
  splitArray,
  splitLines,
  type EventLimits,
} from '../../../collectors/http/split-events.ts';

const LIMITS: EventLimits = { countMax: 1000, eventBytesMax: 1_000_000, depthMax: 64 };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (part: Uint8Array) => new TextDecoder().decode(part);
const split = (body: string, limits = LIMITS) => splitArray(bytes(body), limits).map(text);

function codeOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

describe('splitting a batch', () => {
  it('keeps the bytes of each element as they came', () => {
    expect(split(' [ {"a" : 1.50e+2, "b":"]},{" } ,\t[1,[2]],"x\\"y", -0.5 ,null ] ')).toEqual([
      '{"a" : 1.50e+2, "b":"]},{" }',
      '[1,[2]]',
      '"x\\"y"',
      '-0.5',
      'null',
    ]);
    expect(split('[]')).toEqual([]);
  });

  it('puts an element on one line without changing its value', () => {
    expect(split('[{\n  "a": 1,\r\n  "b": "\\n"\n}]')).toEqual(['{   "a": 1,    "b": "\\n" }']);
  });

  it('gives elements that together parse to the values of the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1, 3), (values, indent) => {
        const body = JSON.stringify(values, null, indent).replaceAll('\n', '\r\n');
        const parts = split(body);
        expect(parts.some((part) => /[\r\n]/.test(part))).toBe(false);
        expect(JSON.parse(`[${parts.join(',')}]`)).toEqual(JSON.parse(body));
      }),
    );
  });

  it('takes exactly what JSON.parse takes, however a text is broken', () => {
    const broken = fc
      .tuple(
        fc.array(fc.jsonValue()),
        fc.nat(),
        fc.constantFrom('', ',', '}', ']', '[', '"', '\\', '0', '-', 'e', '.', 'u', 't', '\n'),
      )
      .map(([values, at, insert]) => {
        const whole = JSON.stringify(values);
        const place = at % (whole.length + 1);
        // Cuts one character out or puts one in.
        return insert === ''
          ? whole.slice(0, place) + whole.slice(place + 1)
          : whole.slice(0, place) + insert + whole.slice(place);
      });
    fc.assert(
      fc.property(broken, (body) => {
        let parsed: unknown;
        try {
          parsed = JSON.parse(body);
        } catch {
          parsed = undefined;
        }
        const taken = codeOf(() => split(body)) === undefined;
        expect(taken).toBe(Array.isArray(parsed));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '[1,]',
    '[,1]',
    '[1 2]',
    '[1',
    '1]',
    '[01]',
    '[1.]',
    '[.5]',
    '[+1]',
    '[1e]',
    '["\\x"]',
    '["\\u12g4"]',
    '["a\nb"]',
    '[nul]',
    '[tru e]',
    '[1]x',
    '{"a":[1]}',
    '',
    '[{"a"}]',
    '[{a:1}]',
    "['a']",
    '[NaN]',
    '[//]',
  ])('refuses %j as no JSON array', (body) => {
    expect(codeOf(() => split(body))).toBe('BODY_NOT_JSON');
  });

  it('counts depth within one event and refuses more', () => {
    const nested = (depth: number) => `[${'['.repeat(depth)}${']'.repeat(depth)}]`;
    expect(split(nested(64))).toHaveLength(1);
    expect(codeOf(() => split(nested(65)))).toBe('BODY_TOO_DEEP');
    expect(codeOf(() => split('[' + '{"a":'.repeat(200_000)))).toBe('BODY_TOO_DEEP');
  });

  it('refuses too many events and too large ones', () => {
    expect(split('[1,2,3]', { ...LIMITS, countMax: 3 })).toHaveLength(3);
    expect(codeOf(() => split('[1,2,3,4]', { ...LIMITS, countMax: 3 }))).toBe('BODY_TOO_LARGE');
    expect(codeOf(() => split('["12345678"]', { ...LIMITS, eventBytesMax: 9 }))).toBe('BODY_TOO_LARGE');
    expect(codeOf(() => singleEvent(bytes('"12345678"'), { ...LIMITS, eventBytesMax: 9 }))).toBe('BODY_TOO_LARGE');
    expect(codeOf(() => splitLines(bytes('1\n2\n3\n4'), { ...LIMITS, countMax: 3 }))).toBe('BODY_TOO_LARGE');
  });
});

describe('splitting lines', () => {
  it('takes lines as they are, without line ends and blank lines', () => {
    expect(splitLines(bytes('{"a":1}\r\n\n  \nnot json \n{"b": 2}'), LIMITS).map(text)).toEqual([
      '{"a":1}',
      'not json',
      '{"b": 2}',
    ]);
    expect(splitLines(bytes('\n\n'), LIMITS)).toEqual([]);
  });

  it('names what keeps a line from being one JSON value', () => {
    const limits = { ...LIMITS, depthMax: 2 };
    expect(faultOf(bytes(' {"a":[1]} '), limits)).toBeNull();
    expect(faultOf(bytes('{"a":1} {"b":2}'), limits)).toBe('it is not JSON');
    expect(faultOf(bytes('[[[1]]]'), limits)).toBe('it nests deeper than 2 levels');
  });
});
