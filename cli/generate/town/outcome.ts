/** What a generated file must become: the generator knows, because it put the faults in. */

/** Dispositions of the records of one file, after it went through the town's formats, guiding and tariffs. */
export interface Outcome {
  received: number;
  rated: number;
  /** Headers, trailers, session starts and interims, first register values. */
  absorbed: number;
  duplicate: number;
  superseded: number;
  filtered: number;
  /** By error code. */
  suspended: Record<string, number>;
}

export interface TownFile {
  source: string;
  name: string;
  bytes: Buffer;
  expected: Outcome;
}

/** For ASCII and the Cyrillic letters from А to я, which is all that these files hold. */
export function cp1251(text: string): Buffer {
  return Buffer.from(
    Array.from(text, (character) => {
      const unit = character.charCodeAt(0);
      return unit < 0x80 ? unit : unit - 0x0410 + 0xc0;
    }),
  );
}

/** Collects the lines of a file together with what becomes of each. */
export class FileBuilder {
  readonly #parts: string[] = [];
  readonly #expected: Outcome = {
    received: 0,
    rated: 0,
    absorbed: 0,
    duplicate: 0,
    superseded: 0,
    filtered: 0,
    suspended: {},
  };

  /** A record that ends in one of the counted dispositions. */
  add(text: string, becomes: Exclude<keyof Outcome, 'received' | 'suspended'>): void {
    this.#parts.push(text);
    this.#expected.received++;
    this.#expected[becomes]++;
  }

  /** A record that waits in suspense with this code. */
  addFault(text: string, code: string): void {
    this.#parts.push(text);
    this.#expected.received++;
    this.#expected.suspended[code] = (this.#expected.suspended[code] ?? 0) + 1;
  }

  /** Text that is not a record, such as a line of column names. */
  addPlain(text: string): void {
    this.#parts.push(text);
  }

  build(source: string, name: string, encode: (text: string) => Buffer = (text) => Buffer.from(text)): TownFile {
    return { source, name, bytes: encode(this.#parts.join('')), expected: this.#expected };
  }
}
