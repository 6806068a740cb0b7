import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFormat, decodeBytes, explainRecord, prepareFormat } from '../../../mediation/formats/index.ts';
import type { CompiledFormat } from '../../../mediation/formats/index.ts';
import { parseFormat } from '../../../mediation/formats/index.ts';
import { errorNo } from '../../../platform/errors.ts';
import { projectRoot } from '../../../platform/paths.ts';
import { Disposition, TEXT_FIELDS } from '../../../schemas/columns/record-columns.ts';
import type { RecordColumns } from '../../../schemas/columns/record-columns.ts';
import { REGISTRY } from '../../../mediation/formats/families/index.ts';
import { smallFormat, smallText } from './helpers.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env['RUNS'] ?? 300);
process.stderr.write(`formats fuzz: SEED=${seed}\n`);

/** Shipped formats with the texts of their own tests to spoil, and a few that are not shipped. */
const subjects: { name: string; format: CompiledFormat; samples: Buffer[] }[] = [
  ...readdirSync(path.join(projectRoot, 'formats')).map((file) => {
    const text = readFileSync(path.join(projectRoot, 'formats', file), 'utf8');
    const document = parseFormat(text);
    const { encodeTest } = REGISTRY[document.family];
    const samples = (document.tests ?? []).map(({ given }) =>
      Buffer.from(encodeTest?.(given, document) ?? Buffer.from(given, 'latin1')),
    );
    return { name: file, format: compileFormat(prepareFormat(text)), samples };
  }),
  ...['multiline: true', 'escape: none', 'encoding: utf-16le', 'encoding: utf-16be', 'encoding: koi8-u'].map(
    (lines) => {
      const plain = '2026-09-01 10:00:00,5,"a ""b"" é"\n2026-09-01 10:00:00,5,x\r\n';
      const samples = [lines.includes('utf-16') ? Buffer.from(plain, 'utf16le') : Buffer.from(plain, 'utf8')];
      return { name: lines, format: compileFormat(prepareFormat(smallText(lines))), samples };
    },
  ),
];

/** What must hold after decoding any bytes whatever. */
function expectConsistent(format: CompiledFormat, columns: RecordColumns): void {
  const { count, sliceLength, text } = columns;
  expect(count).toBeLessThanOrEqual(columns.capacity);
  expect(columns.arenaEnd).toBeLessThanOrEqual(text.length);
  let end = 0;
  for (let i = 0; i < count; i++) {
    // Each byte belongs to at most one record, in order.
    expect(columns.recordOffset[i]).toBeGreaterThanOrEqual(end);
    end = columns.recordOffset[i] + columns.recordLength[i];
    expect(columns.recordLength[i]).toBeGreaterThan(0);
    const suspended = columns.disposition[i] === Disposition.suspended;
    expect(columns.code[i] !== 0).toBe(suspended);
    expect(columns.code[i]).not.toBe(errorNo('DECODE_ROOM'));
    expect(columns.faultField[i]).toBeLessThanOrEqual(format.fieldNames.length);
    if (columns.disposition[i] !== Disposition.usable) continue;
    expect(format.classes[columns.classNo[i]].service).toBeDefined();
    expect(columns.endMs[i]).toBeGreaterThanOrEqual(columns.startMs[i]);
    expect(Number.isSafeInteger(columns.quantity[i])).toBe(true);
    expect(columns.quantity[i]).toBeGreaterThanOrEqual(0);
    for (let field = 0; field < TEXT_FIELDS.length; field++) {
      const from = columns.textOffset[field][i];
      const to = from + columns.textLength[field][i];
      expect(to).toBeLessThanOrEqual(columns.arenaEnd);
      // Texts are always UTF-8: a fatal decoder would throw.
      new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(text.subarray(from, to)));
    }
  }
  expect(end).toBeLessThanOrEqual(sliceLength);
}

