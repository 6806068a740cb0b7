/**
 * Telephone numbers as E.164 digits (ITU-T E.164, without the plus sign). What is none of a known form (an extension,
 * a short code, a name) stays as it is.
 */
import type { E164Rules } from '../../../schemas/format.ts';
import type { Row } from '../row.ts';
import { startsWith } from './byte-table.ts';

/** Shortest number behind an international or a national prefix; less is a short code. */
const LEAST_DIGITS = 6;

export class E164Normaliser {
  private readonly country: Uint8Array;
  private readonly countryArea: Uint8Array;
  private readonly international: Uint8Array;
  private readonly national: Uint8Array;
  private readonly nationalLength: number;
  private readonly localLength: number;
  /** Result of the last call: where the number stands in the row's text. */
  start = 0;
  end = 0;

  constructor(rules: E164Rules) {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const area = rules.area ?? '';
    this.country = bytes(rules.country);
    this.countryArea = bytes(rules.country + area);
    this.international = bytes(rules.internationalPrefix);
    this.national = bytes(rules.nationalPrefix);
    this.nationalLength = rules.nationalLength ?? 0;
    const localOfNational = rules.nationalLength !== undefined ? rules.nationalLength - area.length : 0;
    this.localLength = area === '' ? 0 : (rules.localLength ?? localOfNational);
  }

  /** Bytes that the arena may need beyond those of the number itself. */
  get growth(): number {
    return this.countryArea.length;
  }

  /** Normalises `text[start, end)`; the arena has room for it and `growth`. */
  normalise(row: Row, start: number, end: number): void {
    const { text } = row;
    this.start = start;
    this.end = end;
    const plus = text[start] === 43;
    let from = plus ? start + 1 : start;
    let dirty = false;
    for (let at = from; at < end; at++) {
      const byte = text[at];
      if (byte >= 48 && byte <= 57) continue;
      // Blank ( ) - . / are how people write numbers.
      if (byte === 32 || byte === 40 || byte === 41 || (byte >= 45 && byte <= 47)) dirty = true;
      else return;
    }
    let to = end;
    if (dirty) {
      to = row.arenaEnd;
      for (let at = from; at < end; at++) if (text[at] >= 48 && text[at] <= 57) text[to++] = text[at];
      from = row.arenaEnd;
      row.arenaEnd = to;
    }
    if (to === from) return;
    this.start = from;
    this.end = to;
    if (plus) return;
    const length = to - from;
    const { international, national, nationalLength } = this;
    if (length >= international.length + LEAST_DIGITS && startsWith(text, from, international)) {
      this.start = from + international.length;
      return;
    }
    const rest = length - national.length;
    const isNational = nationalLength > 0 ? rest === nationalLength : national.length > 0 && rest >= LEAST_DIGITS;
    if (isNational && startsWith(text, from, national)) this.prepend(row, this.country, from + national.length, to);
    else if (length === this.localLength) this.prepend(row, this.countryArea, from, to);
  }

  private prepend(row: Row, prefix: Uint8Array, from: number, to: number): void {
    const { text } = row;
    let at = row.arenaEnd;
    this.start = at;
    for (let i = 0; i < prefix.length; i++) text[at++] = prefix[i];
    for (let i = from; i < to; i++) text[at++] = text[i];
    this.end = row.arenaEnd = at;
  }
}
