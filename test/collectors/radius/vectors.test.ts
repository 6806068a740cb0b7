/**
 * Packets that others made. Published: RFC 2865 sections 7.1 to 7.3 and RFC 5997 sections 6.1 and 6.2 (the secret of all is
 * `xyzzy5461`). RFC 2866 publishes none, so accounting requests are those that `radclient` 3.2.1 sent
 * (`radclient HOST acct s3cr3t-of-bras`, caught by a socket); their answers were computed in a shell:
 *
 *   authenticator          (xxd -r -p <<< HEADER+REQUEST_AUTHENTICATOR+ATTRIBUTES; printf SECRET) | md5sum
 *   Message-Authenticator  xxd -r -p <<< HEADER+REQUEST_AUTHENTICATOR+ATTRIBUTES_WITH_ZEROS | openssl dgst -md5 -hmac SECRET
 */
import { describe, expect, it } from 'vitest';
import {
  hasMessageAuthenticator,
  isResponseTo,
  requestFault,
  respond,
} from '../../../collectors/radius/authenticators.ts';
import { Code, readPacket, type Packet } from '../../../collectors/radius/packet.ts';

const RFC_SECRET = Buffer.from('xyzzy5461');
const SECRET = Buffer.from('s3cr3t-of-bras');
const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
const packetOf = (hex: string): Packet => readPacket(bytesOf(hex))!;

const RFC_PAIRS = [
  [
    'RFC 2865 7.1, PAP',
    '010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003',
    '0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103',
  ],
  [
    'RFC 2865 7.2, CHAP',
    `010100472aee86f08d0d55969ca5978e0d3367a20108666c6f707379031316e97557c316185895f293ff63440772750406c0a8011005
     0600000014060600000002070600000001`,
    '0201003815efbc7dab26cfa3dc34d9c03c8601a40606000000020706000000010806fffffffe0a06000000020d06000000010c06000005dc',
  ],
  [
    'RFC 2865 7.3, challenge',
    '01020039f3a47a1f6a6d76710b947ab93041a03901076d6f707379021233657573778289b570885e15084825c50406c0a80110050600000007',
    `0b02004e36f3c8764ae8c71157403c0c71ff9c4512304368616c6c656e67652033323736393433302e2020456e74657220726573706f
     6e73652061742070726f6d70742e180a3332373639343330`,
  ],
  [
    'RFC 2865 7.3, reject',
    `01030043b122556d428a13d0d6253807c457ecf001076d6f7073790212692c1f205fc081b919b95195f561a5810406c0a8011005060000
     0007180a3332373639343330`,
    '03030014a42f4fca45916c4e09c8340f9e746aa0',
  ],
  [
    'RFC 5997 6.1, Status-Server to the port of authentication',
    '0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3',
    '02da0014ef0d552a4bf2d693ec2b6fe8b5411d66',
  ],
  [
    'RFC 5997 6.2, Status-Server to the port of accounting',
    '0cb30026925f6b66dd5fed571fcb1db7ad3882605012e8d6eabda910875cd91fdade26367858',
    '05b300140f6f92145f107e2f504e860a4860669c',
  ],
] as const;

const STOP = `2806000000022c0a3831653030303137010b6976616e40746f776e0406c000020a0506000000072e0600000e102a06000003e8
  2b062a05f200350600000001290600000005`;
const PLAIN = `04310059d31dd26c98c21f80ba1cd3458d2fd057${STOP}`;
const PLAIN_RESPONSE = '0531001499dabbbde51f7b40d12290ebbf24e6ef';
const SIGNED = `042f006bfa85f8f5ea6a4903eb3cf50a57df78d1${STOP}5012d4c5817b719b2257482d4489a138b310`;
const SIGNED_RESPONSE = '052f00265a9000379cb909e0e64af4004332246d50127d36d08d41280b9af9f391ac1d77a5b7';

describe('packets of the RFCs', () => {
  it.each(RFC_PAIRS)('%s: the response answers its request, and no other', (_name, request, response) => {
    expect(isResponseTo(packetOf(response), packetOf(request), RFC_SECRET)).toBe(true);
    expect(isResponseTo(packetOf(response), packetOf(request), SECRET)).toBe(false);
    for (const [, other] of RFC_PAIRS.filter(([, one]) => one !== request)) {
      expect(isResponseTo(packetOf(response), packetOf(other), RFC_SECRET)).toBe(false);
    }
  });

  it('of RFC 5997 are believed by their Message-Authenticator', () => {
    for (const [, request] of RFC_PAIRS.slice(4)) {
      expect(requestFault(packetOf(request), RFC_SECRET)).toBeNull();
      expect(requestFault(packetOf(request), SECRET)).toBe('messageAuthenticator');
    }
  });

  it('of RFC 2865 have none: nothing in them says who sent them', () => {
    for (const [, request] of RFC_PAIRS.slice(0, 4)) {
      expect(requestFault(packetOf(request), RFC_SECRET)).toBe('messageAuthenticator');
    }
  });
});

describe('accounting requests of radclient', () => {
  it('are believed by their request authenticator (RFC 2866 section 3)', () => {
    expect(requestFault(packetOf(PLAIN), SECRET)).toBeNull();
    expect(requestFault(packetOf(PLAIN), RFC_SECRET)).toBe('authenticator');
    expect(hasMessageAuthenticator(packetOf(PLAIN))).toBe(false);
  });

  it('with Message-Authenticator, by both: one digest over the packet with zeros for the other', () => {
    expect(requestFault(packetOf(SIGNED), SECRET)).toBeNull();
    expect(hasMessageAuthenticator(packetOf(SIGNED))).toBe(true);
    const changed = bytesOf(SIGNED);
    changed[changed.length - 1] ^= 1;
    expect(requestFault(readPacket(changed)!, SECRET)).toBe('authenticator');
  });

  it('are answered to the byte as by hand, with Message-Authenticator first where the request had one', () => {
    for (const [request, response] of [
      [PLAIN, PLAIN_RESPONSE],
      [SIGNED, SIGNED_RESPONSE],
    ] as const) {
      const made = respond(Code.accountingResponse, packetOf(request), SECRET);
      expect(Buffer.from(made).toString('hex')).toBe(response);
      expect(isResponseTo(packetOf(response), packetOf(request), SECRET)).toBe(true);
    }
  });
});
