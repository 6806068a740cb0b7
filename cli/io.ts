/** Where a command writes: results to stdout, everything else to stderr. */
import type { TollgridError } from '../platform/errors.ts';

export interface Io {
  /** One line of the result. */
  out(line: string): void;
  /** One line about what is going on. */
  note(line: string): void;
  /** A bar may be drawn on stderr. */
  readonly interactive: boolean;
}

export const processIo: Io = {
  out: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  interactive: process.stderr.isTTY,
};

/** `CODE: message`, the details worth reading, and what to do. */
export function errorLines(error: TollgridError, asJson: boolean): string[] {
  const { code, message, cure, details } = error;
  if (asJson) return [JSON.stringify({ error: { code, message, cure, details } })];
  const problems = Array.isArray(details['problems']) ? details['problems'] : [];
  return [`${code}: ${message}`, ...problems.map((problem) => `  ${problemLine(problem)}`), `  ${cure}`];
}

function problemLine(problem: unknown): string {
  return typeof problem === 'string' ? problem : JSON.stringify(problem);
}
