import { describe, expect, it } from 'vitest';
import { Clients } from '../../collectors/clients.ts';

describe('who may send', () => {
  it('is everybody when nobody is named', () => {
    expect(new Clients([]).allows('203.0.113.9')).toBe(true);
  });

  it('is an address or a network, also where an IPv6 socket shows an IPv4 sender', () => {
    const clients = new Clients(['192.0.2.7', '10.0.0.0/8', '2001:db8::/32']);
    for (const one of ['192.0.2.7', '10.200.3.4', '::ffff:10.1.1.1', '2001:db8::1']) {
      expect([one, clients.allows(one)]).toEqual([one, true]);
    }
    for (const one of ['192.0.2.8', '11.0.0.1', '::ffff:192.0.2.8', '2001:db9::1', undefined]) {
      expect([one, clients.allows(one)]).toEqual([one, false]);
    }
  });

  it('is refused where it is no address', () => {
    expect(() => new Clients(['pbx'])).toThrow(RangeError);
    expect(() => new Clients(['10.0.0.0/40'])).toThrow(RangeError);
  });
});
