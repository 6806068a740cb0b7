import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFormat, compileFormat, decodeBytes, prepareFormat } from '../../../mediation/formats/index.ts';
import type { CompiledFormat } from '../../../mediation/formats/index.ts';
import { projectRoot } from '../../../platform/paths.ts';
import { Disposition } from '../../../schemas/columns/record-columns.ts';

const TABLE = `
format: table
family: dbf
encoding: cp866
timeZone: UTC
dbf: [NO N 3, LOGIN C 5, DAY D, OK L]
fields:
  - { name: gone, attribute: $deleted }
  - { name: no, attribute: no, type: integer, required: true }
  - { name: login, attribute: LOGIN }
  - { name: day, attribute: DAY, type: dateTime, pattern: yyyyMMdd }
classes:
  - { class: gone, kind: ignored, when: { gone: '*' } }
  - { class: call, kind: usage, service: data }
record: { start: day, quantity: no, login: login }
identity: [no]
`;

/** A table as dBase III writes it, byte by byte. */
function table(
  records: string[],
  { columns = ['NO N 3', 'LOGIN C 5', 'DAY D 8', 'OK L 1'], said = records.length } = {},
): Buffer {
  const header = Buffer.alloc(33 + 32 * columns.length);
  header.set([0x03, 126, 10, 15]);
  header.writeUInt32LE(said, 4);
  header.writeUInt16LE(header.length, 8);
  header.writeUInt16LE(1 + columns.reduce((sum, column) => sum + Number(column.split(' ')[2]), 0), 10);
  columns.forEach((column, no) => {
    const [name, type, width] = column.split(' ');
    header.write(name, 32 + 32 * no);
    header.write(type, 43 + 32 * no);
    header[48 + 32 * no] = Number(width);
  });
  header[header.length - 1] = 0x0d;
  return Buffer.concat([header, Buffer.from(records.join('') + '\x1a', 'latin1')]);
}

const ROWS = ['   1ivan 20261015T', '*  2anna 20261015F', '  33\xae\xab\xef  20261016?'];
const format = compileFormat(prepareFormat(TABLE));

/** Cut into pieces as the intake cuts, and decoded one by one. */
function inPieces(one: CompiledFormat, bytes: Buffer, size: number): { offset: number; login: string; no: number }[] {
  const found: { offset: number; login: string; no: number }[] = [];
  for (let at = 0; at < bytes.length;) {
    let window = bytes.subarray(at, at + size);
    const end = one.cut(window, at + size >= bytes.length, at === 0) || window.length;
    window = window.subarray(0, end);
    const columns = decodeBytes(one, window, { first: at === 0 });
    for (let i = 0; i < columns.count; i++) {
      if (columns.disposition[i] !== Disposition.usable) continue;
      const login = Buffer.from(
        columns.text.subarray(columns.textOffset[3][i], columns.textOffset[3][i] + columns.textLength[3][i]),
      );
      found.push({ offset: at + columns.recordOffset[i], login: login.toString(), no: columns.quantity[i] });
    }
    at += end;
  }
  return found;
}

describe('dBase tables', () => {
  it('give live records with their offsets, in their code page, however they are cut', () => {
    const bytes = table(ROWS);
    const start = 33 + 32 * 4;
    const expected = [
      { offset: start, no: 1 },
      { offset: start + 36, no: 33 },
    ];
    for (const size of [bytes.length, 180, 200, 220]) {
      expect(inPieces(format, bytes, size).map(({ offset, no }) => ({ offset, no }))).toEqual(expected);
    }
  });

  it('with another header, or cut off, are told from their begin', () => {
    const { headerMistake } = format;
    const said = (bytes: Buffer): string | null => headerMistake!(bytes, bytes.length);
    expect(said(table(ROWS))).toBeNull();
    expect(said(table(ROWS, { columns: ['NO N 3', 'LOGIN C 6', 'DAY D 8', 'OK L 1'] }))).toMatch(
      /column 2 is LOGIN C 6/,
    );
    expect(said(table(ROWS, { columns: ['NO N 3', 'LOGIN C 5', 'DAY D 8'] }))).toMatch(/column 4 is missing/);
    expect(said(table(ROWS, { columns: ['NO N 3', 'LOGIN C 5', 'DAY D 8', 'OK L 1', 'X C 1'] }))).toMatch(
      /has 5 columns/,
    );
    expect(said(table(ROWS, { said: 4 }))).toBe('its header says 4 records, and there are 3');
    expect(said(Buffer.from('NO;LOGIN;DAY\n1;ivan;20261015\n'))).toMatch(/does not begin like a dBase table/);
  });

  it('appended to another are damaged records, also where a slice begins with their header', () => {
    const one = table(ROWS).subarray(0, -1);
    const both = Buffer.concat([one, table(ROWS)]);
    expect(inPieces(format, both, one.length)).toEqual(inPieces(format, both, both.length));
  });

  it('do not lose a record that is damaged, nor those behind it', () => {
    for (const wrong of ['\x03', '\x1a', 'x']) {
      const columns = decodeBytes(format, table([ROWS[0], wrong + ROWS[0].slice(1), ROWS[0]]), { first: true });
      expect(Array.from(columns.disposition.subarray(0, columns.count))).toEqual([
        ...[Disposition.usable, Disposition.suspended, Disposition.usable],
      ]);
    }
  });
});

