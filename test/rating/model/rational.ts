/** Exact fractions of big integers. Never reduced on the way: a rating takes a handful of steps. */
export type Rounding = 'half-up' | 'half-even' | 'up' | 'down';

export class Q {
  readonly num: bigint;
  /** Positive. */
  readonly den: bigint;

  constructor(num: bigint, den = 1n) {
    this.num = den < 0n ? -num : num;
    this.den = den < 0n ? -den : den;
  }

  static readonly zero = new Q(0n);

  /** `12`, `0.054`, `-1.5`. */
  static of(text: string | number | bigint): Q {
    const [whole = '', decimals = ''] = String(text).replace('-', '').split('.');
    const value = new Q(BigInt(whole + decimals), 10n ** BigInt(decimals.length));
    return String(text).startsWith('-') ? value.times(-1n) : value;
  }

  static sum(values: readonly Q[]): Q {
    return values.reduce((a, b) => a.plus(b), Q.zero);
  }

  plus(other: Q): Q {
    return this.den === other.den
      ? new Q(this.num + other.num, this.den)
      : new Q(this.num * other.den + other.num * this.den, this.den * other.den);
  }

  minus(other: Q): Q {
    return this.plus(new Q(-other.num, other.den));
  }

  times(other: Q | bigint): Q {
    return typeof other === 'bigint'
      ? new Q(this.num * other, this.den)
      : new Q(this.num * other.num, this.den * other.den);
  }

  over(other: Q | bigint): Q {
    return typeof other === 'bigint'
      ? new Q(this.num, this.den * other)
      : new Q(this.num * other.den, this.den * other.num);
  }

  /** -1, 0, 1. */
  compare(other: Q): number {
    const [a, b] = [this.num * other.den, other.num * this.den];
    return a < b ? -1 : a > b ? 1 : 0;
  }

  equals(other: Q): boolean {
    return this.compare(other) === 0;
  }

  isZero(): boolean {
    return this.num === 0n;
  }

  min(other: Q): Q {
    return this.compare(other) <= 0 ? this : other;
  }

  max(other: Q): Q {
    return this.compare(other) >= 0 ? this : other;
  }

  floor(): bigint {
    const quotient = this.num / this.den;
    return this.num < 0n && quotient * this.den !== this.num ? quotient - 1n : quotient;
  }

  /** To `decimals` places, by the distance from zero, so that a reversal is the exact opposite. */
  round(mode: Rounding, decimals: number): Q {
    const unit = 10n ** BigInt(decimals);
    const size = new Q((this.num < 0n ? -this.num : this.num) * unit, this.den);
    const down = size.floor();
    const rest = size.minus(new Q(down));
    const half = rest.compare(new Q(1n, 2n));
    const away =
      mode === 'up'
        ? !rest.isZero()
        : mode === 'down'
          ? false
          : half > 0 || (half === 0 && (mode === 'half-up' || down % 2n === 1n));
    const rounded = away ? down + 1n : down;
    return new Q(this.num < 0n ? -rounded : rounded, unit);
  }

  /** `1.5`, at most twelve decimals; a longer one ends in `…`. */
  toString(): string {
    const size = new Q(this.num < 0n ? -this.num : this.num, this.den);
    const digits = size
      .times(10n ** 12n)
      .floor()
      .toString()
      .padStart(13, '0');
    const exact = size.times(10n ** 12n).equals(new Q(BigInt(digits)));
    const text = `${digits.slice(0, -12)}.${digits.slice(-12)}`;
    return (this.num < 0n ? '-' : '') + (exact ? text.replace(/\.?0+$/, '') : `${text}…`);
  }
}
