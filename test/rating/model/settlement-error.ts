/** A period that cannot be settled: the code that says why. */
export class SettlementError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
