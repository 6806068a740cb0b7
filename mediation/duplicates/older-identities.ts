/**
 * What the duplicate check asks of identities that no longer stand in memory. Where they are kept is another's affair;
 * the answer has to be exact.
 */

/** Words of an identity as it is kept: k1 k2 k3 | aux | tag, as in a slot of the table. */
export const IDENTITY_WORDS = 5;

/** Tables of a thread. An identity's table follows from its first word. */
export const TABLE_COUNT = 64;

export interface KeptIdentity {
  aux: number;
  tag: number;
}

export interface OlderIdentities {
  /** Nothing is kept. */
  readonly empty: boolean;
  /** Memory of all that finds them. */
  readonly memoryBytes: number;
  /** Brings near what `find` will look at for some records, four words of identity each. Returns anything. */
  touch(identity: Uint32Array, from: number, to: number): number;
  /** The last one kept of that identity, most likely of `month`. Valid until the next question. */
  find(table: number, k1: number, k2: number, k3: number, month: number): KeptIdentity | null;
  /**
   * Takes `count` identities of a month, newer than those kept before. `rowsOf` gives them by table, `IDENTITY_WORDS`
   * each, until it is asked for the next table.
   */
  keep(month: number, count: number, rowsOf: (table: number) => Uint32Array): void;
  /** Months before this one are gone for good. */
  expire(oldestTag: number): void;
}

/** A word of an identity, evenly over all 32 bits. A digest is that already; identities that a test makes up are not. */
export function spread(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 0;
}

export function monthOf(tag: number): number {
  return tag & 0xffff;
}

export function qualityOf(tag: number): number {
  return (tag >>> 16) & 15;
}

export function shardOfTag(tag: number): number {
  return tag >>> 20;
}
