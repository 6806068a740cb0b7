/**
 * Errors a user can meet. The table of codes is `schemas/errors.ts`; this is the carrier.
 * In the hot path errors are numbers in a column (`errorNo`), not exceptions.
 */
import { ERRORS, type ErrorCode } from '../schemas/errors.ts';

export type { ErrorCode };

/** An error with a stable code. `message` says what happened here; cause and cure of the code stand in docs/errors.md. */
export class TollgridError extends Error {
  override readonly name = 'TollgridError';
  readonly code: ErrorCode;
  /** Facts that help (file, line, key): never secrets, never personal data. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  get httpStatus(): number {
    return ERRORS[this.code].http;
  }

  get exitCode(): number {
    return ERRORS[this.code].exit;
  }

  /** What the user can do about it. */
  get cure(): string {
    return ERRORS[this.code].cure;
  }
}

const CODES = Object.keys(ERRORS) as ErrorCode[];
const NUMBERS = new Map(CODES.map((code, index) => [code, index + 1]));

/** Number of a code inside this process, 1 and up: for columns. Never stored, never sent to another build. */
export function errorNo(code: ErrorCode): number {
  return NUMBERS.get(code)!;
}

export function errorCode(no: number): ErrorCode {
  return CODES[no - 1];
}

export function toTollgridError(error: unknown): TollgridError {
  if (error instanceof TollgridError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TollgridError('INTERNAL', message, {}, { cause: error });
}
