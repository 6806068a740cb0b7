import { describe, expect, it } from 'vitest';
import { TollgridError } from '../../../platform/errors.ts';
import { checkFormat, compileFormat, prepareFormat, testFormat } from '../../../mediation/formats/index.ts';
import { smallText } from './helpers.ts';

/** Messages of the mistakes in a small format with these lines. */
function mistakes(lines: string): string {
  return checkFormat(smallText(lines))
    .map(({ path, message }) => `${path} ${message}`)
    .join('\n');
}

const FIELDS =
  'fields:\n  - { name: at, column: 1, type: dateTime, pattern: iso }\n  - { name: seconds, column: 2, type: duration, unit: s }\n  - { name: to, column: 3 }\n';

describe('checkFormat', () => {
  it('finds nothing wrong with a right file', () => {
    expect(checkFormat(smallText(''))).toEqual([]);
  });

  it('lists all mistakes with their lines', () => {
    const text = `format: Bad Name\nfamily: delimited\nfields:\n  - { name: a, colum: 1 }\nclasses: []\nrecord: {}\nidentity: some\n`;
    expect(checkFormat(text).map(({ line, path }) => [line, path])).toEqual([
      [1, '/format'],
      [4, '/fields/0'],
      [5, '/classes'],
      [7, '/identity'],
    ]);
  });

  it('points at the line of YAML that cannot be read', () => {
    expect(checkFormat('format: x\nfamily: [\n')[0].line).toBeGreaterThan(1);
  });

  it.each([
    ["separator: ';;'", '/separator'],
    ['length: 5', 'is not known in the family delimited'],
    ["separator: '\"'", 'is the separator too'],
    ['timeZone: Mars/Olympus', 'no IANA time zone'],
    ['multiline: true\nencoding: utf-16le', 'cannot be told from line ends'],
    ['family: json\nencoding: cp866', 'can be read in utf-8'],
    [`${FIELDS}  - { name: to, column: 4 }`, '`to` stands here twice'],
    [`${FIELDS}  - { name: x }`, 'say where the value comes from'],
    [`${FIELDS}  - { name: x, column: 1, value: 2 }`, 'say where the value comes from'],
    [`${FIELDS}  - { name: x, path: a.b }`, 'stand at a `column`'],
    [`${FIELDS}  - { name: x, column: 4, unit: s }`, 'has no meaning for type text'],
    [`${FIELDS}  - { name: x, column: 4, type: duration }`, 'needs a `unit` or a `pattern`'],
    [`${FIELDS}  - { name: x, column: 4, type: duration, unit: kWh }`, 'a duration is counted in'],
    [`${FIELDS}  - { name: x, column: 4, type: dateTime, pattern: yyyy-QQ }`, '`QQ` is no part of a date'],
    [`${FIELDS}  - { name: x, column: 4, type: dateTime, pattern: HH:mm }`, 'year, month or day is missing'],
    [`${FIELDS}  - { name: x, column: 4, type: dateTime }`, 'a dateTime needs a `pattern`'],
    [`${FIELDS}  - { name: x, column: 4, type: reading, unit: s }`, 'a reading needs a `unit`'],
    [`${FIELDS}  - { name: x, sum: [y] }\n  - { name: y, column: 4, type: integer }`, 'no field `y` above'],
    [`${FIELDS}  - { name: x, sum: [to] }`, '`to` is text, which has no sum'],
    [`${FIELDS}  - { name: x, first: [to, seconds] }`, '`seconds` is duration, this field text'],
    [
      `${FIELDS}  - { name: x, column: 4, e164: { country: 380, internationalPrefix: 00, nationalPrefix: 0 } }`,
      "write '00' in quotes",
    ],
    ['record: { start: at, quantity: secs }', 'there is no field `secs`'],
    ['record: { start: to, quantity: seconds }', 'needs a field of type dateTime or integer'],
    ['record: { start: at }', 'usage needs quantity in `record`'],
    ['classes: [{ class: a, kind: usage }]', 'usage needs a `service`'],
    [
      'classes: [{ class: a, kind: usage, service: electricity }]',
      'electricity is counted in Wh, but `seconds` comes in ms',
    ],
    ['classes: [{ class: a, kind: ignored }, { class: b, kind: ignored }]', 'never reached'],
    ['classes: [{ class: a, kind: ignored, when: { x: 1 } }]', 'there is no field `x`'],
    ['classes: [{ class: a, kind: ignored, when: { to: { above: 1 } } }]', '`to` is no number'],
    ['classes: [{ class: a, kind: registerReading, service: water }]', 'registerReading needs value, meter'],
    ['identity: [nobody]', 'there is no field `nobody`'],
    ['recordTypes: { range: "1", detail: D }', 'say where the mark stands with `column`'],
    [`${FIELDS}  - { name: n, column: 2, in: trailer }`, '`recordTypes` names no trailer'],
    ['trailer: { count: to }', '`to` is no field `in: trailer`'],
  ])('refuses %s', (lines, message) => {
    expect(mistakes(lines)).toContain(message);
  });

  it('needs a zone for dates without an offset', () => {
    expect(checkFormat(smallText('').replace(/timeZone.*/, '')).map(({ message }) => message)).toEqual([
      'dates without an offset need a `timeZone`, here or for the whole file',
    ]);
  });
});

describe('compileFormat', () => {
  it('throws one error that names file, lines and all mistakes', () => {
    try {
      prepareFormat(smallText('record: { start: a, quantity: b }'), 'calls.yaml');
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TollgridError);
      expect((error as TollgridError).code).toBe('FORMAT_INVALID');
      expect((error as TollgridError).message).toMatch(/^calls\.yaml:\d+: .*`a`\ncalls\.yaml:\d+: .*`b`/);
    }
  });

  it('takes zones and code pages from the publication, not from the machine', () => {
    const publication = prepareFormat(smallText('encoding: cp1251'));
    expect(Object.keys(publication.data.zones)).toEqual(['Europe/Kyiv']);
    expect(publication.data.codePages['cp1251']).toHaveLength(256);
    // A zone that is one hour off, as another machine might have it.
    publication.data.zones['Europe/Kyiv'] = [[0, 3_600_000]];
    const [at] = compileFormat(publication).explain(Buffer.from('2026-09-01 10:00:00,1,a'));
    expect(at.value).toBe('2026-09-01T09:00:00.000Z');
  });
});

describe('testFormat', () => {
  it('tells what differs', () => {
    const [result] = testFormat(
      smallText(
        "tests:\n  - name: one\n    given: '2026-09-01 10:00:00,5,a'\n    expect: [{ quantity: 6, calledParty: a, x: 1 }, {}]",
      ),
    );
    expect(result).toMatchObject({ name: 'one', passed: false });
    expect(result.differences).toEqual([
      'expected 2 records, found 1',
      'record 1: quantity is 5000, expected 6',
      expect.stringContaining('record 1: there is nothing called x'),
    ]);
  });
});
