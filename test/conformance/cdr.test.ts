/** Call records of exchanges, made elsewhere from the layouts' descriptions: read from where they lie, never copied. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFormat, decodeBytes, explainRecord, prepareFormat } from '../../mediation/formats/index.ts';
import { projectRoot } from '../../platform/paths.ts';
import { DISPOSITION_NAMES } from '../../schemas/columns/record-columns.ts';

const folder = path.join(process.env['TOLLGRID_VECTORS'] ?? path.join(projectRoot, '../shared/vectors'), 'cdr');
const present = existsSync(folder);
if (!present) {
  process.stderr.write(`SKIPPED: no call record vectors in ${folder}; set TOLLGRID_VECTORS to run them\n`);
}

interface Expected {
  recordCount: number;
  answered: number;
  sumBillsec: number;
  records: Record<string, string | number | boolean | null>[];
}

/** File, shipped format, and the names that the expectation has for our fields. */
const CASES: [string, string, Record<string, string>][] = [
  ['asterisk_master', 'asterisk-csv', {}],
  ['asterisk_master_uniqueid_userfield', 'asterisk-csv-uniqueid', {}],
  [
    'freeswitch_cdr_csv',
    'freeswitch-csv',
    {
      caller_id_name: 'callerIdName',
      caller_id_number: 'callerIdNumber',
      destination_number: 'destinationNumber',
      start_stamp: 'startStamp',
      answer_stamp: 'answerStamp',
      end_stamp: 'endStamp',
      hangup_cause: 'hangupCause',
      bleg_uuid: 'blegUuid',
      read_codec: 'readCodec',
      write_codec: 'writeCodec',
    },
  ],
];

/** Wall time of the exchange, read as UTC: the vectors name no zone. */
const IN_UTC = (text: string): string => text.replace(/^timeZone: .*$/m, 'timeZone: UTC');

describe.skipIf(!present)('call record vectors', () => {
  it.each(CASES)('%s decodes with %s', (name, formatName, names) => {
    const expected = JSON.parse(readFileSync(path.join(folder, `${name}.expected.json`), 'utf8')) as Expected;
    const bytes = readFileSync(path.join(folder, `${name}.csv`));
    const text = readFileSync(path.join(projectRoot, 'formats', `${formatName}.yaml`), 'utf8');
    const format = compileFormat(prepareFormat(IN_UTC(text)));
    const columns = decodeBytes(format, bytes, { first: true });

    expect(columns.count).toBe(expected.recordCount);
    const rows = Array.from({ length: columns.count }, (_, i) => i);
    const dispositions = rows.map((i) => DISPOSITION_NAMES[columns.disposition[i]]);
    expect(dispositions).toEqual(expected.records.map(({ answered }) => (answered ? 'usable' : 'filtered')));
    expect(dispositions.filter((disposition) => disposition === 'usable')).toHaveLength(expected.answered);
    expect(rows.reduce((sum, i) => sum + columns.quantity[i], 0)).toBe(expected.sumBillsec * 1000);

    expected.records.forEach((record, i) => {
      const fields = explainRecord(format, bytes, columns.recordOffset[i], columns.recordLength[i]);
      const raw = Object.fromEntries(fields.map((field) => [field.field, field.raw]));
      for (const [key, value] of Object.entries(record)) {
        if (key !== 'answered') expect(raw[names[key] ?? key], `record ${i + 1} ${key}`).toBe(String(value ?? ''));
      }
      if (record['answered'] !== true) return;
      const end = Date.parse(`${String(record['end'] ?? record['end_stamp']).replace(' ', 'T')}Z`);
      expect(columns.endMs[i]).toBe(end);
    });
  });
});
