import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryEvent, DEFAULT_EVENT_LIMITS, envelopeProblem, isBinaryMode } from '../../../collectors/http/index.ts';

const REQUIRED = ['ce-specversion', '1.0', 'ce-type', 'call', 'ce-source', '/pbx', 'ce-id', '1'];

function read(contentType: string | undefined, headers: string[], body: string | Uint8Array = ''): string {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return Buffer.from(binaryEvent(contentType, headers, bytes, DEFAULT_EVENT_LIMITS)).toString();
}

const attribute = (raw: string): unknown =>
  (JSON.parse(read(undefined, [...REQUIRED, 'ce-subject', raw])) as { subject: unknown }).subject;

/** Section 3.1.3.2 of the binding, written the other way round. */
function encoded(text: string): string {
  return [...text]
    .map((sign) =>
      /^[!#$&-~]$/.test(sign)
        ? sign
        : [...Buffer.from(sign)].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''),
    )
    .join('');
}

describe('a CloudEvent in binary mode', () => {
  it('becomes one structured event whose bytes follow from attributes and data alone', () => {
    const expected =
      '{"specversion":"1.0","id":"1","source":"/pbx","type":"call","datacontenttype":"application/json; charset=utf-8",' +
      '"subject":"s","traceparent":"00-ab","data":{"n": 1.10, "a":[1]}}';
    const body = '{"n": 1.10,\n"a":[1]}';
    const type = 'application/json; charset=utf-8';
    expect(read(type, [...REQUIRED, 'ce-traceparent', '00-ab', 'ce-subject', 's'], body)).toBe(expected);
    const other = ['Host', 'x', 'CE-Subject', 's', ...REQUIRED, 'Ce-TraceParent', '00-ab'];
    expect(read(type, other, `\ufeff ${body}\n`)).toBe(expected);
  });

  it('carries data of other types in base64, JSON of all types as JSON, and none as none', () => {
    const event = (type: string | undefined, body: string | Uint8Array) =>
      JSON.parse(read(type, REQUIRED, body)) as object;
    expect(event('text/plain', 'hello')).toMatchObject({ datacontenttype: 'text/plain', data_base64: 'aGVsbG8=' });
    expect(event('application/octet-stream', new Uint8Array([0, 255]))).toMatchObject({ data_base64: 'AP8=' });
    expect(event('application/vnd.meter+JSON', '[1]')).toMatchObject({ data: [1] });
    expect(event(undefined, '{"n":1}')).toMatchObject({ data: { n: 1 } });
    expect(event(undefined, 'n=1')).toMatchObject({ data_base64: 'bj0x' });
    expect(Object.keys(event('application/json', ''))).toEqual([
      'specversion',
      'id',
      'source',
      'type',
      'datacontenttype',
    ]);
  });

  it('undoes quotes and one round of percent-encoding', () => {
    // The binding's own example.
    expect(attribute('Euro%20%E2%82%AC%20%F0%9F%98%80')).toBe('Euro € 😀');
    expect(attribute('"a b\\"c"')).toBe('a b"c');
    expect(attribute('%41%2525')).toBe('A%25');
    expect(attribute('  a b  ')).toBe('a b');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(attribute(encoded(text))).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['an overlong encoding', ['ce-subject', '%C0%A0']],
    ['half of a character', ['ce-subject', '%E2%82']],
    ['a percent sign that encodes nothing', ['ce-subject', '100%']],
    ['bytes that are not ASCII', ['ce-subject', 'caf\u00e9']],
    ['a header that stands twice', ['ce-subject', 'a', 'Ce-Subject', 'b']],
    ['a name that is no attribute', ['ce-sub-ject', 'a']],
    ['data as an attribute', ['ce-data', 'a']],
    ['the type of the data as an attribute', ['ce-datacontenttype', 'text/plain']],
  ])('is refused with %s', (_name, headers) => {
    expect(() => read(undefined, [...REQUIRED, ...headers])).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  });

  it('is refused when its JSON data is none, too deep or too large', () => {
    expect(() => read('application/json', REQUIRED, '{"n":')).toThrow(
      expect.objectContaining({ code: 'BODY_NOT_JSON' }),
    );
    expect(() => read('application/json', REQUIRED, '{},"id":"2"')).toThrow(
      expect.objectContaining({ code: 'BODY_NOT_JSON' }),
    );
    expect(() => read('application/json', REQUIRED, '['.repeat(32) + ']'.repeat(32))).toThrow(
      expect.objectContaining({ code: 'BODY_TOO_DEEP' }),
    );
    expect(() => read('text/plain', REQUIRED, 'x'.repeat(200_000))).toThrow(
      expect.objectContaining({ code: 'BODY_TOO_LARGE' }),
    );
  });

  it('lacking an attribute is an event with a flaw', () => {
    const event = Buffer.from(read('application/json', REQUIRED.slice(0, 6), '{}'));
    expect(envelopeProblem(event)).toBe('id is missing or empty');
  });

  it('is told by its headers, unless the content type says otherwise', () => {
    expect(isBinaryMode('application/json', { 'ce-id': '1' })).toBe(true);
    expect(isBinaryMode(undefined, { 'ce-specversion': '1.0' })).toBe(true);
    expect(isBinaryMode('application/json', {})).toBe(false);
    expect(isBinaryMode('Application/CloudEvents+json; charset=utf-8', { 'ce-id': '1' })).toBe(false);
    expect(isBinaryMode('application/cloudevents-batch+json', { 'ce-id': '1' })).toBe(false);
  });
});
