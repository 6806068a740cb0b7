/**
 * RADIUS packets in frames. Slots are attributes by name; their values become text, so that all field types and
 * conditions of other families hold here too. Of several equal attributes the last one counts.
 */
import { FAULT } from '../../codes.ts';
import { emptyFrame, readFrame } from '../../frame.ts';
import type { Row, Splitter } from '../../row.ts';
import { beginFramed } from '../framed-row.ts';
import { DICTIONARY, unnamedAttribute, type AttributeEntry } from './dictionary.ts';
import {
  roomFor,
  valueNames,
  writeAddress,
  writeAddress6,
  writeDigits,
  writeInteger,
  writeOctets,
  writePrefix6,
  type ValueNames,
} from './values.ts';

/** What stands in the frame, under the names FreeRADIUS has for it: seconds since 1970, and who sent the packet. */
const TIMESTAMP = 'Timestamp';
const SENDER = 'Packet-Src-IP-Address';
const CODE = 'Packet-Type';
const CODES: ValueNames = new Map(
  Object.entries({ 1: 'Access-Request', 4: 'Accounting-Request', 40: 'Disconnect-Request', 43: 'CoA-Request' }).map(
    ([code, name]) => [Number(code), Buffer.from(name)],
  ),
);

const HEADER_BYTES = 20;
const VENDOR_SPECIFIC = 26;
/** A vendor's number takes 24 bits. */
const VENDOR_STEP = 256;

interface Wanted extends AttributeEntry {
  slot: number;
  names: ValueNames;
}

/** Null when the name is an attribute. */
export function attributeMistake(name: string): string | null {
  const known =
    [TIMESTAMP, SENDER, CODE].includes(name) || DICTIONARY.has(name) || unnamedAttribute(name) !== undefined;
  return known
    ? null
    : `is no RADIUS attribute known here; unknown ones are written Attr-<type> or Attr-26-<vendor>-<type>`;
}

export class RadiusSplitter implements Splitter {
  private readonly wanted = new Map<number, Wanted>();
  private readonly timestampSlot: number;
  private readonly senderSlot: number;
  private readonly codeSlot: number;
  private readonly frame = emptyFrame();

  constructor(names: readonly string[]) {
    this.timestampSlot = names.indexOf(TIMESTAMP);
    this.senderSlot = names.indexOf(SENDER);
    this.codeSlot = names.indexOf(CODE);
    names.forEach((name, slot) => {
      const entry = DICTIONARY.get(name) ?? unnamedAttribute(name);
      if (entry !== undefined) this.wanted.set(keyOf(entry), { ...entry, slot, names: valueNames(entry) });
    });
  }

  split(row: Row, from: number, end: number): number {
    const to = beginFramed(row, from, end);
    if (!row.complete || !readFrame(row.text, from, to, this.frame) || !this.readPacket(row)) {
      if (row.fault === 0) row.fault = FAULT.attribute;
    }
    return row.recordEnd;
  }

  private readPacket(row: Row): boolean {
    const { payloadStart, end, receivedMs, channelStart, channelEnd } = this.frame;
    if (end - payloadStart < HEADER_BYTES || !row.hasRoom(roomFor(end - payloadStart))) return false;
    if (this.senderSlot >= 0) this.put(row, this.senderSlot, channelStart, channelEnd);
    if (this.timestampSlot >= 0)
      this.render(row, this.timestampSlot, () => writeDigits(row, Math.floor(receivedMs / 1000)));
    if (this.codeSlot >= 0) this.writeCode(row, row.text[payloadStart]);
    return this.readAttributes(row, payloadStart + HEADER_BYTES, end, 0);
  }

  private writeCode(row: Row, code: number): void {
    const name = CODES.get(code);
    this.render(row, this.codeSlot, () => {
      if (name === undefined) return writeDigits(row, code);
      row.text.set(name, row.arenaEnd);
      row.arenaEnd += name.length;
    });
  }

  private readAttributes(row: Row, from: number, end: number, vendor: number): boolean {
    const { text } = row;
    let at = from;
    while (at < end) {
      if (at + 2 > end) return false;
      const next = at + text[at + 1];
      if (text[at + 1] < 2 || next > end) return false;
      row.columns++;
      if (vendor === 0 && text[at] === VENDOR_SPECIFIC) this.readVendor(row, at + 2, next);
      else if (!this.readValue(row, vendor * VENDOR_STEP + text[at], at + 2, next)) return false;
      at = next;
    }
    return true;
  }

  /** What a vendor packs in another way than the RFC recommends is passed over: it is nothing we know. */
  private readVendor(row: Row, from: number, end: number): void {
    if (end - from < 4) return;
    const columns = row.columns;
    this.readAttributes(row, from + 4, end, row.view.getUint32(from));
    row.columns = columns;
  }

  private readValue(row: Row, key: number, from: number, end: number): boolean {
    const wanted = this.wanted.get(key);
    if (wanted === undefined) return true;
    if (wanted.kind === 'text') {
      this.put(row, wanted.slot, from, end);
      return true;
    }
    const start = row.arenaEnd;
    if (!write(row, wanted, from, end)) return false;
    row.slotStart[wanted.slot] = start;
    row.slotEnd[wanted.slot] = row.arenaEnd;
    return true;
  }

  private render(row: Row, slot: number, write: () => void): void {
    row.slotStart[slot] = row.arenaEnd;
    write();
    row.slotEnd[slot] = row.arenaEnd;
  }

  private put(row: Row, slot: number, start: number, end: number): void {
    row.slotStart[slot] = start;
    row.slotEnd[slot] = end;
    for (let at = start; at < end; at++) {
      if (row.text[at] === 0) row.fault = FAULT.nul;
      if (row.text[at] >= 0x80) row.high = true;
    }
  }
}

function keyOf({ vendor, type }: AttributeEntry): number {
  return vendor * VENDOR_STEP + type;
}

function write(row: Row, { kind, names }: Wanted, from: number, end: number): boolean {
  switch (kind) {
    case 'integer':
      return writeInteger(row, from, end, names);
    case 'address':
      return writeAddress(row, from, end);
    case 'address6':
      return writeAddress6(row, from, end);
    case 'prefix6':
      return writePrefix6(row, from, end);
    default:
      return writeOctets(row, from, end);
  }
}