const LINES = (...lines: string[]): string => `
format: some-lines
family: lines
timeZone: UTC
lines: ${JSON.stringify(lines)}
fields:
  - { name: user, attribute: user }
  - { name: at, attribute: at, type: dateTime, pattern: iso }
  - { name: bytes, attribute: bytes, type: integer }
classes: [{ class: end, kind: usage, service: data, when: { user: { empty: false } } }, { class: other, kind: ignored }]
record: { start: at, quantity: bytes, login: user }
identity: [user, at]
`;

describe('lines with values in them', () => {
  const read = (patterns: string[], line: string): [string, number] | null => {
    const columns = decodeBytes(compileFormat(prepareFormat(LINES(...patterns))), Buffer.from(`${line}\n`), {
      first: true,
    });
    if (columns.disposition[0] !== Disposition.usable) return null;
    const login = columns.textOffset.findIndex((_, field) => columns.textLength[field][0] > 0);
    const from = columns.textOffset[login][0];
    return [
      Buffer.from(columns.text.subarray(from, from + columns.textLength[login][0])).toString(),
      columns.quantity[0],
    ];
  };

  it('fit as a whole or not at all, blanks however many, the first pattern that fits', () => {
    const pattern = '{at} user {user} got {bytes} bytes';
    expect(read([pattern], '2026-10-15T00:00:00Z user ivan got 12 bytes')).toEqual(['ivan', 12]);
    expect(read([pattern], '2026-10-15T00:00:00Z  user\tivan   got 12 bytes')).toEqual(['ivan', 12]);
    expect(read([pattern], '2026-10-15T00:00:00Z user ivan got 12 bytes.')).toBeNull();
    expect(read([pattern], 'x 2026-10-15T00:00:00Z user ivan got 12 bytes')).toBeNull();
    expect(read([pattern], '2026-10-15T00:00:00Z user i got v got 12 bytes')).toBeNull();
    expect(read([`${pattern} {}`, pattern], '2026-10-15T00:00:00Z user ivan got 12 bytes')).toEqual(['ivan', 12]);
    expect(read(['{at} {user} {bytes}'], '2026-10-15T00:00:00Z ivan 7')).toEqual(['ivan', 7]);
  });

  it('are refused when values touch, or a field names what stands nowhere', () => {
    const said = (pattern: string): string[] => checkFormat(LINES(pattern)).map(({ message }) => message);
    expect(said('{at}{user} {bytes}')).toEqual(['has two values with nothing between them']);
    expect(said('{at} {user}')).toEqual(['"bytes" stands in none of `lines`']);
  });
});

it('the prefix of RFC 3164 is not guessed into a year', () => {
  const text = readFileSync(path.join(projectRoot, 'formats', 'ppp-syslog-mikrotik.yaml'), 'utf8');
  const line = 'Oct 15 09:00:05 bras ppp,info,account ivan logged out, 60 10 20 1 2 from 02:00:5E:10:00:17\n';
  const columns = decodeBytes(compileFormat(prepareFormat(text)), Buffer.from(line), { first: true });
  expect(columns.disposition[0]).toBe(Disposition.suspended);
});
