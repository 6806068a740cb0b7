/** What nobody should send: broken, forged and misdirected packets, seeded, each with the reason it must be dropped for. */
import { signRequest } from '../../collectors/radius/authenticators.ts';
import { attribute, Code, makePacket } from '../../collectors/radius/packet.ts';
import type { Random } from '../../cli/generate/index.ts';

export interface Junk {
  bytes: Uint8Array;
  reason: 'malformed' | 'forged' | 'other';
}

/** `genuine`: the secret that the receiver knows; what is forged was signed with another, or changed since. */
export function junk(random: Random, genuine: Uint8Array): Junk {
  const make = random.pick(KINDS);
  return make(random, genuine);
}

type Maker = (random: Random, genuine: Uint8Array) => Junk;

const OTHER_CODES = [1, 2, 3, 5, 11, 13, 40, 41, 42, 43, 44, 45, 255];
const WRONG_SECRET = Buffer.from('another secret');

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.below(256)));
}

function packet(random: Random, code: number): Uint8Array {
  const values = Array.from({ length: random.between(1, 8) }, () =>
    attribute(random.pick([1, 8, 25, 31, 32, 40, 41, 42, 43, 44, 46, 55]), noise(random, random.between(1, 20))),
  );
  return makePacket(code, random.below(256), values);
}

const signed = (random: Random, secret: Uint8Array): Uint8Array =>
  signRequest(packet(random, Code.accountingRequest), secret);

const malformed = (bytes: Uint8Array): Junk => ({ bytes, reason: 'malformed' });
const forged = (bytes: Uint8Array): Junk => ({ bytes, reason: 'forged' });

function withLength(bytes: Uint8Array, length: number): Uint8Array {
  Buffer.from(bytes.buffer, bytes.byteOffset).writeUInt16BE(length, 2);
  return bytes;
}

const KINDS: readonly Maker[] = [
  // Torn off, or nothing at all.
  (random) => malformed(noise(random, random.below(20))),
  (random, genuine) => malformed(signed(random, genuine).subarray(0, 20 + random.below(2))),
  // A length that is not that of the packet: less than a header, more than there is, more than may be.
  (random, genuine) => malformed(withLength(signed(random, genuine), random.below(20))),
  (random, genuine) => {
    const bytes = signed(random, genuine);
    return malformed(withLength(bytes, bytes.length + random.between(1, 3000)));
  },
  (random, genuine) => malformed(withLength(Buffer.concat([signed(random, genuine), noise(random, 4200)]), 4097)),
  // Attributes that are too short to have a length, or longer than the packet.
  (random, genuine) => {
    const bytes = signed(random, genuine);
    bytes[21] = random.below(2);
    return malformed(bytes);
  },
  (random, genuine) => malformed(signRequest(makePacket(4, 1, [Uint8Array.of(44, 200, 1, 2, 3)]), genuine)),
  // Signed with something else, or not at all.
  (random) => forged(signed(random, WRONG_SECRET)),
  (random) => forged(packet(random, Code.accountingRequest)),
  (random) => {
    const bytes = packet(random, Code.accountingRequest);
    bytes.set(noise(random, 16), 4);
    return forged(bytes);
  },
  // Changed on the way: a bit of a value, or of the authenticator.
  (random, genuine) => {
    const bytes = signed(random, genuine);
    const at = random.chance(50) ? 4 + random.below(16) : 22;
    bytes[at] ^= 1 << random.below(8);
    return forged(bytes);
  },
  // A Message-Authenticator that is wrong, too short, or there twice; Status-Server without one.
  (random, genuine) => forged(signRequest(makePacket(4, 7, [attribute(80, noise(random, 16))]), genuine)),
  (random, genuine) => forged(signRequest(makePacket(4, 7, [attribute(80, noise(random, random.below(16)))]), genuine)),
  (random, genuine) =>
    forged(
      signRequest(makePacket(4, 7, [attribute(80, noise(random, 16)), attribute(80, noise(random, 16))]), genuine),
    ),
  (random) => {
    const bytes = packet(random, Code.statusServer);
    bytes.set(noise(random, 16), 4);
    return forged(bytes);
  },
  // Meant for somebody else, signed or not.
  (random, genuine) => ({ bytes: signRequest(packet(random, random.pick(OTHER_CODES)), genuine), reason: 'other' }),
];