/** A sample with some bytes replaced, removed or doubled. */
function spoilt(samples: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), kind: fc.constantFrom('set', 'cut', 'double') });
  return fc.tuple(fc.constantFrom(...samples), fc.array(edit, { maxLength: 12 })).map(([sample, edits]) => {
    let bytes = Buffer.from(sample);
    for (const { at, byte, kind } of edits) {
      const place = bytes.length === 0 ? 0 : at % bytes.length;
      if (kind === 'set' && bytes.length > 0) bytes[place] = byte;
      else if (kind === 'cut')
        bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1 + (byte % 40))]);
      else bytes = Buffer.concat([bytes.subarray(0, place), bytes]);
    }
    return bytes;
  });
}

/** Bytes that mean something to a decoder come often. */
const noise = fc
  .array(fc.oneof(fc.constantFrom(...Buffer.from('\n\n\r\t",;{}[]:= \\0019aDHT\0')), fc.nat(255)), { maxLength: 400 })
  .map((bytes) => Uint8Array.from(bytes));

describe.each(subjects)('$name', ({ format, samples }) => {
  const bytes = samples.length > 0 ? fc.oneof(noise, spoilt(samples)) : noise;

  it('decodes any bytes without throwing and keeps its columns consistent', () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), (input, first) => {
        const columns = decodeBytes(format, input, { first });
        expectConsistent(format, columns);
        if (columns.count > 0) explainRecord(format, input, columns.recordOffset[0], columns.recordLength[0]);
      }),
      { seed, numRuns },
    );
  });

  it('gives the same records however the bytes are sliced', () => {
    const records = (input: Uint8Array, first: boolean): string[] => {
      const columns = decodeBytes(format, input, { first });
      return Array.from({ length: columns.count }, (_, i) =>
        [columns.code[i], columns.classNo[i], columns.quantity[i], columns.startMs[i]]
          .concat([...columns.identity.subarray(4 * i, 4 * i + 4)], columns.content[i])
          .join(),
      );
    };
    fc.assert(
      fc.property(bytes, fc.nat(), fc.boolean(), (input, place, first) => {
        const limit = input.length === 0 ? 0 : place % input.length;
        const cut = format.cut(input.subarray(0, limit), false, first);
        expect(cut).toBeLessThanOrEqual(limit);
        expect(records(input.subarray(0, cut), first).concat(records(input.subarray(cut), first && cut === 0))).toEqual(
          records(input, first),
        );
      }),
      { seed, numRuns },
    );
  });
});

describe('cut', () => {
  it('gives up waiting for a line end after a mebibyte', () => {
    const format = smallFormat('');
    expect(format.cut(new Uint8Array(1 << 19), false, true)).toBe(0);
    expect(format.cut(new Uint8Array((1 << 20) + 5), false, true)).toBe(1 << 20);
  });
});

describe('json', () => {
  it('accepts what JSON.parse accepts and refuses what it refuses', () => {
    const format = smallFormat(
      'family: json\nfields: [{ name: at, value: 1792044000000, type: integer }, { name: one, value: 1, type: integer }, { name: v, path: v }]\n' +
        'record: { start: at, quantity: one }',
    );
    const text = fc.oneof(
      fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 3 })).map((value) => JSON.stringify(value)),
      fc
        .tuple(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...'{}[]",:\\0e-.ntu '))
        .map(([value, at, letter]) => {
          const whole = JSON.stringify({ v: value });
          const place = at % whole.length;
          return whole.slice(0, place) + letter + whole.slice(place + (at % 2));
        }),
    );
    fc.assert(
      fc.property(text, (line) => {
        const columns = decodeBytes(format, Buffer.from(line), { first: false });
        let valid = true;
        try {
          JSON.parse(line);
        } catch {
          valid = false;
        }
        if (columns.count === 1) expect(columns.code[0] !== errorNo('DECODE_JSON')).toBe(valid);
      }),
      { seed, numRuns: numRuns * 5 },
    );
  });
});
