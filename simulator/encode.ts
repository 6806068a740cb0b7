/** What devices send, as bytes: lines of a branch exchange, a file of an exchange, RADIUS attributes, payloads of meters. */
import { attribute } from '../collectors/radius/index.ts';
import type { Call, PacketStatus, Reading, SessionPacket } from './events.ts';

const ZONE = 'Europe/Kyiv';
const stamps = new Intl.DateTimeFormat('sv-SE', {
  timeZone: ZONE,
  dateStyle: 'short',
  timeStyle: 'medium',
});

/** `2026-10-15 08:30:00` on the clock of the town. */
function localStamp(utcMs: number): string {
  return stamps.format(utcMs);
}

const national = (number: string): string => (number.startsWith('380') ? `0${number.slice(3)}` : `00${number}`);

/** FreeSWITCH's template "example" (format `freeswitch-csv`), with a line feed. */
export function callLine({ id, caller, called, answeredAtMs, seconds }: Call): string {
  const answered = localStamp(answeredAtMs);
  const columns = [
    ...[national(caller), national(caller), national(called), 'default', answered, answered],
    ...[localStamp(answeredAtMs + seconds * 1000), String(seconds), String(seconds), 'NORMAL_CLEARING'],
    ...[id, '', '', 'PCMA', 'PCMA'],
  ];
  return `${columns.map((column) => `"${column}"`).join(',')}\n`;
}

/** A file of the format `exchange`; its calls are numbered on from `firstNo`. */
export function callFile(exchange: string, day: string, firstNo: number, calls: readonly Call[]): string {
  const lines = calls.map(({ caller, called, answeredAtMs, seconds }, index) => {
    const [date, clock] = localStamp(answeredAtMs).split(' ');
    const answered = `${date.split('-').reverse().join('.')} ${clock}`;
    return `D;${exchange};${firstNo + index};O;${national(caller)};${national(called)};${answered};${seconds};;CITY-1;`;
  });
  const seconds = calls.reduce((sum, call) => sum + call.seconds, 0);
  return `H;${exchange};${day}\n${lines.join('\n')}\nT;${exchange};${calls.length};${seconds}\n`;
}

export const localDay = (utcMs: number): string => localStamp(utcMs).slice(0, 10);

const STATUS: Readonly<Record<PacketStatus, number>> = {
  Start: 1,
  Stop: 2,
  'Interim-Update': 3,
  'Accounting-On': 7,
  'Accounting-Off': 8,
};
const WORD = 2 ** 32;
const CAUSE = { userRequest: 1, nasReboot: 11 };

/** Attributes of RFC 2866 and 2869. Nothing in them depends on the attempt, so that a repetition is the same packet. */
export function accountingAttributes(packet: SessionPacket): Uint8Array[] {
  const { status, id, login, port, startedAtMs, atMs, inOctets, outOctets, rebooted } = packet;
  const own = status === 'Accounting-On' || status === 'Accounting-Off';
  const attributes = [
    whole(40, STATUS[status]),
    text(44, id),
    text(32, 'simulated-bras'),
    whole(55, Math.floor(atMs / 1000)),
    ...(own ? [] : [text(1, login), whole(5, port), whole(8, (0x0a40 << 16) + port)]),
  ];
  if (own || status === 'Start') return attributes;
  attributes.push(
    whole(46, Math.floor((atMs - startedAtMs) / 1000)),
    ...[whole(42, inOctets % WORD), whole(43, outOctets % WORD)],
    ...[whole(52, Math.floor(inOctets / WORD)), whole(53, Math.floor(outOctets / WORD))],
  );
  if (status === 'Stop') attributes.push(whole(49, rebooted ? CAUSE.nasReboot : CAUSE.userRequest));
  return attributes;
}

function whole(type: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return attribute(type, bytes);
}

function text(type: number, value: string): Uint8Array {
  return attribute(type, Buffer.from(value));
}

/** A CloudEvent of the energy of an interval. */
export function readingEvent({ id, meter, startAtMs, endAtMs, wattHours }: Reading): string {
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: '/simulated/meters',
    type: 'tollgrid.usage.electricity',
    time: instant(startAtMs),
    data: { meter, register: '1.8.1', startAt: instant(startAtMs), endAt: instant(endAtMs), wh: wattHours },
  });
}

/** What Tasmota publishes of an energy meter with tariffs: `tele/<device>/SENSOR`; the first total is register 1.8.1. */
export function tasmotaMessage({ meter, endAtMs, totalWattHours }: Reading): { topic: string; payload: string } {
  const kilowattHours = totalWattHours / 1000;
  return {
    topic: `tele/${meter}/SENSOR`,
    payload: JSON.stringify({ Time: instant(endAtMs), ENERGY: { Total: [kilowattHours] } }),
  };
}

const instant = (utcMs: number): string => new Date(utcMs).toISOString().replace('.000Z', 'Z');
