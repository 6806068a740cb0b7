import { describe, expect, it } from 'vitest';
import { codePage } from '../../../platform/code-page.ts';
import { decodeBytes, explainRecord } from '../../../mediation/formats/index.ts';
import { errorNo } from '../../../platform/errors.ts';
import { Disposition } from '../../../schemas/columns/record-columns.ts';
import { decodeAll, smallFormat } from './helpers.ts';

const TIME = '2026-09-01 10:00:00';

function called(rows: Record<string, unknown>[]): unknown[] {
  return rows.map(({ calledParty, code }) => code || calledParty);
}

describe('delimited', () => {
  it('reads quotes as RFC 4180 has them', () => {
    const rows = decodeAll(
      smallFormat(''),
      `${TIME},1,"a,b"\r\n"${TIME}","1","say ""hi"""\n${TIME},1,""\n${TIME},1,\n`,
    );
    expect(called(rows)).toEqual(['a,b', 'say "hi"', '', '']);
  });

  it('keeps a quote inside an unquoted value', () => {
    expect(called(decodeAll(smallFormat(''), `${TIME},1,5" disk\n`))).toEqual(['5" disk']);
  });

  it('ends a record with its line, whatever is quoted', () => {
    const rows = decodeAll(smallFormat('columns: 3'), `${TIME},1,"open\n${TIME},1,next\n`);
    expect(called(rows)).toEqual(['DECODE_QUOTE', 'next']);
  });

  it('refuses text behind a closing quote', () => {
    expect(called(decodeAll(smallFormat(''), `${TIME},1,"a"b\n${TIME},1,"a"\n`))).toEqual(['DECODE_QUOTE', 'a']);
  });

  it('closes a quote only where a column ends when quotes are not escaped', () => {
    const rows = decodeAll(
      smallFormat('escape: none'),
      `${TIME},1,"the "big" desk"\n"${TIME}","1",""\n${TIME},1,"a" b"\r\n`,
    );
    expect(called(rows)).toEqual(['the "big" desk', '', 'a" b']);
  });

  it('takes line ends into quoted values when told so', () => {
    const rows = decodeAll(smallFormat('multiline: true'), `${TIME},1,"two\nlines"\n${TIME},1,x\n`);
    expect(called(rows)).toEqual(['two\nlines', 'x']);
  });

  it('loses one line to a quote that never closes, also over several lines', () => {
    const rows = decodeAll(smallFormat('multiline: true\ncolumns: 3'), `${TIME},1,"open\n${TIME},1,b\n${TIME},1,c\n`);
    expect(called(rows)).toEqual(['DECODE_QUOTE', 'b', 'c']);
  });

  it('does not let an unclosed quote swallow more than 64 KiB', () => {
    const line = `${TIME},1,ok\n`;
    const rows = decodeAll(smallFormat('multiline: true\ncolumns: 3'), `${TIME},1,"open\n${line.repeat(4000)}`);
    expect(called(rows).slice(0, 3)).toEqual(['DECODE_QUOTE', 'ok', 'ok']);
    expect(rows).toHaveLength(4001);
  });

  it('suspends pieces of records, also where they could be read, and knows them from the records they are of', () => {
    const format = smallFormat('headerLines: 1');
    const lines = Buffer.from(`${TIME},1,first\n${TIME},1,second\n`);
    const whole = decodeBytes(format, lines, { first: false });
    const pieces = decodeBytes(format, lines, { first: true, pieces: true });
    const pieceNo = errorNo('DECODE_PIECE');
    expect([...whole.code.subarray(0, whole.count), ...pieces.code.subarray(0, pieces.count)]).toEqual([
      ...[0, 0],
      ...[pieceNo, pieceNo],
    ]);
    expect(pieces.disposition[1]).toBe(Disposition.suspended);
    expect(pieces.identity.slice(0, 8)).not.toEqual(whole.identity.slice(0, 8));
  });

  it('counts columns', () => {
    const rows = decodeAll(
      smallFormat('columns: { min: 3, max: 4 }'),
      `${TIME},1\n${TIME},1,a\n${TIME},1,b,c\n${TIME},1,b,c,d\n`,
    );
    expect(called(rows)).toEqual(['DECODE_COLUMNS', 'a', 'b', 'DECODE_COLUMNS']);
  });

  it('skips header lines, a byte order mark and blank lines at the begin of a file only', () => {
    const format = smallFormat('headerLines: 1');
    const text = `\ufeffat,seconds,to\n\n${TIME},1,a\n\r\n${TIME},1,b`;
    expect(called(decodeAll(format, text))).toEqual(['a', 'b']);
    expect(called(decodeAll(format, `${TIME},1,c\n`, false))).toEqual(['c']);
  });

  it('suspends NUL bytes and records that are too long, and goes on', () => {
    const rows = decodeAll(smallFormat(''), `${TIME},1,a\0b\n${TIME},1,${'x'.repeat(70_000)}\n${TIME},1,c\n`);
    expect(called(rows)).toEqual(['DECODE_NUL', 'DECODE_TOO_LONG', 'c']);
  });

  it('takes no notice of the end-of-file mark of DOS', () => {
    expect(called(decodeAll(smallFormat(''), `${TIME},1,a\r\n\x1a`))).toEqual(['a']);
  });

  it('knows where each record stands', () => {
    const text = `${TIME},1,a\r\n\n${TIME},1,bc`;
    const columns = decodeBytes(smallFormat(''), Buffer.from(text), { first: true });
    const pieces = [0, 1].map((i) =>
      text.slice(columns.recordOffset[i], columns.recordOffset[i] + columns.recordLength[i]),
    );
    expect(pieces).toEqual([`${TIME},1,a`, `${TIME},1,bc`]);
  });
});

