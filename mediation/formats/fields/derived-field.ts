/** Fields made of fields above them, which the plan has read before. */
import type { FieldReader, Row } from '../row.ts';
import { FAULT } from '../codes.ts';
import type { ValueReader } from './text-field.ts';

/** The first of `sources` that has a value. */
export function firstReader(field: number, sources: readonly number[], required: boolean): FieldReader {
  return (row) => {
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i];
      if (row.present[source] === 0) continue;
      row.present[field] = 1;
      row.number[field] = row.number[source];
      row.scale[field] = row.scale[source];
      row.textStart[field] = row.textStart[source];
      row.textLength[field] = row.textLength[source];
      row.symbol[field] = row.symbol[source];
      return 0;
    }
    return absent(row, field, required);
  };
}

export interface SumPart {
  field: number;
  times: number;
  /** Taken when the part is absent; null: then the sum is absent. */
  default: number | null;
}

export function sumReader(
  field: number,
  parts: readonly SumPart[],
  limits: { min: number; max: number; required: boolean },
): FieldReader {
  return (row) => {
    let sum = 0;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i];
      if (row.present[part.field] === 1) sum += row.number[part.field] * part.times;
      else if (part.default !== null) sum += part.default * part.times;
      else return absent(row, field, limits.required);
    }
    if (!Number.isSafeInteger(sum)) return FAULT.number;
    row.number[field] = sum;
    row.present[field] = 1;
    return sum < limits.min || sum > limits.max ? FAULT.range : 0;
  };
}

/** Texts with one blank between them, then read as the field's type; absent when all of them are. */
export function joinReader(
  field: number,
  sources: readonly number[],
  read: ValueReader,
  required: boolean,
): FieldReader {
  return (row) => {
    let length = sources.length - 1;
    let found = 0;
    for (let i = 0; i < sources.length; i++) {
      length += row.textLength[sources[i]];
      found += row.present[sources[i]];
    }
    if (found === 0) return absent(row, field, required);
    if (!row.hasRoom(length)) return FAULT.room;
    const start = row.arenaEnd;
    let at = start;
    for (let i = 0; i < sources.length; i++) {
      if (i > 0) row.text[at++] = 32;
      const from = row.textStart[sources[i]];
      const to = from + row.textLength[sources[i]];
      for (let k = from; k < to; k++) row.text[at++] = row.text[k];
    }
    row.arenaEnd = at;
    return read(row, start, at);
  };
}

function absent(row: Row, field: number, required: boolean): number {
  row.present[field] = 0;
  row.number[field] = 0;
  row.textStart[field] = 0;
  row.textLength[field] = 0;
  row.symbol[field] = -1;
  return required ? FAULT.required : 0;
}
