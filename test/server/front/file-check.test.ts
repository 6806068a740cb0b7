import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { CompiledFormat } from '../../../mediation/formats/index.ts';
import { checkFile, type FileFindings } from '../../../server/front/file-check.ts';
import { exchangeFile, shippedFormat } from './exchange-files.ts';

const exchange = shippedFormat('exchange');

interface Looked {
  findings: FileFindings | null;
  reads: number;
  pauses: number;
}

async function look(text: string | Buffer, format: CompiledFormat = exchange): Promise<Looked> {
  const bytes = Buffer.from(text);
  const looked: Looked = { findings: null, reads: 0, pauses: 0 };
  const read = (offset: number, length: number): Promise<Uint8Array> => {
    looked.reads++;
    return Promise.resolve(Uint8Array.from(bytes.subarray(offset, offset + length)));
  };
  looked.findings = await checkFile(format, read, bytes.length, () => {
    looked.pauses++;
    return Promise.resolve();
  });
  return looked;
}

const heldFor = async (text: string, format?: CompiledFormat): Promise<string> => {
  const { findings } = await look(text, format);
  return findings!.held === undefined ? '' : `${findings!.held.code}: ${findings!.held.detail}`;
};

describe('the check of a closed file', () => {
  it('passes a file whose trailer says what its records come to', async () => {
    const { findings } = await look(exchangeFile({ from: 1, to: 3 }));
    expect(findings!.held).toBeUndefined();
    expect(findings!.check).toEqual({
      rows: 5,
      records: 3,
      unreadable: 0,
      quantity: 30_000,
      declared: { records: 3, quantity: 30_000 },
    });
  });

  it('holds another number of records, and another sum, and says both', async () => {
    expect(await heldFor(exchangeFile({ from: 1, to: 3 }, { trailer: 'T;T-1;4;30' }))).toBe(
      'FILE_TOTALS_DIFFER: its trailer says 4 records, and there are 3',
    );
    expect(await heldFor(exchangeFile({ from: 1, to: 3 }, { trailer: 'T;T-1;3;31' }))).toBe(
      'FILE_TOTALS_DIFFER: its trailer says a sum of 31000, and the records come to 30000',
    );
    expect(await heldFor(exchangeFile({ from: 1, to: 3 }, { trailer: 'T;T-1;2;20' }))).toMatch(/2 records.*; .*20000/);
  });

  it('holds a file whose end or beginning is missing', async () => {
    const whole = exchangeFile({ from: 1, to: 3 });
    expect(await heldFor(exchangeFile({ from: 1, to: 3 }, { trailer: null }))).toMatch(
      /^FILE_FRAMING_WRONG.*no trailer/,
    );
    expect(await heldFor(whole.slice(0, whole.length / 2))).toMatch(/^FILE_FRAMING_WRONG.*no trailer/);
    expect(await heldFor(exchangeFile({ from: 1, to: 3 }, { header: null }))).toMatch(/^FILE_FRAMING_WRONG.*no header/);
    expect(await heldFor('')).toMatch(/^FILE_FRAMING_WRONG/);
  });

  it('holds a file whose header or trailer stands in the wrong place or twice', async () => {
    const whole = exchangeFile({ from: 1, to: 3 });
    expect(await heldFor(whole + exchangeFile({ from: 4, to: 4 }))).toMatch(
      /a header stands behind the trailer \(line 6/,
    );
    const [header, ...rest] = whole.split('\n');
    expect(await heldFor([rest[0], header, ...rest.slice(1)].join('\n'))).toMatch(/records stand before the header/);
    expect(await heldFor([header, header, ...rest].join('\n'))).toMatch(/second header/);
  });

  it('takes a last line without an end, and lines of nothing, for what they are', async () => {
    expect(await heldFor(`\n${exchangeFile({ from: 1, to: 3 }).trimEnd()}`)).toBe('');
  });

  it('counts an unreadable record, and cannot know its part of the sum', async () => {
    const lines = exchangeFile({ from: 1, to: 4 }).split('\n');
    const torn = [...lines.slice(0, 2), 'D;T-1;tor', ...lines.slice(3)].join('\n');
    expect(await heldFor(torn)).toBe('');
    expect((await look(torn)).findings!.check).toMatchObject({ records: 4, unreadable: 1, quantity: 30_000 });
    // Noise that the exchange did not count is a difference, wherever it stands.
    expect(await heldFor(`noise\n${exchangeFile({ from: 1, to: 4 })}`)).toMatch(/says 4 records, and there are 5/);
    // The readable ones alone already come to more.
    expect(await heldFor(torn.replace('T;T-1;4;40', 'T;T-1;4;29'))).toMatch(/sum of 29000, .* 30000/);
  });

  it('counts calls that are left out of the charges', async () => {
    const unanswered = exchangeFile({ from: 1, to: 4 }).replace(';2;O;', ';2;N;');
    expect(await heldFor(unanswered)).toBe('');
    const { findings } = await look(unanswered);
    expect(findings!.numbers!.heads()).toMatchObject([{ runs: [[1, 4]], unreadable: 0 }]);
  });

  it('reads no file of a format that declares neither totals nor a sequence', async () => {
    for (const name of ['freeswitch-csv', 'meter-register-csv', 'cloudevents', 'radius-detail', 'asterisk-csv']) {
      const { findings, reads } = await look('x\n'.repeat(1000), shippedFormat(name));
      expect([name, findings, reads]).toEqual([name, null, 0]);
    }
  });

  it('reads a large file in small portions, once, with a pause after each', async () => {
    const text = exchangeFile({ from: 1, to: 30_000 });
    const { findings, reads, pauses } = await look(text);
    expect(findings!.held).toBeUndefined();
    expect(findings!.check).toMatchObject({ rows: 30_002, records: 30_000, quantity: 300_000_000 });
    expect(reads).toBeGreaterThanOrEqual(Math.ceil(text.length / (128 * 1024)));
    expect(reads).toBeLessThan(Math.ceil(text.length / (120 * 1024)) + 2);
    expect(pauses).toBe(reads);
  });

  it('ends with a line longer than any record', async () => {
    const { findings } = await look(`${'x'.repeat(3 * 1024 * 1024)}\n${exchangeFile({ from: 1, to: 1 })}`);
    expect(findings!.held?.code).toBe('FILE_TOTALS_DIFFER');
  });

  it('holds what was cut anywhere, and passes what was not', async () => {
    const whole = Buffer.from(exchangeFile({ from: 1, to: 40 }));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (length) => {
        const { findings } = await look(whole.subarray(0, length));
        // Only the end of the last line may be missing, and digits of its last field make another sum.
        expect(findings!.held === undefined).toBe(length >= whole.length - 1);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the numbers of a file', () => {
  const heads = async (text: string, format?: CompiledFormat) => (await look(text, format)).findings!.numbers!.heads();

  it('are counted under the values of its header', async () => {
    expect(await heads(exchangeFile({ from: 5, to: 9, without: [7] }))).toEqual([
      {
        of: 'records',
        count: 'T-1 2026-10-15',
        first: 1,
        runs: [
          [5, 6],
          [8, 9],
        ],
        unreadable: 0,
      },
    ]);
  });

  it('may be missing when as many records are unreadable', async () => {
    const text = exchangeFile({ from: 1, to: 9 })
      .replace(/D;T-1;4;O.*/, 'D;T-1;?')
      .replace(/D;T-1;6;O.*/, '??');
    expect(await heads(text)).toMatchObject([{ runs: [[1, 9]], unreadable: 0 }]);
    const lost = text.replace(/D;T-1;7;O.*\n/, '');
    expect(await heads(lost)).toMatchObject([
      {
        runs: [
          [1, 3],
          [5, 5],
          [8, 9],
        ],
        unreadable: 2,
      },
    ]);
  });

  it('that come twice with other content are told, and equal records are not', async () => {
    const text = exchangeFile({ from: 1, to: 5 });
    const third = text.split('\n')[3]!;
    expect((await heads(`${text}${third}\n`))[0]).not.toHaveProperty('repeats');
    const other = third.replace(';10;', ';11;');
    expect(await heads(`${text}${other}\n`)).toMatchObject([{ repeats: [{ total: 1, numbers: [3] }] }]);
  });

  it('begin anew each local day where the format says so', async () => {
    const daily = shippedFormat('exchange', (text) =>
      text.replace('sequence: { within: [headerExchange, fileDay] }', 'sequence: { daily: true }'),
    );
    const late = exchangeFile({ from: 1, to: 2 }).replaceAll('15.10.2026 10:00', '16.10.2026 00:30');
    // Half past midnight in Kyiv is still the day before in UTC.
    expect(await heads(exchangeFile({ from: 7, to: 9 }) + late, daily)).toMatchObject([
      { count: '2026-10-15', runs: [[7, 9]] },
      { count: '2026-10-16', runs: [[1, 2]] },
    ]);
  });

  it('of files stand in the header where the format says so', async () => {
    const numbered = shippedFormat('exchange', (text) =>
      text
        .replace(
          'sequence: { within: [headerExchange, fileDay] }',
          'sequence: { within: [headerExchange], file: fileNumber, last: 99 }',
        )
        .replace(
          '  - { name: fileDay, column: 3, in: header }',
          '  - { name: fileNumber, column: 3, type: integer, in: header }',
        ),
    );
    expect(await heads(exchangeFile({ from: 1, to: 2, day: '98' }), numbered)).toMatchObject([
      { of: 'records', count: 'T-1' },
      { of: 'files', count: '', first: 1, last: 99, runs: [[98, 98]] },
    ]);
  });

  it('take bounded room in the log and in memory', async () => {
    const everySecond = Array.from({ length: 5000 }, (_, no) => 2 * no + 1);
    const [head] = await heads(exchangeFile({ from: 1, to: 10_000, without: everySecond }));
    expect(head!.runs.length).toBeLessThanOrEqual(500);
    expect(head!.runs[0]![0]).toBe(2);
    expect(head!.runs.at(-1)![1]).toBe(10_000);
    // A number a thousand times larger is one number, not a thousand million.
    const wild = exchangeFile({ from: 1, to: 3 }).replace('D;T-1;3;', 'D;T-1;9000000000000;');
    expect(await heads(wild)).toMatchObject([
      {
        runs: [
          [1, 2],
          [9_000_000_000_000, 9_000_000_000_000],
        ],
      },
    ]);
  });
});
