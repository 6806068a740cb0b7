/** Access servers by address, each with the secret it shares with Tollgrid; the narrowest network that fits decides. */
import { BlockList, isIP } from 'node:net';

export interface RadiusClient {
  /** An address, or a network (`10.0.0.0/8`). */
  address: string;
  secret: Uint8Array;
  /** Drop its requests without Message-Authenticator. */
  requireMessageAuthenticator?: boolean | undefined;
}

interface Entry {
  list: BlockList;
  bits: number;
  client: RadiusClient;
}

/** Looked-up addresses are remembered, but not those of a flood of forged ones. */
const REMEMBERED_MAX = 10_000;

export class RadiusClients {
  private readonly entries: Entry[];
  private readonly remembered = new Map<string, RadiusClient | null>();

  constructor(clients: readonly RadiusClient[]) {
    this.entries = clients.map(entryOf).sort((a, b) => b.bits - a.bits);
  }

  /** Null: nobody known there. */
  at(address: string): RadiusClient | null {
    let client = this.remembered.get(address);
    if (client === undefined) {
      const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
      const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
      client = this.entries.find(({ list }) => list.check(plain, family))?.client ?? null;
      if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear();
      this.remembered.set(address, client);
    }
    return client;
  }
}

function entryOf(client: RadiusClient): Entry {
  const [host, bits] = client.address.split('/') as [string, string | undefined];
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  // Bits are counted from the end, so that /32 of IPv4 is as narrow as /128 of IPv6.
  const width = family === 'ipv6' ? 128 : 32;
  if (bits === undefined) list.addAddress(host, family);
  else list.addSubnet(host, Number(bits), family);
  return { list, bits: bits === undefined ? 0 : Number(bits) - width, client };
}
