/**
 * Attributes of accounts and subscriptions, dated, as rating asks for them. A value is kept whole and, where it lists
 * several, word by word (a list longer than 255 bytes only so): `380441111111 380442222222` holds both numbers.
 */
import { KEY_BYTES_MAX, KeyTable } from './lookup-keys.ts';
import type { Attribute } from './model.ts';

interface Dated {
  attributeNo: number;
  value: string;
  /** Numbers of the value and of its words. */
  values: number[];
  fromMs: number;
  toMs: number;
}

const encoder = new TextEncoder();
const NOBODY: readonly Dated[] = [];

/** Names and values are numbered once for subscriptions and accounts. */
export class AttributeTable {
  private readonly names = new Map<string, number>();
  private readonly values = new KeyTable(0);
  private readonly ofSubscription = new Map<number, Dated[]>();
  private readonly ofAccount = new Map<number, Dated[]>();

  /** -1 when nobody ever had it. */
  attributeNo(name: string): number {
    return this.names.get(name) ?? -1;
  }

  /** Puts these in the place of all earlier ones. */
  replace(kind: 'subscription' | 'account', no: number, attributes: readonly Attribute[] = []): void {
    const of = kind === 'account' ? this.ofAccount : this.ofSubscription;
    if (attributes.length === 0) of.delete(no);
    else
      of.set(
        no,
        attributes.map((attribute) => this.dated(attribute)),
      );
  }

  holds(
    subscriptionNo: number,
    accountNo: number,
    attributeNo: number,
    text: Uint8Array,
    offset: number,
    length: number,
    atMs: number,
  ): boolean {
    const value = this.values.find(0, text, offset, length);
    return value >= 0 && (this.find(subscriptionNo, accountNo, attributeNo, atMs)?.values.includes(value) ?? false);
  }

  /** What a subscription has then; where it has nothing of that name, what its account has. */
  find(subscriptionNo: number, accountNo: number, attributeNo: number, atMs: number): Dated | undefined {
    const then = (one: Dated) => one.attributeNo === attributeNo && one.fromMs <= atMs && atMs < one.toMs;
    const own = this.ofSubscription.get(subscriptionNo) ?? NOBODY;
    return own.find(then) ?? (this.ofAccount.get(accountNo) ?? NOBODY).find(then);
  }

  private dated({ name, value, fromMs, toMs }: Attribute): Dated {
    let attributeNo = this.names.get(name);
    if (attributeNo === undefined) this.names.set(name, (attributeNo = this.names.size));
    const words = new Set([value, ...value.split(/[\s,;|]+/).filter(Boolean)]);
    const values = [...words]
      .map((word) => encoder.encode(word))
      .filter((word) => word.length <= KEY_BYTES_MAX)
      .map((word) => this.values.add(0, word));
    return { attributeNo, value, values, fromMs: fromMs ?? -Infinity, toMs: toMs ?? Infinity };
  }
}
