/** Builds decoded records by hand, for tests of guiding. */
import { RecordColumns, TEXT_FIELDS, type TextFieldName } from '../../../schemas/columns/record-columns.ts';
import type { CompiledFormat, RecordClass } from '../../../mediation/formats/types.ts';

export function formatOf(name: string, classes: RecordClass[]): CompiledFormat {
  const notUsed = (): never => {
    throw new Error('not used by guiding');
  };
  return {
    name,
    classes,
    identity: 'key',
    joinsSessions: false,
    framed: false,
    secondSight: 'conflict',
    fieldNames: ['start', 'callingParty', 'calledParty', 'trunkOut'],
    cut: notUsed,
    estimateRecords: notUsed,
    estimateArena: notUsed,
    decode: notUsed,
    explain: notUsed,
  };
}

export interface GivenRecord {
  classNo: number;
  startMs: number;
  quantity?: number;
  texts: Partial<Record<TextFieldName, string>>;
}

export function sliceOf(given: readonly GivenRecord[]): RecordColumns {
  const records = new RecordColumns(0, given.length, given.length * 200);
  for (const { classNo, startMs, quantity = 60_000, texts } of given) {
    const record = records.count++;
    records.classNo[record] = classNo;
    records.startMs[record] = startMs;
    records.endMs[record] = startMs + quantity;
    records.quantity[record] = quantity;
    TEXT_FIELDS.forEach((name, field) => {
      const bytes = new TextEncoder().encode(texts[name] ?? '');
      records.text.set(bytes, records.arenaEnd);
      records.textOffset[field][record] = records.arenaEnd;
      records.textLength[field][record] = bytes.length;
      records.arenaEnd += bytes.length;
    });
  }
  return records;
}