describe('encodings', () => {
  const word = 'Київ №5';

  it.each(['cp1251', 'cp866', 'koi8-u'])('reads %s', (encoding) => {
    const page = codePage(encoding);
    // koi8-u has no numero sign.
    const text = encoding === 'koi8-u' ? 'Київ' : word;
    const writable = Uint8Array.from(`${TIME};1;${encoding === 'cp866' ? 'Киев №5' : text}\n`, (c) => page.indexOf(c));
    const rows = decodeAll(smallFormat(`encoding: ${encoding}\nseparator: ';'`), writable);
    expect(called(rows)).toEqual([encoding === 'cp866' ? 'Киев №5' : text]);
  });

  it('refuses a byte that has no character', () => {
    const bytes = Buffer.concat([Buffer.from(`${TIME},1,`), Buffer.from([0x98, 0x0a])]);
    expect(called(decodeAll(smallFormat('encoding: cp1251'), bytes))).toEqual(['DECODE_ENCODING']);
  });

  it.each([
    ['utf-16le', false],
    ['utf-16be', true],
  ])('reads %s, with offsets into the source', (encoding, swap) => {
    const text = `\ufeff${TIME},1,${word} 😀\r\n${TIME},1,x\n`;
    const bytes = Buffer.from(text, 'utf16le');
    if (swap) bytes.swap16();
    const format = smallFormat(`encoding: ${encoding}`);
    const columns = decodeBytes(format, bytes, { first: true });
    expect([columns.textOf(1, 0), columns.textOf(1, 1)]).toEqual([`${word} 😀`, 'x']);
    expect(columns.recordOffset[1]).toBe(2 * text.indexOf('\n') + 2);
    expect(columns.recordLength[1]).toBe(2 * `${TIME},1,x`.length);
    expect(format.cut(bytes.subarray(0, bytes.length - 2), false, true)).toBe(columns.recordOffset[1]);
    expect(format.cut(bytes, false, true)).toBe(bytes.length);
  });

  it('does not take half a line end of UTF-16 for one', () => {
    // U+0A0A and U+010A hold the byte 0A.
    const bytes = Buffer.from(`${TIME},1,\u0a0a\u010a\n`, 'utf16le');
    expect(called(decodeAll(smallFormat('encoding: utf-16le'), bytes))).toEqual(['\u0a0a\u010a']);
  });

  it.each([
    ['a stray continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a torn character', [0xd0]],
  ])('suspends %s in a text that is used, and only there', (_, bad) => {
    const line = (at: string, to: Buffer, more: Buffer): Buffer =>
      Buffer.concat([Buffer.from(`${at},1,`), to, Buffer.from(','), more, Buffer.from('\n')]);
    const good = Buffer.from('é€😀');
    const rows = decodeAll(
      smallFormat(''),
      Buffer.concat([line(TIME, Buffer.from(bad), good), line(TIME, good, Buffer.from(bad))]),
    );
    expect(called(rows)).toEqual(['DECODE_ENCODING', 'é€😀']);
  });
});

describe('fixed', () => {
  const fields =
    'fields:\n  - { name: at, range: 1-19, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }\n' +
    '  - { name: seconds, range: 20-24, type: duration, unit: s }\n  - { name: to, range: 25-30 }\n' +
    '  - { name: tail, range: 31-33 }\nrecord: { start: at, quantity: seconds, calledParty: to, trunkOut: tail }';

  it('takes blanks off and lets the end of a line be missing', () => {
    const rows = decodeAll(smallFormat(`family: fixed\n${fields}`), `${TIME}   12 abc  xyz\n${TIME}00012a\n`);
    expect(rows.map(({ calledParty, trunkOut, quantity }) => [calledParty, trunkOut, quantity])).toEqual([
      ['abc', 'xyz', 12000],
      ['a', '', 12000],
    ]);
  });

  it('counts characters, not bytes, in UTF-8', () => {
    const rows = decodeAll(
      smallFormat(`family: fixed\n${fields}\nlength: 33`),
      `${TIME}00012Київ  xyz\n${TIME}00012Київ xyz\n`,
    );
    expect(rows.map(({ calledParty, trunkOut, code }) => code || [calledParty, trunkOut])).toEqual([
      ['Київ', 'xyz'],
      'DECODE_COLUMNS',
    ]);
  });
});

