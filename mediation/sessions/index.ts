export { packetOfRecord } from './packet-of-record.ts';
export type { Counters } from './counter-chain.ts';
export { CLOSE_REASONS, type CloseReason, type Mark, type Session } from './session.ts';
export {
  SessionBook,
  type PacketOfSession,
  type PacketVerdict,
  type SessionPart,
  type SettledSessions,
} from './session-book.ts';
