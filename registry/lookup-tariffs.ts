/** Which tariff a subscription has for a view and service, dated: one chain per subscription over typed arrays. */
import type { TariffAssignment } from './model.ts';
import { withRoom } from './growable.ts';

const NONE = -1;

export class TariffChains {
  readonly names: string[] = [];
  private readonly numberOfName = new Map<string, number>();
  /** view → service → pair number. */
  private readonly pairs = new Map<string, Map<string, number>>();
  private pairCount = 0;

  private head = new Int32Array(0);
  private count = 0;
  /** First row given back by a subscription whose tariffs changed. */
  private free = NONE;
  private next = new Int32Array(256);
  private pair = new Uint16Array(256);
  private name = new Uint32Array(256);
  private fromMs = new Float64Array(256);
  private toMs = new Float64Array(256);

  /** Number of a (view, service) pair, or -1 when no subscription ever had a tariff for it. */
  pairNo(view: string, service: string): number {
    return this.pairs.get(view)?.get(service) ?? NONE;
  }

  tariffNo(subscriptionNo: number, pairNo: number, atMs: number): number {
    if (subscriptionNo >= this.head.length) return NONE;
    for (let row = this.head[subscriptionNo]; row !== NONE; row = this.next[row]) {
      if (this.pair[row] === pairNo && atMs >= this.fromMs[row] && atMs < this.toMs[row]) return this.name[row];
    }
    return NONE;
  }

  /** Puts these in the place of all earlier assignments of the subscription. */
  replace(subscriptionNo: number, tariffs: readonly TariffAssignment[]): void {
    this.head = withRoom(this.head, subscriptionNo + 1, NONE);
    for (let row = this.head[subscriptionNo]; row !== NONE;) {
      const following = this.next[row];
      this.next[row] = this.free;
      this.free = row;
      row = following;
    }
    this.head[subscriptionNo] = NONE;
    for (let i = tariffs.length - 1; i >= 0; i--) {
      const row = this.take();
      this.pair[row] = this.addPair(tariffs[i].view, tariffs[i].service);
      this.name[row] = this.addName(tariffs[i].tariff);
      this.fromMs[row] = tariffs[i].fromMs ?? -Infinity;
      this.toMs[row] = tariffs[i].toMs ?? Infinity;
      this.next[row] = this.head[subscriptionNo];
      this.head[subscriptionNo] = row;
    }
  }

  get bytes(): number {
    return this.head.byteLength + this.next.length * (4 + 2 + 4 + 8 + 8);
  }

  private take(): number {
    if (this.free !== NONE) {
      const row = this.free;
      this.free = this.next[row];
      return row;
    }
    const row = this.count++;
    this.next = withRoom(this.next, this.count);
    this.pair = withRoom(this.pair, this.count);
    this.name = withRoom(this.name, this.count);
    this.fromMs = withRoom(this.fromMs, this.count);
    this.toMs = withRoom(this.toMs, this.count);
    return row;
  }

  private addPair(view: string, service: string): number {
    let services = this.pairs.get(view);
    if (services === undefined) this.pairs.set(view, (services = new Map()));
    let pair = services.get(service);
    if (pair === undefined) services.set(service, (pair = this.pairCount++));
    return pair;
  }

  private addName(tariff: string): number {
    let number = this.numberOfName.get(tariff);
    if (number === undefined) {
      number = this.names.length;
      this.names.push(tariff);
      this.numberOfName.set(tariff, number);
    }
    return number;
  }
}