describe('attributes', () => {
  const format = smallFormat(
    'family: attributes\nfields:\n  - { name: at, attribute: $line, type: dateTime, pattern: ctime }\n' +
      '  - { name: seconds, attribute: Time, type: duration, unit: s }\n  - { name: to, attribute: User-Name }',
  );
  const head = 'Thu Oct 15 08:00:00 2026\n';

  it('reads paragraphs, with quotes, escapes and either line end', () => {
    const text =
      `${head}\tTime = 5\n\tUser-Name = "a \\"b\\" \\303\\251"\n\tOther = 1\n\n` +
      `\n${head}\tTime = 6\n\tUser-Name := plain\n\n${head}\tTime = 7\n\tUser-Name = "last"`.replaceAll('\n', '\r\n');
    const rows = decodeAll(format, text);
    expect(rows.map(({ calledParty, quantity }) => [calledParty, quantity])).toEqual([
      ['a "b" é', 5000],
      ['plain', 6000],
      ['last', 7000],
    ]);
    expect(rows[0]).toMatchObject({ startAt: '2026-10-15T05:00:00.000Z' });
  });

  it('takes the last of equal names and suspends torn lines', () => {
    const rows = decodeAll(format, `${head}\tTime = 5\n\tTime = 6\n\n${head}\tTime\n\n${head}\tUser-Name = "x\n\n`);
    expect(rows.map(({ quantity, code }) => code || quantity)).toEqual([6000, 'DECODE_ATTRIBUTE', 'DECODE_ATTRIBUTE']);
  });

  it('cuts behind the last blank line', () => {
    const whole = `${head}\tTime = 5\n\n`;
    expect(format.cut(Buffer.from(`${whole}${head}\tTime`), false, true)).toBe(whole.length);
    expect(format.cut(Buffer.from(`${head}\tTime`), false, true)).toBe(0);
    expect(format.cut(Buffer.from(`${head}\tTime`), true, true)).toBe(head.length + 5);
  });
});

describe('json', () => {
  const format = smallFormat(
    'family: json\nfields:\n  - { name: at, path: at, type: dateTime, pattern: iso }\n' +
      '  - { name: seconds, path: data.call.seconds, type: duration, unit: s }\n  - { name: to, path: data.to }',
  );
  const event = (data: string): string => `{"at":"2026-09-01T10:00:00Z","x":[1,{"to":"no"}],"data":${data}}\n`;

  it('finds values by path, whatever stands around them', () => {
    const rows = decodeAll(
      format,
      event('{"to":"a","call":{"seconds":5}}') +
        ` ${event(' { "call" : { "z":null, "seconds" : 6.5e0 } , "to" : "\\u041a\\ud83d\\ude00\\n" } ')}` +
        event('{"to":"first","to":"last","call":{"seconds":"7"}}') +
        event('{"to":null,"call":{"seconds":8}}') +
        event('{"t\\u006f":true,"call":{"seconds":9}}'),
    );
    expect(rows.map(({ calledParty, quantity }) => [calledParty, quantity])).toEqual([
      ['a', 5000],
      ['К😀\n', 6500],
      ['last', 7000],
      ['', 8000],
      ['true', 9000],
    ]);
  });

  it.each([
    '{"at":1',
    '{"at":1}}',
    '[]',
    '1',
    '{"at":01}',
    '{"at":1,}',
    '{at:1}',
    '{"at":"\\x"}',
    '{"at":"\t"}',
    '{"at":nul}',
    '{"at":.5}',
    '{"at":"\\u12g4"}',
    '"{}"',
    '{"a":{"b":[}]}',
  ])('suspends %s, which JSON.parse refuses or which is no object', (text) => {
    expect(called(decodeAll(format, `${text}\n`))).toEqual(['DECODE_JSON']);
  });

  it('suspends what is nested deeper than 64, without falling over', () => {
    const deep = (levels: number): string => `{"at":${'['.repeat(levels)}${']'.repeat(levels)}}\n`;
    expect(called(decodeAll(format, deep(60) + deep(20_000)))).toEqual(['DECODE_REQUIRED', 'DECODE_JSON']);
  });
});

describe('explain', () => {
  it('tells what stands in each field and what it means', () => {
    const text = `x\n${TIME},1x,"a ""b"""\n`;
    const format = smallFormat('');
    expect(explainRecord(format, Buffer.from(text), 2, text.length - 3)).toEqual([
      { field: 'at', raw: TIME, value: '2026-09-01T07:00:00.000Z' },
      { field: 'seconds', raw: '1x', value: '', fault: 'DECODE_NUMBER' },
      { field: 'to', raw: 'a "b"', value: 'a "b"' },
    ]);
  });
});
