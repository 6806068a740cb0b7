/** The look-up that guiding reads: base plus changes, as of the last change applied. */
export interface RegistryLookup {
  /**
   * Finds who carries an identifier at a time. `kindNo` is the index in IDENTIFIER_KINDS ('number' also finds ranges).
   * Returns the assignment's number, -1 when nobody ever carried it, -2 when somebody did, but not at that time.
   */
  find(kindNo: number, text: Uint8Array, offset: number, length: number, atMs: number): number;
  /** `find` for many at once, which is faster: the first `count` of the arrays; the answers go to `found`. */
  findMany(
    kindNo: number,
    text: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint16Array,
    times: Float64Array,
    count: number,
    found: Int32Array,
  ): void;
  subscriptionNo(assignment: number): number;
  accountNo(assignment: number): number;
  /** Meter facts; 1 and 0 when not given. */
  multiplier(assignment: number): number;
  digits(assignment: number): number;
  /** Tariff name number (see `tariffNames`) for a subscription, view and service at a time; -1 when none. */
  tariffNo(subscriptionNo: number, view: string, service: string, atMs: number): number;
  /**
   * The same in two steps, for many rows: the number of a (view, service) pair (-1 when nobody has a tariff for it; good
   * until the next change is applied), and the tariff by that number.
   */
  pairNo(view: string, service: string): number;
  tariffNoOfPair(subscriptionNo: number, pairNo: number, atMs: number): number;
  readonly tariffNames: readonly string[];
}
