/** Seeded random numbers for generators: the same seed and stream give the same numbers on every machine. */
export interface Random {
  /** Whole number in [0, 2^32). */
  uint32(): number;
  /** Whole number in [0, limit); limit below 2^21 keeps it free of noticeable bias. */
  below(limit: number): number;
  /** Whole number in [min, max]. */
  between(min: number, max: number): number;
  /** True in that many of 100 cases. */
  chance(percent: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** FNV-1a: turns a stream's name into a number. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/**
 * xoshiro128** (Blackman and Vigna), its state filled by splitmix32.
 * `stream` separates uses of one seed, so that a change in one part of a generated town does not shift the others.
 */
export function createRandom(seed: number, stream = ''): Random {
  let mix = (seed ^ hash(stream)) | 0;
  const fill = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
  let a = fill();
  let b = fill();
  let c = fill();
  let d = fill();

  const uint32 = (): number => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const below = (limit: number): number => Math.floor((uint32() * limit) / 4294967296);
  return {
    uint32,
    below,
    between: (min, max) => min + below(max - min + 1),
    chance: (percent) => uint32() < percent * 42949672.96,
    pick: (items) => items[below(items.length)],
  };
}
