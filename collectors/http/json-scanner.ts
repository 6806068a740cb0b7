/**
 * A strict reader of JSON grammar (RFC 8259) over bytes that keeps nothing: it tells where values end.
 * The bytes themselves are what the log stores, so nothing here decodes, merges or rewrites a value.
 */
import { TollgridError } from '../../platform/errors.ts';

export const Byte = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  minus: 0x2d,
  dot: 0x2e,
  zero: 0x30,
  nine: 0x39,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));
const SIMPLE_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= Byte.zero && byte <= Byte.nine;
}

function isHexDigit(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}

/** `at` is the position of the next unread byte. Methods throw BODY_NOT_JSON or BODY_TOO_DEEP with that position. */
export class JsonScanner {
  at = 0;
  readonly bytes: Uint8Array;
  readonly depthMax: number;

  constructor(bytes: Uint8Array, depthMax: number) {
    this.bytes = bytes;
    this.depthMax = depthMax;
  }

  skipSpace(): void {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== Byte.space && byte !== Byte.lineFeed && byte !== Byte.carriageReturn && byte !== Byte.tab) return;
      this.at++;
    }
  }

  /** Takes `byte` when it is next. */
  take(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  expect(byte: number): void {
    if (!this.take(byte)) this.fail();
  }

  /** Moves behind the value that starts here. `depth`: containers around it. */
  skipValue(depth: number): void {
    const byte = this.bytes[this.at];
    if (byte === Byte.quote) this.skipString();
    else if (byte === Byte.openBrace) this.skipObject(depth + 1);
    else if (byte === Byte.openBracket) this.skipArray(depth + 1);
    else if (byte === Byte.minus || isDigit(byte)) this.skipNumber();
    else this.skipLiteral();
  }

  fail(): never {
    throw new TollgridError('BODY_NOT_JSON', `The body is not JSON at byte ${this.at}.`, { byte: this.at });
  }

  private enter(depth: number): void {
    if (depth > this.depthMax) {
      const message = `The body nests deeper than ${this.depthMax} levels at byte ${this.at}.`;
      throw new TollgridError('BODY_TOO_DEEP', message, { byte: this.at, depthMax: this.depthMax });
    }
    this.at++;
    this.skipSpace();
  }

  private skipObject(depth: number): void {
    this.enter(depth);
    if (this.take(Byte.closeBrace)) return;
    do {
      this.skipSpace();
      this.skipString();
      this.skipSpace();
      this.expect(Byte.colon);
      this.skipSpace();
      this.skipValue(depth);
      this.skipSpace();
    } while (this.take(Byte.comma));
    this.expect(Byte.closeBrace);
  }

  private skipArray(depth: number): void {
    this.enter(depth);
    if (this.take(Byte.closeBracket)) return;
    do {
      this.skipSpace();
      this.skipValue(depth);
      this.skipSpace();
    } while (this.take(Byte.comma));
    this.expect(Byte.closeBracket);
  }

  private skipString(): void {
    this.expect(Byte.quote);
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte === undefined || byte < Byte.space) this.fail();
      this.at++;
      if (byte === Byte.quote) return;
      if (byte === Byte.backslash) this.skipEscape();
    }
  }

  private skipEscape(): void {
    const byte = this.bytes[this.at];
    if (byte === 0x75) {
      for (let digit = 1; digit <= 4; digit++) if (!isHexDigit(this.bytes[this.at + digit])) this.fail();
      this.at += 5;
    } else if (byte !== undefined && SIMPLE_ESCAPES.has(byte)) this.at++;
    else this.fail();
  }

  private skipNumber(): void {
    this.take(Byte.minus);
    if (!this.take(Byte.zero)) this.skipDigits();
    if (this.take(Byte.dot)) this.skipDigits();
    if (((this.bytes[this.at] ?? 0) | 0x20) === 0x65) {
      this.at++;
      if (!this.take(Byte.plus)) this.take(Byte.minus);
      this.skipDigits();
    }
  }

  private skipDigits(): void {
    if (!isDigit(this.bytes[this.at])) this.fail();
    while (isDigit(this.bytes[this.at])) this.at++;
  }

  private skipLiteral(): void {
    const literal = LITERALS.get(this.bytes[this.at] ?? 0);
    if (!literal) this.fail();
    for (const byte of literal) this.expect(byte);
  }
}
