/** What a decoded record says of its session. */
import { SessionFlag, TEXT_FIELDS, type RecordColumns } from '../../schemas/columns/record-columns.ts';
import type { PacketOfSession } from './session-book.ts';

const [SESSION_ID, LOGIN, NAS, PORT] = (['sessionId', 'login', 'nas', 'nasPort'] as const).map((name) =>
  TEXT_FIELDS.indexOf(name),
);

export function packetOfRecord(records: RecordColumns, record: number): PacketOfSession {
  const [startMs, endMs] = [records.startMs[record], records.endMs[record]];
  const up = records.quantityUp[record];
  const flags = records.session[record];
  return {
    nas: records.textOf(NAS, record),
    sessionId: records.textOf(SESSION_ID, record),
    user: records.textOf(LOGIN, record),
    port: records.textOf(PORT, record),
    startMs,
    atMs: endMs,
    counters: {
      durationMs: endMs - startMs,
      up,
      down: records.quantity[record] - up,
      exact: (flags & SessionFlag.exact) !== 0,
      last: (flags & SessionFlag.last) !== 0,
    },
  };
}
