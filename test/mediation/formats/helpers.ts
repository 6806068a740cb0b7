import { compileFormat, decodeBytes, prepareFormat } from '../../../mediation/formats/index.ts';
import type { CompiledFormat } from '../../../mediation/formats/index.ts';
import { describeRecord } from '../../../mediation/formats/format-tests.ts';

/** A format file of a few columns, to which a test adds what it is about. */
export function smallFormat(lines: string): CompiledFormat {
  return compileFormat(prepareFormat(smallText(lines)));
}

export function smallText(lines: string): string {
  const has = (key: string): boolean => new RegExp(`^${key}:`, 'm').test(lines);
  const defaults = [
    ['format', 'format: small'],
    ['family', 'family: delimited'],
    ['timeZone', 'timeZone: Europe/Kyiv'],
    ['classes', 'classes: [{ class: call, kind: usage, service: voice }]'],
    ['identity', 'identity: occurrence'],
    ['record', 'record: { start: at, quantity: seconds, calledParty: to }'],
    [
      'fields',
      'fields:\n  - { name: at, column: 1, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }\n' +
        '  - { name: seconds, column: 2, type: duration, unit: s }\n  - { name: to, column: 3 }',
    ],
  ];
  return [...defaults.filter(([key]) => !has(key)).map(([, text]) => text), lines].join('\n');
}

/** Decodes and describes each record as a format's own tests see it. */
export function decodeAll(format: CompiledFormat, input: string | Uint8Array, first = true): Record<string, unknown>[] {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  const columns = decodeBytes(format, bytes, { first });
  return Array.from({ length: columns.count }, (_, i) => describeRecord(format, columns, i));
}

/** One field of type `type` alone, as `value`: what decoding makes of `raw`. */
export function readField(spec: string, raw: string, more = ''): { value: string; fault?: string } {
  const format = smallFormat(
    `fields:\n  - { name: at, value: 1792044000000, type: integer }\n  - { name: f, column: 1, ${spec} }\n` +
      `  - { name: one, value: 1, type: integer }\nrecord: { start: at, quantity: one }\n${more}`,
  );
  const bytes = Buffer.from(raw);
  const { value, fault } = format.explain(bytes).find(({ field }) => field === 'f')!;
  return fault === undefined ? { value } : { value, fault };
}
