/** A FreeRADIUS `detail` file: an entry per accounting packet. */
import { localTime, type LocalTime, clockText } from './local-time.ts';
import { FileBuilder, type TownFile } from './outcome.ts';
import type { Session, SessionPart } from './sessions.ts';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WORD = 2 ** 32;

/** `Thu Oct 15 08:12:03 2026`, as the C library prints a time. */
function ctime(time: LocalTime): string {
  const day = String(Number(time.day)).padStart(2, ' ');
  return `${WEEKDAYS[time.weekday]} ${MONTHS[Number(time.month) - 1]} ${day} ${clockText(time)} ${time.year}`;
}

/** One entry; `delaySeconds` is how long the access server had been trying to send it. */
function entry(session: Session, part: SessionPart, delaySeconds = 0): string {
  const receivedMs = part.atMs + delaySeconds * 1000;
  const counters =
    part.kind === 'Start'
      ? []
      : [
          `Acct-Session-Time = ${part.seconds}`,
          `Acct-Input-Octets = ${part.inOctets % WORD}`,
          `Acct-Output-Octets = ${part.outOctets % WORD}`,
          `Acct-Input-Gigawords = ${Math.floor(part.inOctets / WORD)}`,
          `Acct-Output-Gigawords = ${Math.floor(part.outOctets / WORD)}`,
        ];
  const lines = [
    `Acct-Status-Type = ${part.kind}`,
    `Acct-Session-Id = "${session.id}"`,
    `User-Name = "${session.login}"`,
    'NAS-IP-Address = 192.0.2.10',
    `NAS-Port = ${session.port}`,
    `Framed-IP-Address = ${session.address}`,
    ...counters,
    ...(part.kind === 'Stop' ? ['Acct-Terminate-Cause = User-Request'] : []),
    `Acct-Delay-Time = ${delaySeconds}`,
    `Timestamp = ${Math.floor(receivedMs / 1000)}`,
  ];
  return `${ctime(localTime(receivedMs))}\n${lines.map((line) => `\t${line}\n`).join('')}\n`;
}

interface Packet {
  atMs: number;
  text: string;
  becomes: 'rated' | 'absorbed' | 'duplicate';
  fault?: string;
}

/** Faults: one retransmitted Stop (later, with a delay), one Stop without counters, one login nobody has. */
export function radiusFile(source: string, name: string, sessions: readonly Session[]): TownFile {
  const packets: Packet[] = sessions.flatMap((session) =>
    session.parts.map((part) => ({
      atMs: part.atMs,
      text: entry(session, part),
      // An interim brings what passed since the one before it.
      becomes: part.kind === 'Start' ? ('absorbed' as const) : ('rated' as const),
    })),
  );
  const stopOf = (session: Session): SessionPart => session.parts.at(-1)!;

  const again = sessions[3];
  const delay = 6;
  packets.push({
    atMs: stopOf(again).atMs + delay * 1000,
    text: entry(again, stopOf(again), delay),
    becomes: 'duplicate',
  });

  const broken = { ...sessions[5], id: '81bad00001' };
  const withoutOctets = entry(broken, stopOf(broken)).replace(/\tAcct-(In|Out)put-\w+ = \d+\n/g, '');
  packets.push({ atMs: stopOf(broken).atMs + 1000, text: withoutOctets, becomes: 'rated', fault: 'DECODE_REQUIRED' });

  const stranger = { ...sessions[7], id: '81bad00002', login: 'nobody@town' };
  packets.push({
    atMs: stopOf(stranger).atMs + 2000,
    text: entry(stranger, stopOf(stranger)),
    becomes: 'rated',
    fault: 'GUIDE_NO_OWNER',
  });

  const file = new FileBuilder();
  packets.sort((left, right) => left.atMs - right.atMs);
  for (const packet of packets) {
    if (packet.fault === undefined) file.add(packet.text, packet.becomes);
    else file.addFault(packet.text, packet.fault);
  }
  return file.build(source, name);
}
