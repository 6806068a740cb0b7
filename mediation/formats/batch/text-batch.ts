/** Texts of a batch. The same rules as `readText`, for records of ASCII. */
import { startsWith } from '../fields/byte-table.ts';
import type { ByteTable } from '../fields/byte-table.ts';
import { isBlank } from '../fields/text-field.ts';
import type { TextPlan } from '../fields/text-field.ts';
import { BATCH_RECORDS } from './batch.ts';
import type { Batch, BatchReader } from './batch.ts';

export function textBatch(plan: TextPlan): BatchReader {
  const edited = plan.trimmed || plan.after !== null || plan.before !== null || plan.values !== null;
  return edited || plan.e164 !== null ? new EditedTexts(plan) : new PlainTexts(plan);
}

/** Texts that are taken as they stand. */
class PlainTexts implements BatchReader {
  private readonly plan: TextPlan;

  constructor(plan: TextPlan) {
    this.plan = plan;
  }

  read(batch: Batch, list: Uint8Array, count: number): void {
    const { slotStart, slotEnd, textStart, textLength, present, slow } = batch;
    const { field, slot, maximum, required, symbols } = this.plan;
    const from = slot * BATCH_RECORDS;
    const to = field * BATCH_RECORDS;
    for (let k = 0; k < count; k++) {
      const j = list[k];
      const start = slotStart[from + j];
      const length = slotEnd[from + j] - start;
      textStart[to + j] = start;
      textLength[to + j] = length;
      present[to + j] = length > 0 ? 1 : 0;
      if (length > maximum || (required && length === 0)) slow[j] = 1;
    }
    if (symbols !== null) findSymbols(batch, list, count, to, symbols);
  }
}

class EditedTexts implements BatchReader {
  private readonly plan: TextPlan;

  constructor(plan: TextPlan) {
    this.plan = plan;
  }

  read(batch: Batch, list: Uint8Array, count: number): void {
    const { row, slotStart, slotEnd, textStart, textLength, present, symbol, slow } = batch;
    const { field, slot, trimLeft, trimRight, after, before, values, e164, symbols, maximum, required } = this.plan;
    const { text, constantsStart } = row;
    const from = slot * BATCH_RECORDS;
    const to = field * BATCH_RECORDS;
    for (let k = 0; k < count; k++) {
      const j = list[k];
      let start = slotStart[from + j];
      let end = slotEnd[from + j];
      if (trimLeft) while (start < end && isBlank(text[start])) start++;
      if (trimRight) while (end > start && isBlank(text[end - 1])) end--;
      if (after !== null) start = endOfFirst(text, start, end, after);
      if (before !== null) end = startOfLast(text, start, end, before);
      if (values !== null) {
        let entry = values.table.find(text, start, end);
        if (entry < 0) entry = end > start ? values.otherwise : -1;
        if (entry === -2) slow[j] = 1;
        if (entry >= 0) {
          textStart[to + j] = constantsStart + values.offsets[entry];
          textLength[to + j] = values.lengths[entry];
          symbol[to + j] = values.symbols[entry];
          present[to + j] = values.lengths[entry] > 0 ? 1 : 0;
          continue;
        }
      }
      if (e164 !== null && end > start && !e164.isFinal(row, start, end)) {
        if (!row.hasRoom(2 * (end - start) + e164.growth)) slow[j] = 1;
        else {
          e164.normalise(row, start, end);
          start = e164.start;
          end = e164.end;
        }
      }
      const length = end - start;
      textStart[to + j] = start;
      textLength[to + j] = length;
      present[to + j] = length > 0 ? 1 : 0;
      if (symbols !== null) symbol[to + j] = symbols.find(text, start, end);
      if (length > maximum || (required && length === 0)) slow[j] = 1;
    }
  }
}

function findSymbols(batch: Batch, list: Uint8Array, count: number, to: number, symbols: ByteTable): void {
  const { textStart, textLength, symbol } = batch;
  const { text } = batch.row;
  for (let k = 0; k < count; k++) {
    const at = to + list[k];
    symbol[at] = symbols.find(text, textStart[at], textStart[at] + textLength[at]);
  }
}

/** Behind the first `mark`; `start` when there is none. */
function endOfFirst(text: Uint8Array, start: number, end: number, mark: Uint8Array): number {
  const first = mark[0];
  const last = end - mark.length;
  for (let at = start; at <= last; at++) {
    if (text[at] === first && (mark.length === 1 || startsWith(text, at, mark))) return at + mark.length;
  }
  return start;
}

/** At the last `mark`; `end` when there is none. */
function startOfLast(text: Uint8Array, start: number, end: number, mark: Uint8Array): number {
  const first = mark[0];
  for (let at = end - mark.length; at >= start; at--) {
    if (text[at] === first && (mark.length === 1 || startsWith(text, at, mark))) return at;
  }
  return end;
}
