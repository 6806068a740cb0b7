/** Log lines as JSON on standard error. What tells of a person or opens a door does not get into them. */
import { destination, pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

const HIDDEN = [
  'party',
  'other_party',
  'otherParty',
  'callingParty',
  'calledParty',
  'login',
  'password',
  'token',
  'authorization',
  'apiKey',
];

/** Deep enough for `req.headers.authorization`. */
const paths = HIDDEN.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

export interface LoggerOptions {
  level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  /** The role that speaks: front, rater, engine... */
  name: string;
  /** For tests; standard error otherwise, written at once so that the last line before a crash is there. */
  stream?: DestinationStream;
}

export function createLogger({ level, name, stream }: LoggerOptions): Logger {
  return pino({ level, name, redact: { paths, censor: '[hidden]' } }, stream ?? destination({ dest: 2, sync: true }));
}
