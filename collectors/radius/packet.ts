/** RADIUS packets on the wire (RFC 2865 section 3): the frame around attributes, and whether it is whole. */

export const Code = {
  accessRequest: 1,
  accessAccept: 2,
  accessReject: 3,
  accountingRequest: 4,
  accountingResponse: 5,
  accessChallenge: 11,
  statusServer: 12,
  disconnectRequest: 40,
  coaRequest: 43,
} as const;

export const Attribute = {
  proxyState: 33,
  acctStatusType: 40,
  acctSessionId: 44,
  eapMessage: 79,
  messageAuthenticator: 80,
} as const;

const HEADER_BYTES = 20;
const PACKET_BYTES_MAX = 4096;
const AUTHENTICATOR_AT = 4;
const AUTHENTICATOR_BYTES = 16;

export interface Packet {
  code: number;
  identifier: number;
  /** Without padding behind it. A view of the datagram. */
  bytes: Uint8Array;
}

/** Null for what is no packet: the sender hears nothing (RFC 2865 section 3, Length). */
export function readPacket(datagram: Uint8Array): Packet | null {
  if (datagram.length < HEADER_BYTES) return null;
  const length = (datagram[2] << 8) | datagram[3];
  if (length < HEADER_BYTES || length > PACKET_BYTES_MAX || length > datagram.length) return null;
  const bytes = datagram.subarray(0, length);
  let at = HEADER_BYTES;
  while (at < length) {
    // A type and a length of at least these two; the last one ends with the packet.
    if (at + 2 > length || bytes[at + 1] < 2) return null;
    at += bytes[at + 1];
  }
  return at === length ? { code: bytes[0], identifier: bytes[1], bytes } : null;
}

export function authenticatorOf({ bytes }: Packet): Uint8Array {
  return bytes.subarray(AUTHENTICATOR_AT, AUTHENTICATOR_AT + AUTHENTICATOR_BYTES);
}

/** Where the values of an attribute stand: [from, to). In the order of the wire. */
export function* attributesOf({ bytes }: Packet): Generator<{ type: number; from: number; to: number }> {
  for (let at = HEADER_BYTES; at < bytes.length; at += bytes[at + 1]) {
    yield { type: bytes[at], from: at + 2, to: at + bytes[at + 1] };
  }
}

/** The first value of an attribute. */
export function valueOf(packet: Packet, type: number): Uint8Array | null {
  for (const one of attributesOf(packet)) if (one.type === type) return packet.bytes.subarray(one.from, one.to);
  return null;
}

/** A packet of attributes that stand ready as bytes; its authenticator is zero. */
export function makePacket(code: number, identifier: number, attributes: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat([new Uint8Array(HEADER_BYTES), ...attributes]);
  bytes[0] = code;
  bytes[1] = identifier;
  bytes.writeUInt16BE(bytes.length, 2);
  return bytes;
}

/** Attributes of a type with their headers: Proxy-State has to go back unchanged and in order (RFC 2865 section 5.33). */
export function copyAttributes(packet: Packet, type: number): Uint8Array[] {
  return [...attributesOf(packet)]
    .filter((one) => one.type === type)
    .map(({ from, to }) => packet.bytes.subarray(from - 2, to));
}

export function attribute(type: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(type, value.length + 2), value]);
}
