import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isResponseTo, requestFault, respond, signRequest } from '../../../collectors/radius/authenticators.ts';
import { Attribute, attribute, Code, makePacket, readPacket, valueOf } from '../../../collectors/radius/packet.ts';

const SECRET = Buffer.from('a secret of the test');
const OTHER = Buffer.from('another secret');

const accounting = (...attributes: Uint8Array[]): Uint8Array =>
  signRequest(makePacket(Code.accountingRequest, 7, attributes), SECRET);
const sessionId = attribute(Attribute.acctSessionId, Buffer.from('0001'));

describe('a RADIUS packet', () => {
  it('is read from any bytes without a fault, and only where its lengths fit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const packet = readPacket(noise);
        if (packet === null) return;
        const length = (noise[2] << 8) | noise[3];
        expect(packet.bytes.length).toBe(length);
        expect(length).toBeLessThanOrEqual(noise.length);
      }),
    );
  });

  it('gives its attributes, and passes over padding', () => {
    const packet = readPacket(Buffer.concat([accounting(sessionId), Buffer.alloc(3)]))!;
    expect(Buffer.from(valueOf(packet, Attribute.acctSessionId)!).toString()).toBe('0001');
    expect(valueOf(packet, Attribute.proxyState)).toBeNull();
    expect(requestFault(packet, SECRET)).toBeNull();
  });
});

describe('who sent it', () => {
  it('is told by MD5 over the packet with a zero authenticator and the secret (RFC 2866)', () => {
    const bytes = accounting(sessionId);
    const blank = Buffer.from(bytes).fill(0, 4, 20);
    const digest = createHash('md5').update(blank).update(SECRET).digest();
    expect(Buffer.from(bytes.subarray(4, 20)).equals(digest)).toBe(true);
    expect(requestFault(readPacket(bytes)!, OTHER)).toBe('authenticator');
  });

  it('is doubted at every changed bit', () => {
    const bytes = accounting(sessionId);
    for (let bit = 32; bit < bytes.length * 8; bit++) {
      const forged = Buffer.from(bytes);
      forged[bit >> 3] ^= 1 << (bit & 7);
      const packet = readPacket(forged);
      if (packet !== null) expect([bit, requestFault(packet, SECRET)]).toEqual([bit, 'authenticator']);
    }
  });

  it('is doubted where a Message-Authenticator is wrong, double, or missing in what nothing else signs', () => {
    const zero = attribute(Attribute.messageAuthenticator, Buffer.alloc(16));
    expect(requestFault(readPacket(accounting(zero))!, SECRET)).toBe('messageAuthenticator');
    const status = makePacket(Code.statusServer, 1, [zero]);
    status.fill(9, 4, 20);
    expect(requestFault(readPacket(status)!, SECRET)).toBe('messageAuthenticator');
    status.set(createHmac('md5', SECRET).update(status).digest(), 22);
    expect(requestFault(readPacket(status)!, SECRET)).toBeNull();
    const twice = makePacket(Code.statusServer, 1, [zero, zero]);
    expect(requestFault(readPacket(twice)!, SECRET)).toBe('messageAuthenticator');
    expect(requestFault(readPacket(makePacket(Code.accessRequest, 1, [sessionId]))!, SECRET)).toBe(
      'messageAuthenticator',
    );
  });
});

describe('the response', () => {
  it('answers that request alone, gives Proxy-State back and is signed as the request was', () => {
    const proxyStates = ['one', 'two'].map((text) => attribute(Attribute.proxyState, Buffer.from(text)));
    const request = readPacket(accounting(sessionId, ...proxyStates))!;
    const response = readPacket(respond(Code.accountingResponse, request, SECRET))!;
    expect(isResponseTo(response, request, SECRET)).toBe(true);
    expect(isResponseTo(response, request, OTHER)).toBe(false);
    expect(isResponseTo(response, readPacket(accounting(sessionId))!, SECRET)).toBe(false);
    expect(Buffer.from(response.bytes.subarray(20)).equals(Buffer.concat(proxyStates))).toBe(true);
  });

  it('begins with Message-Authenticator where the request had one', () => {
    const zero = attribute(Attribute.messageAuthenticator, Buffer.alloc(16));
    const status = makePacket(Code.statusServer, 1, [sessionId, zero]);
    const request = readPacket(status)!;
    const response = readPacket(respond(Code.accountingResponse, request, SECRET))!;
    expect(response.bytes[20]).toBe(Attribute.messageAuthenticator);
    const blank = Buffer.from(response.bytes);
    blank.set(request.bytes.subarray(4, 20), 4);
    blank.fill(0, 22, 38);
    expect(createHmac('md5', SECRET).update(blank).digest().equals(response.bytes.subarray(22, 38))).toBe(true);
    expect(isResponseTo(response, request, SECRET)).toBe(true);
  });
});
