/**
 * Records are decoded in batches, or one by one when something about them is unusual. A byte above 0x7f in a column that
 * nothing reads makes a record unusual and changes nothing of what it says: both ways must come to the same.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFormat, prepareFormat } from '../../../mediation/formats/index.ts';
import { projectRoot } from '../../../platform/paths.ts';
import { decodeAll, smallFormat } from './helpers.ts';

const asterisk = compileFormat(
  prepareFormat(readFileSync(path.join(projectRoot, 'formats', 'asterisk-csv.yaml'), 'utf8')),
);

const spoilt = (good: string, ...bad: string[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(good) }, fc.constantFrom(...bad));
const call = fc.record({
  account: spoilt('cust-1', '', 'a""b'),
  src: spoilt('0441234567', '380441234567', '201', '', '+380 44 123-45-67', 'a'.repeat(300)),
  context: spoilt('from-internal', 'from-trunk', 'x'),
  channel: spoilt('SIP/201-1', 'SIP/up/link-a-b', 'SIP', ''),
  answer: spoilt('2026-09-01 09:10:04', '2026-02-30 09:10:04', ' 2026-09-01 09:10:04 ', '', '1985-01-01 00:00:00'),
  seconds: spoilt('120', '0', '-1', ' 7 ', '1.5', '99999999999999999999', ''),
  disposition: spoilt('ANSWERED', 'BUSY', 'UNKNOWN'),
});

function line(c: typeof call extends fc.Arbitrary<infer T> ? T : never, name: string, end: string): string {
  return (
    `"${c.account}","${c.src}","0971112233","${c.context}","${name}","${c.channel}","SIP/up-1","Dial","","x",` +
    `"${c.answer}","x",1,${c.seconds},"${c.disposition}","D"${end}`
  );
}

describe('a batch', () => {
  it('decodes as its records would be decoded one by one', () => {
    fc.assert(
      fc.property(fc.array(call, { minLength: 1, maxLength: 150 }), fc.constantFrom('\n', '\r\n'), (calls, end) => {
        const decode = (name: string) => decodeAll(asterisk, calls.map((one) => line(one, name, end)).join(''));
        expect(decode('n')).toEqual(decode('é'));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the order of records and what each says, over many batches and with faults between them', () => {
    const format = smallFormat('');
    const lines = Array.from({ length: 1000 }, (_, n) => `2026-09-01 10:00:00,${n % 7 === 3 ? 'x' : n},to${n}\n`);
    const records = decodeAll(format, lines.join(''));
    expect(records).toHaveLength(1000);
    records.forEach((record, n) => {
      if (n % 7 === 3) expect(record).toMatchObject({ code: 'DECODE_NUMBER', field: 'seconds' });
      else expect(record).toMatchObject({ quantity: n * 1000, calledParty: `to${n}` });
    });
  });
});
