/** Chooses for each field the loop that reads it in a batch. */
import type { DecoderParts } from '../decoder.ts';
import { wholeRule } from '../fields/number-field.ts';
import { sourcesOf } from '../plan.ts';
import type { BatchPlan } from './batch-decoder.ts';
import type { BatchReader } from './batch.ts';
import { textBatch } from './text-batch.ts';
import { Dates, RowFields, WholeNumbers } from './value-batch.ts';

export function batchPlan(parts: DecoderParts, classSeeds: readonly number[]): BatchPlan {
  const { plan, fields, identity, byFields } = parts;
  const readers = fields.readers.map((_, no) => readerOf(parts, no));
  const chosen = (numbers: Uint16Array): BatchReader[] => [...numbers].map((no) => readers[no]);
  return {
    conditionReaders: chosen(plan.conditionReads),
    readers: plan.plans.map(({ reads }) => chosen(reads)),
    plans: plan.plans,
    classSeeds,
    qualityOf: plan.qualityOf,
    identity,
    byFields,
  };
}

function readerOf({ fields, layout, specs }: DecoderParts, no: number): BatchReader {
  const spec = specs[no];
  const text = fields.texts[no];
  const reader = fields.readers[no];
  const slot = layout.slotOf.get(no) ?? -1;
  if (text !== null) return textBatch(text);
  const date = fields.dates[no];
  if (date !== null) return new Dates(no, slot, date, reader);
  const rule = slot < 0 ? null : wholeRule(spec);
  if (rule !== null) return new WholeNumbers(no, slot, rule, reader);
  const sources = sourcesOf(spec).map((name) => specs.findIndex((one) => one.name === name));
  return new RowFields(no, slot, sources, reader);
}
