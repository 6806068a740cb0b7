import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DelimitedSplitter } from '../../../mediation/formats/families/delimited.ts';
import { Row } from '../../../mediation/formats/row.ts';

const SLOTS = 8;

/** Splits all records of the text; `room` bytes stand behind it, as the arena does. */
function split(text: string, separator: string, quote: string, room: number) {
  const slice = Buffer.from(text);
  const bytes = new Uint8Array(slice.length + room).fill(0x22);
  bytes.set(slice);
  const row = new Row(SLOTS, 0);
  row.setText(bytes);
  row.arenaEnd = slice.length;
  const used = Array.from({ length: SLOTS }, (_, slot) => slot);
  const splitter = new DelimitedSplitter({ separator, quote, escape: 'doubled', multiline: false, used }, SLOTS);
  const records = [];
  for (let at = 0; at < slice.length;) {
    at = splitter.split(row, at, slice.length);
    const { fault, columns, high, complete } = row;
    const cells = Array.from({ length: Math.min(columns, SLOTS) }, (_, slot) =>
      Buffer.from(bytes.subarray(row.slotStart[slot], row.slotEnd[slot])).toString(),
    );
    records.push({ cells, columns, fault, high, complete });
  }
  return records;
}

describe('splitting', () => {
  it('finds what was written, with any marks and whatever else stands in the values', () => {
    const marks = fc.constantFrom([',', '"'], [';', "'"], ['|', '"'], ['\t', '"'], [',', '`'], ['~', '|'], [',', '']);
    const cell = fc.string({ unit: fc.constantFrom(...'aB0 -/.,;|~"\'`\t\u0001\u007fé€'), maxLength: 12 });
    const records = fc.array(fc.array(fc.tuple(cell, fc.boolean()), { minLength: 2, maxLength: SLOTS + 2 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(marks, records, fc.constantFrom('\n', '\r\n'), ([separator, quote], given, lineEnd) => {
        const rows = given.map((row) =>
          row.map(([value, isQuoted]) => {
            const text = quote === '' ? value.replaceAll(separator, '_') : value;
            const must = quote !== '' && (text.includes(separator) || text.startsWith(quote));
            const written =
              must || (isQuoted && quote !== '') ? quote + text.replaceAll(quote, quote + quote) + quote : text;
            return { text, written };
          }),
        );
        const text = rows.map((row) => row.map(({ written }) => written).join(separator) + lineEnd).join('');
        const found = split(text, separator, quote, 400);
        expect(found).toEqual(
          rows.map((row) => ({
            cells: row.slice(0, SLOTS).map((one) => one.text),
            columns: row.length,
            fault: 0,
            high: row.some((one) => /[^\0-\x7f]/.test(one.text)),
            complete: true,
          })),
        );
      }),
    );
  });

  it('does not look behind the end of the slice', () => {
    expect(split('"ab","cd"', ',', '"', 8)).toEqual([
      { cells: ['ab', 'cd'], columns: 2, fault: 0, high: false, complete: false },
    ]);
    expect(split('ab,"cd', ',', '"', 8)).toMatchObject([{ columns: 2, complete: false }]);
    expect(split('ab,"cd', ',', '"', 8)[0]!.fault).not.toBe(0);
  });
});
