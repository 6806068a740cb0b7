/** What rating asks of others about a row, beside its columns. The registry's look-up answers for customers. */

/** Attributes of customers at a time. A value may list several words, apart by blanks. */
export interface CustomerFacts {
  /** Number of an attribute's name; -1 when nobody ever had it. Good until the next change is applied. */
  attributeNo(name: string): number;
  /** Whether the subscription, or else its account, has this value then, or has it as a word of a list. */
  holds(
    subscriptionNo: number,
    attributeNo: number,
    text: Uint8Array,
    offset: number,
    length: number,
    atMs: number,
  ): boolean;
  /** The whole value as it is written; null = there is none then. */
  valueOf(subscriptionNo: number, attributeNo: number, atMs: number): string | null;
  /** Whether both have a value, or a word of a list, in common then. */
  shares(subscriptionNo: number, otherNo: number, attributeNo: number, atMs: number): boolean;
  /** The subscription that has this number then; -1 = nobody known. */
  subscriptionOf(text: Uint8Array, offset: number, length: number, atMs: number): number;
}

export interface RatingFacts {
  /** Names of the record classes, by the records' `classNo`. */
  readonly classes: readonly string[];
  /** Null: nothing is known of any customer. */
  readonly customers: CustomerFacts | null;
}

export const NO_FACTS: RatingFacts = { classes: [], customers: null };
