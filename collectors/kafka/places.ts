/** Where the reading of a partition begins: the log is the truth, the group is asked where the log knows nothing. */
import type { ErrorCode } from '../../platform/errors.ts';

export interface Known {
  /** Next message by the log, or by what was done since the start. */
  inLog: number | undefined;
  /** Next message by what the group was told. */
  told: number | undefined;
  /** First message that the broker holds, and the one behind its last. */
  low: number;
  high: number;
}

export interface Manner {
  from: 'earliest' | 'latest';
  /** Others read in the same group, into logs of their own. */
  shared: boolean;
  /** The partition was here before, since the start: whoever told the group more was another member. */
  returns: boolean;
}

export interface Notice {
  code: ErrorCode & `KAFKA_${string}`;
  message: string;
}

export interface Beginning {
  next: number;
  /** The topic was made anew: what the log says of it is of another one. */
  anew: boolean;
  /** Messages that were deleted before they were read. */
  gone: number;
  notices: Notice[];
}

/** `stream` is for people. */
export function beginningOf(stream: string, known: Known, manner: Manner): Beginning {
  const { low, high } = known;
  const { next, notices } = wanted(stream, known, manner);
  if (next > high) {
    const message = `${stream} ends at ${high}, and ${next} messages of it were read; it is read from its start`;
    return { next: low, anew: true, gone: 0, notices: [...notices, { code: 'KAFKA_TOPIC_REPLACED', message }] };
  }
  if (next >= low) return { next, anew: false, gone: 0, notices };
  const gone = low - next;
  const message = `${stream} begins at ${low}, and ${next} would have been next: ${gone} are lost`;
  return { next: low, anew: false, gone, notices: [...notices, { code: 'KAFKA_MESSAGES_GONE', message }] };
}

function wanted(stream: string, known: Known, { from, shared, returns }: Manner): { next: number; notices: Notice[] } {
  const { inLog, told, low, high } = known;
  const ahead = (next: number, message: string) => ({
    next,
    notices: [{ code: 'KAFKA_GROUP_AHEAD', message: `${stream}: ${message}` } satisfies Notice],
  });
  if (inLog === undefined) {
    if (told === undefined) return { next: from === 'earliest' ? low : high, notices: [] };
    if (shared || told <= low) return { next: told, notices: [] };
    return ahead(told, `the log knows nothing of it; it is read from ${told}, where the group is`);
  }
  if (told === undefined || told <= inLog) return { next: inLog, notices: [] };
  if (returns) return { next: told, notices: [] };
  const where = `the log ends at ${inLog}, the group is at ${told}`;
  return shared
    ? ahead(told, `${where}; others of the group have read what is between`)
    : ahead(inLog, `${where}; it is read from ${inLog}, where the log ends`);
}
