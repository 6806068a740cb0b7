/** Fields that stand in the record itself. */
import type { FieldReader } from '../row.ts';
import { FAULT } from '../codes.ts';
import { isBlank } from './text-field.ts';
import type { ValueReader } from './text-field.ts';

/** Numbers and dates: blanks around them never matter, and without any byte they are absent. */
export function slotValueReader(field: number, slot: number, read: ValueReader, required: boolean): FieldReader {
  return (row) => {
    const { text } = row;
    let start = row.slotStart[slot];
    let end = row.slotEnd[slot];
    while (start < end && isBlank(text[start])) start++;
    while (end > start && isBlank(text[end - 1])) end--;
    if (start < end) return read(row, start, end);
    row.present[field] = 0;
    row.number[field] = 0;
    return required ? FAULT.required : 0;
  };
}

export function constantNumberReader(field: number, value: number): FieldReader {
  return (row) => {
    row.number[field] = value;
    row.present[field] = 1;
    return 0;
  };
}
