/** Which tariff a subscription has for a view and service, dated: one chain per subscription over typed arrays. */
import type { TariffAssignment } from './model.ts';
import { withRoom } from './growable.ts';

const NONE = -1;

const NEXT = 0;
const PAIR = 1;
const NAME = 2;
/** 1 when the assignment holds at all times, so that its span need not be fetched. */
const UNDATED = 3;
const WIDTH = 4;

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
  /** `next, pair, name, undated` of each assignment, and `fromMs, toMs`, side by side: they are read together. */
  private rows = new Int32Array(256 * WIDTH);
  private spans = new Float64Array(256 * 2);

  /** Number of a (view, service) pair, or -1 when no subscription ever had a tariff for it. */
  pairNo(view: string, service: string): number {
    return this.pairs.get(view)?.get(service) ?? NONE;
  }

  tariffNo(subscriptionNo: number, pairNo: number, atMs: number): number {
    if (subscriptionNo >= this.head.length) return NONE;
    const { rows, spans } = this;
    for (let row = this.head[subscriptionNo]; row !== NONE; row = rows[row * WIDTH + NEXT]) {
      if (rows[row * WIDTH + PAIR] !== pairNo) continue;
      if (rows[row * WIDTH + UNDATED] === 1 || (atMs >= spans[2 * row] && atMs < spans[2 * row + 1])) {
        return rows[row * WIDTH + NAME];
      }
    }
    return NONE;
  }

  /** Puts these in the place of all earlier assignments of the subscription. */
  replace(subscriptionNo: number, tariffs: readonly TariffAssignment[]): void {
    this.head = withRoom(this.head, subscriptionNo + 1, NONE);
    for (let row = this.head[subscriptionNo]; row !== NONE;) {
      const following = this.rows[row * WIDTH + NEXT];
      this.rows[row * WIDTH + NEXT] = this.free;
      this.free = row;
      row = following;
    }
    this.head[subscriptionNo] = NONE;
    for (let i = tariffs.length - 1; i >= 0; i--) {
      const row = this.take();
      this.rows[row * WIDTH + PAIR] = this.addPair(tariffs[i].view, tariffs[i].service);
      this.rows[row * WIDTH + NAME] = this.addName(tariffs[i].tariff);
      this.rows[row * WIDTH + UNDATED] = tariffs[i].fromMs === null && tariffs[i].toMs === null ? 1 : 0;
      this.rows[row * WIDTH + NEXT] = this.head[subscriptionNo];
      this.spans[2 * row] = tariffs[i].fromMs ?? -Infinity;
      this.spans[2 * row + 1] = tariffs[i].toMs ?? Infinity;
      this.head[subscriptionNo] = row;
    }
  }

  get bytes(): number {
    return this.head.byteLength + this.rows.byteLength + this.spans.byteLength;
  }

  private take(): number {
    if (this.free !== NONE) {
      const row = this.free;
      this.free = this.rows[row * WIDTH + NEXT];
      return row;
    }
    const row = this.count++;
    this.rows = withRoom(this.rows, this.count * WIDTH);
    this.spans = withRoom(this.spans, this.count * 2);
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
