/**
 * Messages in frames (MQTT). A slot is a path into the payload's JSON object, or one of these:
 *
 *   $topic         the topic; `$topic.2` its second segment, `$topic.-1` the last one, `$topic.2-` all from the second
 *   $receivedAt    milliseconds since 1970 of the time of receipt
 *   $payload       the whole payload, without blanks around it
 *   $register      the register that this record of the message shows, `$value` what it shows, `$time` when
 *   $retained, $repeated, $raw    `1`, or nothing
 *
 * A payload that is no JSON object has no paths; what a collector read itself (`$raw`) is not looked at.
 */
import { FAULT } from '../../codes.ts';
import { emptyFrame, MESSAGE_FLAGS, readFrame } from '../../frame.ts';
import { MAX_RECORD_BYTES } from '../../row.ts';
import type { Row, Splitter } from '../../row.ts';
import { beginFramed } from '../framed-row.ts';
import { ByteTable } from '../../fields/byte-table.ts';
import { JsonSplitter } from '../json.ts';
import { writeDigits } from '../radius/values.ts';

export interface RegisterPlace {
  register: string;
  path: string;
  /** Where the time of its value stands. */
  time?: string;
}

/** A piece of the topic, from 1 or, at the end, from -1; `rest`: with all behind it. */
interface Segment {
  slot: number;
  number: number;
  rest: boolean;
}

const FLAG_PLACES: Readonly<Record<string, number>> = {
  $retained: MESSAGE_FLAGS.retained,
  $repeated: MESSAGE_FLAGS.repeated,
  $raw: MESSAGE_FLAGS.raw,
};
const PLAIN_PLACES = ['$topic', '$receivedAt', '$payload', '$register', '$value', '$time', ...Object.keys(FLAG_PLACES)];
const SEGMENT = /^\$topic\.(-?[1-9]\d?)(-?)$/;

const [SLASH, OPEN, ONE] = [47, 123, 49];
/** Longest time in digits, and a byte for each flag. */
const ROOM_BYTES = 32;

/** Null when a field can stand there. */
export function placeMistake(place: string): string | null {
  if (!place.startsWith('$') || PLAIN_PLACES.includes(place) || SEGMENT.test(place)) return null;
  return `is none of ${PLAIN_PLACES.join(', ')}, $topic.1, $topic.-1, $topic.2-`;
}

export class MessageSplitter implements Splitter {
  private readonly json: JsonSplitter | null;
  private readonly topicSlot: number;
  private readonly registerSlot: number;
  private readonly receivedSlot: number;
  private readonly payloadSlot: number;
  private readonly valueSlot: number;
  private readonly timeSlot: number;
  private readonly flagSlots: readonly { flag: number; slot: number }[];
  private readonly segments: readonly Segment[];
  private readonly registers: ByteTable;
  /** Of each register: slots where its value may stand, and its time (-1: none of its own). */
  private readonly shown: readonly (readonly { value: number; time: number }[])[];
  private readonly undecoded: boolean;
  private readonly frame = emptyFrame();

  /** `undecoded`: each waits in suspense. */
  constructor(places: readonly string[], registers: readonly RegisterPlace[], undecoded: boolean) {
    this.undecoded = undecoded;
    const special = (place: string): boolean => place.startsWith('$');
    const slots = places.map((place, slot) => ({ place, slot }));
    const paths = new Map(slots.filter(({ place }) => !special(place)).map(({ place, slot }) => [place, slot]));
    /** The next slots are for what no field reads by itself. */
    const slotOfPath = (path: string): number => {
      const slot = paths.get(path) ?? places.length + (paths.size - pathFields);
      paths.set(path, slot);
      return slot;
    };
    const pathFields = paths.size;
    const found = registers.map(({ register, path, time }) => ({
      register,
      value: slotOfPath(path),
      time: time === undefined ? -1 : slotOfPath(time),
    }));
    this.json = paths.size === 0 ? null : new JsonSplitter([...paths.keys()], [...paths.values()]);
    this.topicSlot = places.indexOf('$topic');
    this.registerSlot = places.indexOf('$register');
    this.receivedSlot = places.indexOf('$receivedAt');
    this.payloadSlot = places.indexOf('$payload');
    this.valueSlot = places.indexOf('$value');
    this.timeSlot = places.indexOf('$time');
    this.flagSlots = slots.flatMap(({ place, slot }) =>
      place in FLAG_PLACES ? [{ flag: FLAG_PLACES[place], slot }] : [],
    );
    this.segments = slots.flatMap(({ place, slot }) => {
      const match = SEGMENT.exec(place);
      return match === null ? [] : [{ slot, number: Number(match[1]), rest: match[2] !== '' }];
    });
    const names = [...new Set(registers.map(({ register }) => register))];
    this.registers = new ByteTable(names);
    this.shown = names.map((name) => found.filter(({ register }) => register === name));
  }

