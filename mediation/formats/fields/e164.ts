/**
 * Telephone numbers as E.164 digits (ITU-T E.164, without the plus sign). What is none of a known form (an extension,
 * a short code, a name) stays as it is.
 */
import type { E164Rules } from '../../../schemas/format.ts';
import type { Row } from '../row.ts';
import { startsWith } from './byte-table.ts';

/** The most digits that E.164 allows. */
const MOST_DIGITS = 15;
/** Shortest number behind an international or a national prefix; less is a short code. */
const LEAST_DIGITS = 6;
/** When digits of a length are rewritten: with the first digit of the national prefix, or whatever they are. */
const [AS_NATIONAL, ALWAYS] = [1, 2];

export class E164Normaliser {
  private readonly country: Uint8Array;
  private readonly countryArea: Uint8Array;
  private readonly international: Uint8Array;
  private readonly national: Uint8Array;
  private readonly nationalLength: number;
  private readonly localLength: number;
  /** By length: when digits of that length are rewritten; 0 for never. */
  private readonly rewrites = new Uint8Array(MOST_DIGITS + 1);
  /** First byte of either prefix; -1 without. */
  private readonly internationalByte: number;
  private readonly nationalByte: number;
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
    this.internationalByte = this.international.length > 0 ? this.international[0] : -1;
    this.nationalByte = this.national.length > 0 ? this.national[0] : -1;
    for (let length = 1; length <= MOST_DIGITS; length++) {
      const anyway = length === this.localLength || this.internationalByte < 0;
      if (anyway || (this.isNational(length) && this.nationalByte < 0)) this.rewrites[length] = ALWAYS;
      else if (this.isNational(length)) this.rewrites[length] = AS_NATIONAL;
    }
  }

  /** Bytes that the arena may need beyond those of the number itself. */
  get growth(): number {
    return this.countryArea.length;
  }

  /**
   * Whether `text[start, end)` is so plainly as it should be that `normalise` would leave it alone: digits that neither
   * in length nor in the first of them look like what is rewritten. False also when that takes a closer look.
   */
  isFinal(row: Row, start: number, end: number): boolean {
    const length = end - start;
    const { text, view } = row;
    if (length < 4 || length > MOST_DIGITS) return false;
    const rewrite = this.rewrites[length];
    if (rewrite === ALWAYS || text[start] === this.internationalByte) return false;
    if (rewrite === AS_NATIONAL && text[start] === this.nationalByte) return false;
    // Four digits at a time; the last four may have been looked at before.
    for (let at = start; at < end - 4; at += 4) if (!areDigits(view.getInt32(at, true))) return false;
    return areDigits(view.getInt32(end - 4, true));
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
    const { international, national } = this;
    if (length >= international.length + LEAST_DIGITS && startsWith(text, from, international)) {
      this.start = from + international.length;
      return;
    }
    if (this.isNational(length) && startsWith(text, from, national))
      this.prepend(row, this.country, from + national.length, to);
    else if (length === this.localLength) this.prepend(row, this.countryArea, from, to);
  }

  /** Whether a number of that length is a national one, if it begins with the national prefix. */
  private isNational(length: number): boolean {
    const rest = length - this.national.length;
    return this.nationalLength > 0 ? rest === this.nationalLength : this.national.length > 0 && rest >= LEAST_DIGITS;
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

/** Whether each of four bytes is 48 to 57: the high half is 3, also after 6 more. */
function areDigits(word: number): boolean {
  return (((word & 0xf0f0f0f0) ^ 0x30303030) | (((word + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030)) === 0;
}
