import { describe, expect, it } from 'vitest';
import { readField, smallFormat, decodeAll } from './helpers.ts';

describe('numbers', () => {
  it.each([
    ['type: number, unit: kWh', '0.125', '125'],
    ['type: number, unit: kWh', '12', '12000'],
    ['type: number, unit: m3, decimal: ","', '"3,5"', '3500'],
    ['type: number, unit: GB', '1.5', '1500000000'],
    ['type: number, unit: GiB', '9000000.000000001', 'DECODE_NUMBER'],
    ['type: number, unit: kWh', '0.0001', 'DECODE_NUMBER'],
    ['type: number, unit: kWh, excess: round', '0.0005', '1'],
    ['type: number, unit: kWh, excess: round', '0.0004999', '0'],
    ['type: number, decimals: 2, unit: s', 'x', 'DECODE_NUMBER'],
    ['type: duration, decimals: 2, unit: s', '12345', '123450'],
    ['type: integer', '007', '7'],
    ['type: integer', '-5', '-5'],
    ['type: integer', '9007199254740991', '9007199254740991'],
    ['type: integer', '9007199254740993', 'DECODE_NUMBER'],
    ['type: integer', '1.5', 'DECODE_NUMBER'],
    ['type: integer', '1e3', 'DECODE_NUMBER'],
    ['type: integer', '1.', 'DECODE_NUMBER'],
    ['type: integer', '12 345', 'DECODE_NUMBER'],
    ['type: integer, min: 1, max: 9', '10', 'DECODE_RANGE'],
    ['type: integer', ' 42 ', '42'],
    ['type: integer', '', ''],
    ['type: integer, required: true', '', 'DECODE_REQUIRED'],
  ])('%s reads %s as %s', (spec, raw, expected) => {
    const { value, fault } = readField(spec, raw);
    expect(fault ?? value).toBe(expected);
  });

  it('keeps the digits of a reading and counts it in kWh or m3', () => {
    expect(readField('type: reading, unit: kWh', '0012345.60').value).toBe('12345.60');
    expect(readField('type: reading, unit: Wh', '1234').value).toBe('1.234');
    expect(readField('type: reading, unit: MWh', '1.5').value).toBe('1500');
    expect(readField('type: reading, unit: l', '42').value).toBe('0.042');
  });
});

describe('durations', () => {
  it.each([
    ['unit: ms', '61500', '61500'],
    ['unit: s', '1.5', '1500'],
    ['unit: min', '90', '5400000'],
    ['unit: s', '-1', 'DECODE_RANGE'],
    ['pattern: HH:mm:ss', '01:02:03', '3723000'],
    ['pattern: H:mm:ss', '101:02:03', '363723000'],
    ['pattern: HHmmss', '000130', '90000'],
    ['pattern: HHmmssSS', '00013050', '90500'],
    ['pattern: mm:ss', '75:00', '4500000'],
    ['pattern: HH:mm:ss', '01:60:00', 'DECODE_NUMBER'],
    ['pattern: HH:mm:ss', '1:02:03', 'DECODE_NUMBER'],
    ['pattern: HH:mm:ss', '01:02:03 ', '3723000'],
    ['pattern: HH:mm:ss', '01:02:031', 'DECODE_NUMBER'],
  ])('%s reads %s as %s', (spec, raw, expected) => {
    const { value, fault } = readField(`type: duration, ${spec}`, raw);
    expect(fault ?? value).toBe(expected);
  });
});

