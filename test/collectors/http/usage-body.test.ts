import { describe, expect, it } from 'vitest';
import { DEFAULT_EVENT_LIMITS, readUsageBody, type UsageMediaType } from '../../../collectors/http/index.ts';

const EVENT = '{"specversion":"1.0","id":"1","source":"/pbx","type":"call"}';

function read(mediaType: UsageMediaType, body: string | Uint8Array) {
  const received = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const { events, flaws } = readUsageBody(mediaType, received, DEFAULT_EVENT_LIMITS);
  return { events: events.map((event) => new TextDecoder().decode(event)), flaws };
}

describe('reading a usage body', () => {
  it('reads a single event, a batch and lines', () => {
    const one = { events: [EVENT], flaws: [] };
    const two = { events: [EVENT, EVENT], flaws: [] };
    expect(read('application/cloudevents+json', EVENT)).toEqual(one);
    expect(read('application/cloudevents-batch+json', `[${EVENT},${EVENT}]`)).toEqual(two);
    expect(read('application/x-ndjson', `${EVENT}\n${EVENT}\n`)).toEqual(two);
    expect(read('application/json', EVENT)).toEqual(one);
    expect(read('application/json', ` [${EVENT}, ${EVENT}]`)).toEqual(two);
  });

  it('passes over a byte order mark', () => {
    expect(read('application/cloudevents+json', `\ufeff${EVENT}`).events).toEqual([EVENT]);
  });

  it('keeps flawed events among their neighbours and says what is wrong', () => {
    const batch = `[${EVENT},{"specversion":"0.3","id":"","source":"/pbx"},7,[]]`;
    expect(read('application/cloudevents-batch+json', batch)).toEqual({
      events: [EVENT, '{"specversion":"0.3","id":"","source":"/pbx"}', '7', '[]'],
      flaws: [
        { index: 1, problem: 'specversion is not "1.0", id is missing or empty, type is missing or empty' },
        { index: 2, problem: 'it is not an object' },
        { index: 3, problem: 'it is not an object' },
      ],
    });
    expect(read('application/x-ndjson', `garbage\n${EVENT}`)).toEqual({
      events: ['garbage', EVENT],
      flaws: [{ index: 0, problem: 'it is not JSON' }],
    });
  });

  it('takes attributes from the event only, not through a key named __proto__', () => {
    const { flaws } = read('application/json', `{"__proto__":${EVENT}}`);
    expect(flaws[0]?.problem).toContain('id is missing');
    expect(({} as Record<string, unknown>).specversion).toBeUndefined();
  });

  it('keeps an event with bytes that are not UTF-8, as flawed', () => {
    const bad = new Uint8Array([
      ...new TextEncoder().encode(`[${EVENT},{"a":"`),
      0xff,
      ...new TextEncoder().encode('"}]'),
    ]);
    expect(read('application/cloudevents-batch+json', bad).flaws).toEqual([
      { index: 1, problem: 'it is not JSON in UTF-8' },
    ]);
  });

  it.each<[UsageMediaType, string]>([
    ['application/cloudevents+json', `[${EVENT}]`],
    ['application/cloudevents+json', ''],
    ['application/cloudevents+json', `${EVENT}${EVENT}`],
    ['application/cloudevents-batch+json', EVENT],
    ['application/cloudevents-batch+json', '[]'],
    ['application/x-ndjson', '\n'],
    ['application/x-ndjson', 'garbage\nmore'],
    ['application/json', 'garbage'],
  ])('refuses as %s the body %j', (mediaType, body) => {
    expect(() => read(mediaType, body)).toThrow(expect.objectContaining({ code: 'BODY_NOT_JSON' }));
  });
});
