/**
 * The look-up that guiding reads, made by applying registry changes in log order.
 *
 * Two copies that applied the same changes give the same numbers, so a row guided on one thread can be finished on
 * another. An assignment's number is never given again: after its subscription changed, it is no longer found, but
 * what hangs on it (subscription, multiplier, digits) can still be read for rows on their way.
 */
import type { CustomerFacts } from '../schemas/rating-facts.ts';
import { IDENTIFIER_KINDS, type Identifier, type RegistryChange, type Subscription } from './model.ts';
import { AttributeTable } from './lookup-attributes.ts';
import type { RegistryLookup } from './lookup-types.ts';
import { withRoom } from './growable.ts';
import { KeyTable } from './lookup-keys.ts';
import { NumberRanges } from './lookup-ranges.ts';
import { TariffChains } from './lookup-tariffs.ts';

const NONE = -1;
const NOBODY = -1;
const NOT_THEN = -2;
const NUMBER = IDENTIFIER_KINDS.indexOf('number');
const RANGE = IDENTIFIER_KINDS.indexOf('numberRange');
const encoder = new TextEncoder();

export class Lookup implements RegistryLookup, CustomerFacts {
  /** Identifier → its first assignment. */
  private readonly keys = new KeyTable(NONE);
  private readonly ranges = new NumberRanges();
  private readonly tariffs = new TariffChains();
  private readonly attributes = new AttributeTable();

  /** Per subscription: its account and its first assignment. */
  private account = new Uint32Array(256);
  private subscriptionHead = new Int32Array(256).fill(NONE);

  private assignments = 0;
  private key = new Int32Array(512);
  private nextOfKey = new Int32Array(512);
  private nextOfSubscription = new Int32Array(512);
  private subscription = new Uint32Array(512);
  /** `fromMs, toMs` of each assignment, side by side: they are read together. */
  private span = new Float64Array(2 * 512);
  private ratio = new Float64Array(512);
  private registerDigits = new Uint8Array(512);

  get tariffNames(): readonly string[] {
    return this.tariffs.names;
  }

  find(kindNo: number, text: Uint8Array, offset: number, length: number, atMs: number): number {
    if (kindNo === RANGE) return this.findRange(text, offset, length, atMs);
    const key = this.keys.find(kindNo, text, offset, length);
    return this.orInRange(this.assignmentAt(key, atMs), kindNo, text, offset, length, atMs);
  }

  findMany(
    kindNo: number,
    text: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint16Array,
    times: Float64Array,
    count: number,
    found: Int32Array,
  ): void {
    if (kindNo === RANGE) {
      for (let i = 0; i < count; i++) found[i] = this.findRange(text, offsets[i], lengths[i], times[i]);
      return;
    }
    this.keys.findMany(kindNo, text, offsets, lengths, count, found);
    for (let i = 0; i < count; i++) found[i] = this.assignmentAt(found[i], times[i]);
    if (kindNo !== NUMBER || this.ranges.empty) return;
    for (let i = 0; i < count; i++) {
      found[i] = this.orInRange(found[i], kindNo, text, offsets[i], lengths[i], times[i]);
    }
  }

  subscriptionNo(assignment: number): number {
    return this.subscription[assignment];
  }

  accountNo(assignment: number): number {
    return this.account[this.subscription[assignment]];
  }

  multiplier(assignment: number): number {
    return this.ratio[assignment];
  }

  digits(assignment: number): number {
    return this.registerDigits[assignment];
  }

  tariffNo(subscriptionNo: number, view: string, service: string, atMs: number): number {
    return this.tariffs.tariffNo(subscriptionNo, this.tariffs.pairNo(view, service), atMs);
  }

  pairNo(view: string, service: string): number {
    return this.tariffs.pairNo(view, service);
  }

  tariffNoOfPair(subscriptionNo: number, pairNo: number, atMs: number): number {
    return this.tariffs.tariffNo(subscriptionNo, pairNo, atMs);
  }

  /** Applies after-images in log order. */
  apply(changes: readonly RegistryChange[]): void {
    for (const change of changes) {
      if (change.kind === 'subscription') this.put(change);
      if (change.kind !== 'party') this.attributes.replace(change.kind, change.no, change.attributes);
    }
    this.ranges.sort();
  }

  attributeNo(name: string): number {
    return this.attributes.attributeNo(name);
  }

  holds(
    subscriptionNo: number,
    attributeNo: number,
    text: Uint8Array,
    offset: number,
    length: number,
    atMs: number,
  ): boolean {
    const accountNo = this.account[subscriptionNo];
    return this.attributes.holds(subscriptionNo, accountNo, attributeNo, text, offset, length, atMs);
  }

  valueOf(subscriptionNo: number, attributeNo: number, atMs: number): string | null {
    return this.attributes.find(subscriptionNo, this.account[subscriptionNo], attributeNo, atMs)?.value ?? null;
  }

  shares(subscriptionNo: number, otherNo: number, attributeNo: number, atMs: number): boolean {
    const find = (no: number) => this.attributes.find(no, this.account[no], attributeNo, atMs)?.values ?? [];
    const others = find(otherNo);
    return find(subscriptionNo).some((value) => others.includes(value));
  }