describe('dates', () => {
  it.each([
    ['yyyy-MM-dd HH:mm:ss', '2026-09-01 06:30:03', '2026-09-01T03:30:03.000Z'],
    ['yyyy-MM-dd HH:mm:ss', '2026-01-15 12:00:00', '2026-01-15T10:00:00.000Z'],
    ['dd.MM.yyyy HH:mm', '29.02.2028 00:00', '2028-02-28T22:00:00.000Z'],
    ['yyyyMMddHHmmss', '20261231235959', '2026-12-31T21:59:59.000Z'],
    ['ddMMyy', '010926', '2026-08-31T21:00:00.000Z'],
    ['ctime', 'Thu Oct  1 08:00:00 2026', '2026-10-01T05:00:00.000Z'],
    ['iso', '2026-10-15T10:00:00Z', '2026-10-15T10:00:00.000Z'],
    ['iso', '2026-10-15T10:00:00.1239+02:00', '2026-10-15T08:00:00.123Z'],
    ['iso', '2026-10-15 10:00:00-0530', '2026-10-15T15:30:00.000Z'],
    ['iso', '2026-10-15T10:00', '2026-10-15T07:00:00.000Z'],
    ['iso', '2026-10-15', '2026-10-14T21:00:00.000Z'],
    ['iso', '2026-10-1510:00', 'DECODE_DATE'],
    ['epochSeconds', '1788253200.7', '2026-09-01T09:00:00.700Z'],
    ['epochMillis', '1788253200700', '2026-09-01T09:00:00.700Z'],
    // The hour that comes twice in autumn, the one that never comes in spring, midnight written as 24.
    ['yyyy-MM-dd HH:mm', '2026-10-25 03:30', '2026-10-25T00:30:00.000Z'],
    ['yyyy-MM-dd HH:mm', '2026-10-14 24:00', '2026-10-14T21:00:00.000Z'],
    ['yyyy-MM-dd HH:mm:ss', '2026-02-30 10:00:00', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2027-02-29 10:00:00', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2026-13-01 10:00:00', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2026-00-10 10:00:00', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2026-09-00 10:00:00', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2026-09-01 24:00:01', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2026-09-01 10:60:00', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2026-09-01 10:00:60', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2026-09-01T10:00:00', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2026-09-01 10:00:0', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '2026-09-01 1a:00:00', 'DECODE_DATE'],
    ['yyyy-MM-dd HH:mm:ss', '1970-01-01 00:00:00', 'DECODE_RANGE'],
    ['epochSeconds', '0', 'DECODE_RANGE'],
  ])('%s reads %s as %s', (pattern, raw, expected) => {
    const { value, fault } = readField(`type: dateTime, pattern: ${JSON.stringify(pattern)}`, raw);
    expect(fault ?? value).toBe(expected);
  });

  it('takes the later of two equal wall times when told so', () => {
    const spec = 'type: dateTime, pattern: "yyyy-MM-dd HH:mm", ambiguous: later';
    expect(readField(spec, '2026-10-25 03:30').value).toBe('2026-10-25T01:30:00.000Z');
  });

  it('does not take a day for valid because the one before it was', () => {
    // 2026-17-05 and 2027-01-05 must not meet in the cache of days.
    const rows = decodeAll(smallFormat(''), '2027-01-05 00:00:00,1,a\n2026-17-05 00:00:00,1,a\n');
    expect(rows.map(({ code }) => code)).toEqual(['', 'DECODE_DATE']);
  });

  it('reads each date by itself, whatever the ones before it were', () => {
    const dates = [
      ['2026-09-01 10:00:00', '2026-09-01T07:00:00.000Z'],
      ['2026-09-02 25:00:00', undefined],
      ['2026-09-01 10:00:01', '2026-09-01T07:00:01.000Z'],
      ['2026-09-01 24:00:00', '2026-09-01T21:00:00.000Z'],
      ['2026-09-01T10:00:01', undefined],
      ['2026-09-01 10-00:01', undefined],
      ['2026-09-01 10:00:0x', undefined],
      ['2026-10-01 10:00:01', '2026-10-01T07:00:01.000Z'],
      ['2027-10-01 10:00:01', '2027-10-01T07:00:01.000Z'],
      ['2027-10-01 23:59:59', '2027-10-01T20:59:59.000Z'],
    ];
    const rows = decodeAll(smallFormat(''), dates.map(([date]) => `${date},1,a\n`).join(''));
    expect(rows.map(({ code, startAt }) => (code === '' ? startAt : undefined))).toEqual(dates.map(([, at]) => at));
  });
});

describe('texts', () => {
  it.each([
    ['trim: both', '"  a b "', 'a b'],
    ['trim: left', '"  a b "', 'a b '],
    ['part: { after: "/", before: "-" }', 'SIP/up-link-0001', 'up-link'],
    ['part: { after: "/" }', 'none', 'none'],
    ['values: { A: one, B: two }', 'B', 'two'],
    ['values: { A: one }', 'C', 'DECODE_VALUE'],
    ['values: { A: one }', '', ''],
    ['values: { A: one }, otherwise: keep', 'C', 'C'],
    ['values: { A: one }, otherwise: { value: other }', 'C', 'other'],
    ['values: { "": none }', '', 'none'],
    ['maxLength: 3', 'abcd', 'DECODE_RANGE'],
    ['required: true', '', 'DECODE_REQUIRED'],
  ])('%s reads %s as %s', (spec, raw, expected) => {
    const { value, fault } = readField(spec, raw);
    expect(fault ?? value).toBe(expected);
  });
});

describe('telephone numbers', () => {
  const rules =
    "e164: { country: '380', area: '44', internationalPrefix: '00', nationalPrefix: '0', nationalLength: 9 }";
  it.each([
    ['+380441234567', '380441234567'],
    ['00380441234567', '380441234567'],
    ['00493012345678', '493012345678'],
    ['0441234567', '380441234567'],
    ['1234567', '380441234567'],
    ['380441234567', '380441234567'],
    ['(044) 123-45-67', '380441234567'],
    ['101', '101'],
    ['0800', '0800'],
    ['anonymous', 'anonymous'],
    ['*100#', '*100#'],
    ['+', '+'],
    ['', ''],
  ])('%s is %s', (raw, expected) => {
    expect(readField(rules, raw).value).toBe(expected);
  });

  it('needs no national prefix where a country has none', () => {
    const spec = "e164: { country: '48', internationalPrefix: '00', nationalPrefix: '', nationalLength: 9 }";
    expect(readField(spec, '123456789').value).toBe('48123456789');
    expect(readField(spec, '48123456789').value).toBe('48123456789');
  });
});

describe('derived fields', () => {
  it('joins texts and reads them as a date', () => {
    const format = smallFormat(
      'fields:\n  - { name: day, column: 1 }\n  - { name: time, column: 2 }\n' +
        '  - { name: at, join: [day, time], type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }\n' +
        '  - { name: seconds, column: 3, type: duration, unit: s }\nrecord: { start: at, quantity: seconds }',
    );
    const rows = decodeAll(format, '2026-09-01,10:00:00,5\n2026-09-01,25:00:00,5\n,,5\n');
    expect(rows[0]).toMatchObject({ startAt: '2026-09-01T07:00:00.000Z', quantity: 5000 });
    expect(rows[1]).toMatchObject({ code: 'DECODE_DATE', field: 'at' });
    expect(rows[2]).toMatchObject({ code: 'DECODE_REQUIRED', field: 'at' });
  });

  it('suspends a sum that no whole number can hold', () => {
    const format = smallFormat(
      'fields:\n  - { name: at, value: 1792044000000, type: integer }\n  - { name: low, column: 1, type: integer }\n' +
        '  - { name: high, column: 2, type: integer }\n' +
        '  - { name: octets, sum: [low, { field: high, times: 4294967296, default: 0 }] }\n' +
        'record: { start: at, quantity: octets }\nclasses: [{ class: data, kind: usage, service: data }]',
    );
    const rows = decodeAll(format, '5,1\n5,\n5,3000000\n,1\n');
    expect(rows.map(({ quantity, code }) => code || quantity)).toEqual([
      4294967301,
      5,
      'DECODE_NUMBER',
      'DECODE_REQUIRED',
    ]);
  });
});
