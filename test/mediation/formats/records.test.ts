import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFormat, decodeBytes, prepareFormat } from '../../../mediation/formats/index.ts';
import type { CompiledFormat } from '../../../mediation/formats/index.ts';
import { projectRoot } from '../../../platform/paths.ts';
import { decodeAll, smallFormat } from './helpers.ts';

const TIME = '2026-09-01 10:00:00';

function shipped(name: string): CompiledFormat {
  return compileFormat(prepareFormat(readFileSync(path.join(projectRoot, 'formats', `${name}.yaml`), 'utf8')));
}

/** Identity and content of each record. */
function digests(format: CompiledFormat, text: string): { identity: string; content: number }[] {
  const columns = decodeBytes(format, Buffer.from(text), { first: true });
  return Array.from({ length: columns.count }, (_, i) => ({
    identity: [...columns.identity.subarray(4 * i, 4 * i + 4)].join('-'),
    content: columns.content[i],
  }));
}

describe('classes', () => {
  const fields =
    'fields:\n  - { name: at, column: 1, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }\n' +
    '  - { name: seconds, column: 2, type: duration, unit: s }\n  - { name: to, column: 3 }\n';
  const classesOf = (conditions: string, lines: string): unknown[] =>
    decodeAll(
      smallFormat(
        `${fields}classes:\n  - { class: yes, kind: usage, service: voice, when: ${conditions} }\n` +
          '  - { class: no, kind: ignored }',
      ),
      lines,
    ).map((row) => row.class);

  it.each([
    ['{ to: a }', ['yes', 'no', 'no']],
    ['{ to: [a, b] }', ['yes', 'yes', 'no']],
    ['{ to: { not: a } }', ['no', 'yes', 'yes']],
    ['{ to: { empty: true } }', ['no', 'no', 'yes']],
    ['{ to: { empty: false } }', ['yes', 'yes', 'no']],
    ['{ to: "" }', ['no', 'no', 'yes']],
    ['{ to: { startsWith: [b, c] } }', ['no', 'yes', 'no']],
    ['{ seconds: { above: 1000 } }', ['no', 'yes', 'yes']],
    ['{ seconds: { below: 2000 } }', ['yes', 'no', 'no']],
    ['{ seconds: [2000, 7000] }', ['no', 'yes', 'no']],
    ['{ to: a, seconds: { above: 1000 } }', ['no', 'no', 'no']],
  ])('%s fits %j', (conditions, expected) => {
    expect(classesOf(conditions, `${TIME},1,a\n${TIME},2,b\n${TIME},3,\n`)).toEqual(expected);
  });

  it('suspends what none of them fits', () => {
    const format = smallFormat(`${fields}classes: [{ class: a, kind: usage, service: voice, when: { to: a } }]`);
    expect(decodeAll(format, `${TIME},1,b\n`)).toMatchObject([{ code: 'DECODE_CLASS', disposition: 'suspended' }]);
  });

  it('let a record that is left out have faults where nobody looks', () => {
    const format = smallFormat(
      `${fields}classes: [{ class: a, kind: context, when: { to: a } }, { class: b, kind: usage, service: voice }]`,
    );
    const rows = decodeAll(format, 'rubbish,x,a\nrubbish,x,b\n');
    expect(rows.map(({ disposition }) => disposition)).toEqual(['absorbed', 'suspended']);
  });
});

describe('checks', () => {
  const format = smallFormat(
    'fields:\n  - { name: at, column: 1, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }\n' +
      '  - { name: until, column: 2, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }\n' +
      '  - { name: volume, column: 3, type: integer }\n  - { name: up, column: 4, type: integer }\n' +
      '  - { name: quality, column: 5 }\n' +
      'record: { start: at, end: until, quantity: volume, quantityUp: up, quality: quality }\n' +
      'classes: [{ class: data, kind: usage, service: data }]',
  );
  it.each([
    [`${TIME},2026-09-01 09:59:59,1,0,`, 'DECODE_SPAN', 'until'],
    [`,,1,0,`, 'DECODE_REQUIRED', 'at'],
    [`${TIME},,,0,`, 'DECODE_REQUIRED', 'volume'],
    [`${TIME},,-1,0,`, 'DECODE_RANGE', 'volume'],
    [`${TIME},,5,6,`, 'DECODE_RANGE', 'up'],
    [`${TIME},,5,1,good`, 'DECODE_VALUE', 'quality'],
  ])('%s is %s at %s', (line, code, field) => {
    expect(decodeAll(format, `${line}\n`)).toMatchObject([{ code, field, disposition: 'suspended', quantityUp: 0 }]);
  });

  it('takes the start for the end when nothing else says it', () => {
    expect(decodeAll(format, `${TIME},,5,,verified\n`)).toMatchObject([
      { durationMs: 0, quantity: 5, quality: 'verified', disposition: 'usable' },
    ]);
  });
});