  subscriptionOf(text: Uint8Array, offset: number, length: number, atMs: number): number {
    const found = this.find(NUMBER, text, offset, length, atMs);
    return found < 0 ? NOBODY : this.subscription[found];
  }

  /** Memory held in typed arrays, for a metric. */
  get bytes(): number {
    return (
      this.keys.bytes + this.tariffs.bytes + this.account.length * 8 + this.key.length * (4 + 4 + 4 + 4 + 8 + 8 + 8 + 1)
    );
  }

  /** What was found by the whole number, or else by a range. */
  private orInRange(
    found: number,
    kindNo: number,
    text: Uint8Array,
    offset: number,
    length: number,
    atMs: number,
  ): number {
    if (found >= 0 || kindNo !== NUMBER || this.ranges.empty) return found;
    const byRange = this.findRange(text, offset, length, atMs);
    return byRange === NOBODY ? found : byRange;
  }

  private findRange(text: Uint8Array, offset: number, length: number, atMs: number): number {
    let result = NOBODY;
    let position = this.ranges.start(text, offset, length);
    while (position >= 0) {
      const found = this.assignmentAt(this.ranges.keyAt(length, position), atMs);
      if (found >= 0) return found;
      if (found === NOT_THEN) result = NOT_THEN;
      position = this.ranges.next(text, offset, length, position);
    }
    return result;
  }

  private assignmentAt(key: number, atMs: number): number {
    if (key < 0) return NOBODY;
    let row = this.keys.value(key);
    if (row === NONE) return NOBODY;
    for (; row !== NONE; row = this.nextOfKey[row]) {
      if (atMs >= this.span[2 * row] && atMs < this.span[2 * row + 1]) return row;
    }
    return NOT_THEN;
  }

  private put(image: Subscription): void {
    this.account = withRoom(this.account, image.no + 1);
    this.subscriptionHead = withRoom(this.subscriptionHead, image.no + 1, NONE);
    this.account[image.no] = image.accountNo;

    // An identifier that stays the same keeps its number, so that changes of other attributes cost nothing here.
    let old = this.subscriptionHead[image.no];
    this.subscriptionHead[image.no] = NONE;
    const added: [identifier: Identifier, key: number][] = [];
    for (const identifier of image.identifiers) added.push([identifier, this.keyOf(identifier)]);
    while (old !== NONE) {
      const following = this.nextOfSubscription[old];
      const same = added.findIndex(([identifier, key]) => this.isSame(old, identifier, key));
      if (same >= 0) {
        added.splice(same, 1);
        this.linkToSubscription(old, image.no);
      } else {
        this.unlinkFromKey(old);
      }
      old = following;
    }
    for (const [identifier, key] of added) this.assign(image.no, identifier, key);
    this.tariffs.replace(image.no, image.tariffs);
  }

  private keyOf(identifier: Identifier): number {
    const key = this.keys.add(IDENTIFIER_KINDS.indexOf(identifier.kind), encoder.encode(identifier.value));
    if (identifier.kind === 'numberRange') this.ranges.add(key, identifier.value);
    return key;
  }

  private isSame(row: number, identifier: Identifier, key: number): boolean {
    return (
      this.key[row] === key &&
      this.span[2 * row] === (identifier.fromMs ?? -Infinity) &&
      this.span[2 * row + 1] === (identifier.toMs ?? Infinity) &&
      this.ratio[row] === (identifier.multiplier ?? 1) &&
      this.registerDigits[row] === (identifier.digits ?? 0)
    );
  }

  private assign(subscriptionNo: number, identifier: Identifier, key: number): void {
    const row = this.assignments++;
    this.makeRoom();
    this.key[row] = key;
    this.subscription[row] = subscriptionNo;
    this.span[2 * row] = identifier.fromMs ?? -Infinity;
    this.span[2 * row + 1] = identifier.toMs ?? Infinity;
    this.ratio[row] = identifier.multiplier ?? 1;
    this.registerDigits[row] = identifier.digits ?? 0;
    this.nextOfKey[row] = this.keys.value(key);
    this.keys.setValue(key, row);
    this.linkToSubscription(row, subscriptionNo);
  }

  private makeRoom(): void {
    const length = this.assignments;
    this.key = withRoom(this.key, length);
    this.nextOfKey = withRoom(this.nextOfKey, length);
    this.nextOfSubscription = withRoom(this.nextOfSubscription, length);
    this.subscription = withRoom(this.subscription, length);
    this.span = withRoom(this.span, 2 * length);
    this.ratio = withRoom(this.ratio, length);
    this.registerDigits = withRoom(this.registerDigits, length);
  }

  private linkToSubscription(row: number, subscriptionNo: number): void {
    this.nextOfSubscription[row] = this.subscriptionHead[subscriptionNo];
    this.subscriptionHead[subscriptionNo] = row;
  }

  private unlinkFromKey(row: number): void {
    const key = this.key[row];
    let at = this.keys.value(key);
    if (at === row) {
      this.keys.setValue(key, this.nextOfKey[row]);
      return;
    }
    while (this.nextOfKey[at] !== row) at = this.nextOfKey[at];
    this.nextOfKey[at] = this.nextOfKey[row];
  }
}
