/** Access servers by address, each with the secret it shares with Tollgrid; the narrowest network that fits decides. */
import { BlockList, isIP } from 'node:net';

export interface RadiusClient {
  /** An address, or a network (`10.0.0.0/8`). */
  address: string;
  secret: Uint8Array;
}

interface Entry {
  list: BlockList;
  bits: number;
  secret: Uint8Array;
}

/** Looked-up addresses are remembered, but not those of a flood of forged ones. */
const REMEMBERED_MAX = 10_000;

export class RadiusClients {
  private readonly entries: Entry[];
  private readonly remembered = new Map<string, Uint8Array | null>();

  constructor(clients: readonly RadiusClient[]) {
    this.entries = clients.map(entryOf).sort((a, b) => b.bits - a.bits);
  }

  /** Null: nobody known there. */
  secretOf(address: string): Uint8Array | null {
    let secret = this.remembered.get(address);
    if (secret === undefined) {
      const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
      const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
      secret = this.entries.find(({ list }) => list.check(plain, family))?.secret ?? null;
      if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear();
      this.remembered.set(address, secret);
    }
    return secret;
  }
}

function entryOf({ address, secret }: RadiusClient): Entry {
  const [host, bits] = address.split('/') as [string, string | undefined];
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  // Bits are counted from the end, so that /32 of IPv4 is as narrow as /128 of IPv6.
  const width = family === 'ipv6' ? 128 : 32;
  if (bits === undefined) list.addAddress(host, family);
  else list.addSubnet(host, Number(bits), family);
  return { list, bits: bits === undefined ? 0 : Number(bits) - width, secret };
}
