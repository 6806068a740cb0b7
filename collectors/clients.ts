/** Which addresses may send to a listening collector. */
import { BlockList, isIP } from 'node:net';

export class Clients {
  private readonly list: BlockList | null;

  /** Addresses and networks (`10.0.0.0/8`); none: everybody. Throws RangeError for what is neither. */
  constructor(allowed: readonly string[]) {
    this.list = allowed.length === 0 ? null : new BlockList();
    for (const one of allowed) this.add(one);
  }

  private add(one: string): void {
    const [address, bits] = one.split('/') as [string, string | undefined];
    const version = isIP(address);
    if (version === 0) throw new RangeError(`${one} is no address`);
    const family = version === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) this.list!.addAddress(address, family);
    else this.list!.addSubnet(address, Number(bits), family);
  }

  /** An IPv4 sender on an IPv6 socket stands as `::ffff:10.0.0.1`. */
  allows(address: string | undefined): boolean {
    if (this.list === null) return true;
    if (address === undefined) return false;
    const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
    return this.list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  }
}
