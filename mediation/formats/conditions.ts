/** Conditions of record classes, compiled to tests of a row whose fields have been read. */
import type { FormatCondition, FormatField } from '../../schemas/format.ts';
import { startsWith } from './fields/byte-table.ts';
import type { ByteTable } from './fields/byte-table.ts';
import { asList, conditionTexts, typeOf } from './fields/compile-fields.ts';
import type { Row } from './row.ts';

export interface Condition {
  /** The field that is looked at. */
  field: number;
  /** Of texts that the format names: 1 at the symbol + 1 of those that fit; null when `test` must look at the row. */
  wanted: Uint8Array | null;
  test: (row: Row) => boolean;
}

export function compileCondition(
  no: number,
  field: FormatField,
  condition: FormatCondition,
  symbols: ByteTable,
): Condition {
  const wanted = wantedSymbols(field, condition, symbols);
  if (wanted !== null) return { field: no, wanted, test: (row) => wanted[row.symbol[no] + 1] === 1 };
  return { field: no, wanted, test: compileTest(no, condition) };
}

/** One place more than symbols, in front, for texts that are none of them. */
function wantedSymbols(field: FormatField, condition: FormatCondition, symbols: ByteTable): Uint8Array | null {
  const isObject = typeof condition === 'object' && !Array.isArray(condition);
  if (typeOf(field) !== 'text' || (isObject && !('not' in condition))) return null;
  const negated = isObject ? 1 : 0;
  const wanted = new Uint8Array(symbols.texts.length + 1).fill(negated);
  for (const text of conditionTexts(condition)) wanted[symbols.texts.indexOf(text) + 1] = 1 - negated;
  return wanted;
}

function compileTest(no: number, condition: FormatCondition): Condition['test'] {
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
    const isOne = isOneOf(no, conditionTexts(condition));
    return (row) => !isOne(row);
  }
  return isOneOf(no, conditionTexts(condition));
}

function isOneOf(no: number, texts: readonly string[]): Condition['test'] {
  const numbers = new Set(texts.map(Number));
  return (row) => row.present[no] === 1 && numbers.has(row.number[no]);
}

function beginsWithOneOf(no: number, texts: readonly string[]): Condition['test'] {
  const prefixes = texts.map((text) => new TextEncoder().encode(text));
  return (row) => {
    for (let i = 0; i < prefixes.length; i++) {
      if (row.textLength[no] >= prefixes[i].length && startsWith(row.text, row.textStart[no], prefixes[i])) return true;
    }
    return false;
  };
}
