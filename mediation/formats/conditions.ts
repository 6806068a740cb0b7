/** Conditions of record classes, compiled to tests of a row whose fields have been read. */
import type { FormatCondition, FormatField } from '../../schemas/format.ts';
import { startsWith } from './fields/byte-table.ts';
import type { ByteTable } from './fields/byte-table.ts';
import { asList, conditionTexts, typeOf } from './fields/compile-fields.ts';
import type { Row } from './row.ts';

export type Condition = (row: Row) => boolean;

export function compileCondition(
  no: number,
  field: FormatField,
  condition: FormatCondition,
  symbols: ByteTable,
): Condition {
  if (typeof condition === 'object' && !Array.isArray(condition)) {
    if ('empty' in condition) {
      const wanted = condition.empty ? 0 : 1;
      return (row) => row.present[no] === wanted;
    }
    if ('above' in condition) {
      const { above } = condition;
      return (row) => row.present[no] === 1 && row.number[no] > above;
    }
    if ('below' in condition) {
      const { below } = condition;
      return (row) => row.present[no] === 1 && row.number[no] < below;
    }
    if ('startsWith' in condition) return beginsWithOneOf(no, asList(condition.startsWith).map(String));
    const isOne = isOneOf(no, field, conditionTexts(condition), symbols);
    return (row) => !isOne(row);
  }
  return isOneOf(no, field, conditionTexts(condition), symbols);
}

function isOneOf(no: number, field: FormatField, texts: readonly string[], symbols: ByteTable): Condition {
  if (typeOf(field) !== 'text') {
    const numbers = new Set(texts.map(Number));
    return (row) => row.present[no] === 1 && numbers.has(row.number[no]);
  }
  // One place more than symbols, in front, for texts that are none of them.
  const wanted = new Uint8Array(symbols.texts.length + 1);
  for (const text of texts) wanted[symbols.texts.indexOf(text) + 1] = 1;
  return (row) => wanted[row.symbol[no] + 1] === 1;
}

function beginsWithOneOf(no: number, texts: readonly string[]): Condition {
  const prefixes = texts.map((text) => new TextEncoder().encode(text));
  return (row) => {
    for (let i = 0; i < prefixes.length; i++) {
      if (row.textLength[no] >= prefixes[i].length && startsWith(row.text, row.textStart[no], prefixes[i])) return true;
    }
    return false;
  };
}
