/**
 * Measures decoding: `node --import tsx load-tests/decode-bench.ts [format] [records] [rounds]`, or the compiled one.
 * Prints nanoseconds per record for cutting, counting and decoding: the median of the rounds, and the best, which on a
 * shared machine is the one that the neighbours disturbed least.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { RecordColumns } from '../schemas/columns/record-columns.ts';
import { compileFormat, prepareFormat } from '../mediation/formats/index.ts';
import { projectRoot } from '../platform/paths.ts';

const LINES: Readonly<Record<string, (n: number) => string>> = {
  exchange: (n) =>
    `D;UZH-1;${n + 1};O;044${String(n % 10_000_000).padStart(7, '0')};0971112233;01.09.2026 09:10:04;${60 + (n % 9)};;TG-${n % 4};\n`,
  cloudevents: (n) =>
    `{"specversion":"1.0","id":"e${n}","source":"/pbx/1","type":"tollgrid.usage.voice","time":"2026-10-15T10:00:00Z",` +
    `"data":{"from":"38044${String(n % 10_000_000).padStart(7, '0')}","to":"380971112233","durationMs":${n % 600_000}}}\n`,
  'asterisk-csv': (n) => {
    const two = (value: number): string => String(value).padStart(2, '0');
    const clock = (second: number): string =>
      `2026-09-${two(1 + (Math.floor(second / 86_400) % 28))} ${two(Math.floor(second / 3600) % 24)}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
    const number = String(n % 10_000_000).padStart(7, '0');
    return `"cust-${n % 200}","044${number}","+38097${number}","from-internal","""A"" <${n % 900}>","SIP/${n % 900}-${n % 9}","SIP/up${n % 4}-1","Dial","SIP/x,60","${clock(n)}","${clock(n + 4)}","${clock(n + 64)}",64,${60 + (n % 9)},"ANSWERED","DOCUMENTATION"\n`;
  },
};

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

const [name = 'asterisk-csv', records = '20000', rounds = '200'] = process.argv.slice(2);
const text = readFileSync(path.join(projectRoot, 'formats', `${name}.yaml`), 'utf8');
const format = compileFormat(prepareFormat(text));
const bytes = Buffer.from(Array.from({ length: Number(records) }, (_, n) => LINES[name](n)).join(''));

const timings: Record<string, number[]> = { cut: [], estimate: [], decode: [] };
let usable = 0;
for (let round = 0; round < Number(rounds); round++) {
  const measure = <T>(part: string, work: () => T): T => {
    const before = process.hrtime.bigint();
    const result = work();
    timings[part].push(Number(process.hrtime.bigint() - before) / Number(records));
    return result;
  };
  measure('cut', () => format.cut(bytes, false, true));
  const capacity = measure('estimate', () => format.estimateRecords(bytes));
  const columns = new RecordColumns(bytes.length, capacity, format.estimateArena(bytes.length, capacity));
  columns.text.set(bytes);
  measure('decode', () => format.decode(columns, { first: true }));
  usable = columns.disposition.subarray(0, columns.count).filter((disposition) => disposition === 0).length;
}
const figures = Object.fromEntries(
  Object.entries(timings).map(([part, values]) => [
    part,
    { median: Math.round(median(values)), best: Math.round(Math.min(...values)) },
  ]),
);
console.log(
  JSON.stringify({
    format: name,
    records: Number(records),
    bytesPerRecord: bytes.length / Number(records),
    usable,
    nsPerRecord: figures,
  }),
);
