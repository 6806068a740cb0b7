/**
 * Who sent a packet, as far as a shared secret tells: the authenticator of accounting (RFC 2866 section 3), of responses
 * (RFC 2865 section 3), and Message-Authenticator (RFC 2869 section 5.14). All comparisons take the same time.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import {
  Attribute,
  Code,
  attribute,
  attributesOf,
  authenticatorOf,
  copyAttributes,
  makePacket,
  valueOf,
  type Packet,
} from './packet.ts';

const ZEROS = new Uint8Array(16);

/** Codes whose request authenticator is a digest over the packet; in others it is a random number. */
const SIGNED_REQUESTS: readonly number[] = [Code.accountingRequest, Code.disconnectRequest, Code.coaRequest];

export type AuthenticatorFault = 'authenticator' | 'messageAuthenticator';

/**
 * What is wrong with a request, or null. A Message-Authenticator that is there must be right, and must be the only one;
 * Status-Server and Access-Request need it, for nothing else in them is signed.
 */
export function requestFault(packet: Packet, secret: Uint8Array): AuthenticatorFault | null {
  const signed = SIGNED_REQUESTS.includes(packet.code);
  if (signed && !same(digest(withAuthenticator(packet.bytes, ZEROS), secret), authenticatorOf(packet))) {
    return 'authenticator';
  }
  const places = [...attributesOf(packet)].filter(({ type }) => type === Attribute.messageAuthenticator);
  if (places.length === 0) return signed ? null : 'messageAuthenticator';
  if (places.length > 1 || places[0].to - places[0].from !== 16) return 'messageAuthenticator';
  const { from, to } = places[0];
  const blank = withAuthenticator(packet.bytes, signed ? ZEROS : authenticatorOf(packet));
  blank.fill(0, from, to);
  return same(hmac(blank, secret), packet.bytes.subarray(from, to)) ? null : 'messageAuthenticator';
}

/** Whether there is one, right or wrong. */
export function hasMessageAuthenticator(packet: Packet): boolean {
  return valueOf(packet, Attribute.messageAuthenticator) !== null;
}

/** The response to a request: its Proxy-State goes back, Message-Authenticator stands first where the request had one. */
export function respond(code: number, request: Packet, secret: Uint8Array): Uint8Array {
  const wanted = hasMessageAuthenticator(request);
  const attributes = [
    ...(wanted ? [attribute(Attribute.messageAuthenticator, ZEROS)] : []),
    ...copyAttributes(request, Attribute.proxyState),
  ];
  const bytes = makePacket(code, request.identifier, attributes);
  bytes.set(authenticatorOf(request), 4);
  if (wanted) bytes.set(hmac(bytes, secret), 22);
  bytes.set(digest(bytes, secret), 4);
  return bytes;
}

/** Signs an accounting, disconnect or CoA request in place: for clients and tests. */
export function signRequest(bytes: Uint8Array, secret: Uint8Array): Uint8Array {
  bytes.fill(0, 4, 20);
  bytes.set(digest(bytes, secret), 4);
  return bytes;
}

/** Whether a response answers the request, and comes from somebody who knows the secret. */
export function isResponseTo(response: Packet, request: Packet, secret: Uint8Array): boolean {
  if (response.identifier !== request.identifier) return false;
  return same(digest(withAuthenticator(response.bytes, authenticatorOf(request)), secret), authenticatorOf(response));
}

function withAuthenticator(bytes: Uint8Array, authenticator: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(authenticator, 4);
  return copy;
}

function digest(bytes: Uint8Array, secret: Uint8Array): Buffer {
  return createHash('md5').update(bytes).update(secret).digest();
}

function hmac(bytes: Uint8Array, secret: Uint8Array): Buffer {
  return createHmac('md5', secret).update(bytes).digest();
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