describe('identity', () => {
  it('does not depend on the way values are written, on the layout or on what is not part of it', () => {
    const line = (to: string, remark: string): string =>
      `D;UZH-1;7;O;0441234567;${to};01.09.2026 09:10:04;120;;TG-KYIV;${remark}\n`;
    const [plain, other] = digests(shipped('exchange'), line('0971112233', '') + line('+380971112233', 'x'));
    const fixed =
      'DUZH-1        7O0441234567        0971112233        20260901091004000120        TG-KYIV             \n';
    const [inColumns] = digests(shipped('exchange-fixed'), fixed);
    expect(other).toEqual(plain);
    expect(inColumns).toEqual(plain);
  });

  it('tells the same record from one that says something else', () => {
    const format = shipped('exchange');
    const line = (seconds: number, no = 7): string =>
      `D;UZH-1;${no};O;0441234567;0971112233;01.09.2026 09:10:04;${seconds};;TG-KYIV;\n`;
    const [first, longer, next] = digests(format, line(120) + line(121) + line(120, 8));
    expect(longer.identity).toBe(first.identity);
    expect(longer.content).not.toBe(first.content);
    expect(next.identity).not.toBe(first.identity);
    expect(next.content).toBe(first.content);
  });

  it('is the same for a packet sent again with a longer delay', () => {
    const packet = (delay: number): string =>
      `Thu Oct 15 09:00:0${delay} 2026\n\tAcct-Status-Type = Stop\n\tAcct-Session-Id = "s1"\n\tUser-Name = "a"\n` +
      '\tNAS-IP-Address = 192.0.2.1\n\tAcct-Session-Time = 60\n\tAcct-Input-Octets = 1\n\tAcct-Output-Octets = 2\n' +
      `\tAcct-Delay-Time = ${delay}\n\tTimestamp = ${1792044000 + delay}\n\n`;
    const [first, again] = digests(shipped('radius-detail'), packet(0) + packet(6));
    expect(again).toEqual(first);
  });

  it('does not take neighbouring fields for one', () => {
    const format = smallFormat(
      'fields:\n  - { name: at, column: 1, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }\n' +
        '  - { name: seconds, column: 2, type: duration, unit: s }\n  - { name: a, column: 3 }\n  - { name: b, column: 4 }\n' +
        'identity: [a, b]\nrecord: { start: at, quantity: seconds }',
    );
    const [one, two] = digests(format, `${TIME},1,ab,c\n${TIME},1,a,bc\n`);
    expect(two.identity).not.toBe(one.identity);
    expect(decodeAll(format, `${TIME},1,,\n`)).toMatchObject([{ code: 'DECODE_REQUIRED', field: 'a' }]);
  });

  it('is of all bytes, without the line end, where nothing is unique', () => {
    const format = smallFormat('');
    const [one, two, three] = digests(format, `${TIME},1,a\r\n${TIME},1,a\n${TIME},1,a \n`);
    expect(format.identity).toBe('occurrence');
    expect(two).toEqual(one);
    expect(three.identity).not.toBe(one.identity);
  });

  it('is the same in a small slice that follows a large one', () => {
    const format = smallFormat(
      'fields:\n  - { name: at, column: 1, type: dateTime, pattern: yyyy-MM-dd HH:mm:ss }\n' +
        '  - { name: seconds, column: 2, type: duration, unit: s }\n  - { name: to, column: 3 }\n' +
        '  - { name: kind, value: call }\nidentity: [to, kind]',
    );
    const [before] = digests(format, `${TIME},1,a\n`);
    digests(format, `${TIME},1,b\n`.repeat(1000));
    expect(digests(format, `${TIME},1,a\n`)).toEqual([before]);
  });

  it('differs between namespaces', () => {
    const [one] = digests(smallFormat('identityNamespace: x'), `${TIME},1,a\n`);
    const [two] = digests(smallFormat('identityNamespace: y'), `${TIME},1,a\n`);
    expect(two.identity).not.toBe(one.identity);
  });
});

describe('trailer', () => {
  const detail = (no: number, seconds: string): string =>
    `D;UZH-1;${no};O;0441234567;0971112233;01.09.2026 09:10:04;${seconds};;TG-KYIV;\n`;

  it('is compared over the slices of a file', () => {
    const format = shipped('exchange');
    const totals = [`H;UZH-1;2026-09-01\n${detail(1, '60')}`, `${detail(2, '30')}T;UZH-1;2;90\n`].map((text) =>
      format.totals!(decodeBytes(format, Buffer.from(text), { first: text.startsWith('H') })),
    );
    expect(totals).toEqual([
      { records: 1, quantity: 60_000, unreadable: 0, trailers: 0 },
      { records: 1, quantity: 30_000, unreadable: 0, trailers: 1, declared: { records: 2, quantity: 90_000 } },
    ]);
  });

  it('says how many records could not be summed', () => {
    const format = shipped('exchange');
    const columns = decodeBytes(format, Buffer.from(`${detail(1, '60')}${detail(2, 'x')}T;UZH-1;2;\n`), {
      first: true,
    });
    expect(format.totals!(columns)).toEqual({ records: 3, quantity: 60_000, unreadable: 2, trailers: 0 });
    expect(columns.faultField[2]).toBe(format.fieldNames.indexOf('declaredSeconds') + 1);
  });

  it('is offered only by formats that have one', () => {
    expect(smallFormat('').totals).toBeUndefined();
  });
});
