/** What a family of formats is: how its bytes are framed and where a field can stand. */
import type { Encoding, FormatDocument, FormatField } from '../../../schemas/format.ts';
import type { Splitter } from '../row.ts';

/** The key with which a field of the family says where it stands. */
export type Locator = 'column' | 'range' | 'attribute' | 'path';

export interface Layout {
  /** How many slots a record has at most. */
  slots: number;
  /** Slot of each field that has a locator, by the field's number. */
  slotOf: ReadonlyMap<number, number>;
  /** Slot that tells the record type, -1 when there is none. */
  typeSlot: number;
  /** A splitter of its own, for it keeps state while it reads a record. Slots outside `used` may stay escaped. */
  splitter(used: readonly number[]): Splitter;
  /** See `CompiledFormat.cut`, for bytes that more may follow. */
  cut(bytes: Uint8Array, first: boolean): number;
  /** Upper bound of the records in the bytes. */
  countRecords(bytes: Uint8Array): number;
  /** Records are frames of their own length, not lines: see frame.ts. */
  framed?: boolean;
  /** What is wrong with a closed file that begins so and has that size; null: nothing that is seen from there. */
  headerMistake?(start: Uint8Array, sizeBytes: number): string | null;
  /** Bytes that the splitter writes for each byte it reads, where that is more than one. */
  arenaPerByte?: number;
}

export interface Family {
  locator: Locator;
  encodings: readonly Encoding[];
  /** Keys of the document that this family knows besides the common ones. */
  keys: readonly (keyof FormatDocument)[];
  layout(document: FormatDocument): Layout;
  /** What is wrong with a place that a field names, or null. */
  placeMistake?(place: string): string | null;
  /** Bytes of what a test in a format file gives as text, where these are not the text itself. */
  encodeTest?(text: string, document: FormatDocument): Uint8Array;
  /** See `CompiledFormat.partsOf`. */
  partsOf?(document: FormatDocument): (payload: Uint8Array) => readonly string[];
  /** What is wrong with the keys that it alone knows, as JSON pointers and messages. */
  mistakes?(document: FormatDocument): { path: string; message: string }[];
}

/** Numbers the distinct places that fields name, in the order of first use. */
export function distinctPlaces<T>(
  fields: readonly FormatField[],
  placeOf: (field: FormatField) => T | undefined,
): { places: T[]; slotOf: Map<number, number> } {
  const places: T[] = [];
  const slotOf = new Map<number, number>();
  fields.forEach((field, no) => {
    const place = placeOf(field);
    if (place === undefined) return;
    let slot = places.indexOf(place);
    if (slot < 0) slot = places.push(place) - 1;
    slotOf.set(no, slot);
  });
  return { places, slotOf };
}