  split(row: Row, from: number, end: number): number {
    const to = beginFramed(row, from, end);
    if (!row.complete || !readFrame(row.text, from, to, this.frame)) row.fault = FAULT.frame;
    else if (to - this.frame.payloadStart > MAX_RECORD_BYTES) row.fault = FAULT.tooLong;
    else if (!row.hasRoom(ROOM_BYTES)) row.fault = FAULT.room;
    else if (this.undecoded) row.fault = FAULT.later;
    else this.readMessage(row);
    return row.recordEnd;
  }

  private readMessage(row: Row): void {
    const { channelStart, channelEnd, partStart, partEnd, flags, receivedMs } = this.frame;
    put(row, this.topicSlot, channelStart, channelEnd);
    put(row, this.registerSlot, partStart, partEnd);
    for (let i = 0; i < this.segments.length; i++) this.putSegment(row, this.segments[i]);
    if (this.receivedSlot >= 0) {
      const start = row.arenaEnd;
      writeDigits(row, receivedMs);
      put(row, this.receivedSlot, start, row.arenaEnd);
    }
    for (let i = 0; i < this.flagSlots.length; i++) {
      const { flag, slot } = this.flagSlots[i];
      if ((flags & flag) === 0) continue;
      row.text[row.arenaEnd++] = ONE;
      put(row, slot, row.arenaEnd - 1, row.arenaEnd);
    }
    look(row, channelStart, channelEnd);
    look(row, partStart, partEnd);
    if ((flags & MESSAGE_FLAGS.raw) === 0) this.readPayload(row);
  }

  private readPayload(row: Row): void {
    const { text } = row;
    let { payloadStart: start, end } = this.frame;
    while (start < end && text[start] <= 32) start++;
    while (end > start && text[end - 1] <= 32) end--;
    look(row, start, end);
    put(row, this.payloadSlot, start, end);
    if (this.json === null || start === end || text[start] !== OPEN) return;
    this.json.readLine(row, start, end);
    const { partStart, partEnd } = this.frame;
    const register = this.registers.find(text, partStart, partEnd);
    if (register < 0) return;
    const places = this.shown[register];
    for (let i = 0; i < places.length; i++) {
      const { value, time } = places[i];
      if (row.slotEnd[value] === row.slotStart[value]) continue;
      put(row, this.valueSlot, row.slotStart[value], row.slotEnd[value]);
      if (time >= 0) put(row, this.timeSlot, row.slotStart[time], row.slotEnd[time]);
      return;
    }
  }

  private putSegment(row: Row, { slot, number, rest }: Segment): void {
    const { text } = row;
    const { channelStart, channelEnd } = this.frame;
    let left = number > 0 ? number : segmentsOf(text, channelStart, channelEnd) + number + 1;
    if (left < 1) return;
    let start = channelStart;
    for (; left > 1 && start < channelEnd; start++) if (text[start] === SLASH) left--;
    if (left > 1) return;
    let end = rest ? channelEnd : start;
    while (end < channelEnd && text[end] !== SLASH) end++;
    put(row, slot, start, end);
  }
}

/** Slot -1: no field asks for it. */
function put(row: Row, slot: number, start: number, end: number): void {
  if (slot < 0) return;
  row.slotStart[slot] = start;
  row.slotEnd[slot] = end;
}

/** No text holds NUL, and what is no ASCII is looked at again. */
function look(row: Row, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    if (row.text[at] === 0) row.fault = FAULT.nul;
    if (row.text[at] >= 0x80) row.high = true;
  }
}

function segmentsOf(text: Uint8Array, start: number, end: number): number {
  let count = 1;
  for (let at = start; at < end; at++) if (text[at] === SLASH) count++;
  return count;
}
