/** How the numbers that a source gives its records and files count: `sequence` of a format file. */
import { ZoneClock } from '../../platform/time-zone.ts';
import type { FormatDocument, FormatField } from '../../schemas/format.ts';
import type { PublicationData } from '../../schemas/log-entries.ts';
import type { SequenceRule } from './types.ts';

export function sequenceRule(document: FormatDocument, data: PublicationData): SequenceRule {
  const { within = [], daily = false, first = 1, last, file } = document.sequence!;
  const zone = document.timeZone === undefined ? undefined : new ZoneClock(data.zones[document.timeZone]);
  const dayOf = (startMs: number): string =>
    new Date(zone === undefined ? startMs : zone.toLocalMs(startMs)).toISOString().slice(0, 10);
  return {
    within,
    ...(daily && { dayOf }),
    // A count that is never begun anew is where its first file says.
    ...((daily || within.length > 0) && { first }),
    ...(last !== undefined && { first, last }),
    ...(file !== undefined && { file }),
  };
}

/** Paths are JSON pointers. */
export function sequenceMistakes(
  document: FormatDocument,
  fields: ReadonlyMap<string, FormatField>,
): { path: string; message: string }[] {
  const { sequence } = document;
  if (sequence === undefined) return [];
  const named = [
    ...(sequence.within ?? []).map((name, no) => ({ path: `/sequence/within/${no}`, name })),
    ...(sequence.file === undefined ? [] : [{ path: '/sequence/file', name: sequence.file }]),
  ];
  const found = named
    .filter(({ name }) => fields.get(name)?.in !== 'header')
    .map(({ path, name }) => ({ path, message: `\`${name}\` is no field \`in: header\`` }));
  const numbered = document.record.sequence ?? document.classes.find(({ record }) => record?.sequence)?.class;
  if (sequence.file === undefined && numbered === undefined) {
    found.push({ path: '/sequence', message: 'nothing is numbered: map `record: sequence`, or name `file`' });
  }
  return found;
}
