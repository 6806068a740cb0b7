/** Durations written as `H:mm:ss`, `HHmmss`, `mm:ss.S`: compiled once, read from bytes. */

interface Part {
  /** Milliseconds of one; 0 for a literal; -1 for a fraction of a second. */
  factor: number;
  /** Digits: exactly that many, or any when 0; for a literal its byte. */
  width: number;
}

const LETTERS: Readonly<Record<string, Part>> = {
  H: { factor: 3_600_000, width: 0 },
  HH: { factor: 3_600_000, width: 2 },
  HHH: { factor: 3_600_000, width: 3 },
  m: { factor: 60_000, width: 0 },
  mm: { factor: 60_000, width: 2 },
  s: { factor: 1000, width: 0 },
  ss: { factor: 1000, width: 2 },
  S: { factor: -1, width: 0 },
  SS: { factor: -1, width: 2 },
  SSS: { factor: -1, width: 3 },
};

/** A string is the mistake in the pattern. */
export function compileDuration(pattern: string): Part[] | string {
  const parts: Part[] = [];
  for (const [word] of pattern.matchAll(/([A-Za-z])\1*|[^A-Za-z]/g)) {
    if (word in LETTERS) parts.push(LETTERS[word]);
    else if (/[A-Za-z]/.test(word)) {
      return `\`${word}\` is no part of a duration (know ${Object.keys(LETTERS).join(', ')})`;
    } else parts.push({ factor: 0, width: word.charCodeAt(0) });
  }
  return parts.some((part) => part.factor > 0) ? parts : 'no hours, minutes or seconds in it';
}

/** Milliseconds, or NaN when `text[start, end)` is no such duration. Below a larger part, minutes and seconds end at 59. */
export function readDuration(parts: readonly Part[], text: Uint8Array, start: number, end: number): number {
  let at = start;
  let totalMs = 0;
  let larger = false;
  for (const { factor, width } of parts) {
    if (factor === 0) {
      if (at >= end || text[at++] !== width) return NaN;
      continue;
    }
    let value = 0;
    let count = 0;
    for (; at < end && (width === 0 || count < width); at++, count++) {
      const digit = text[at] - 48;
      if (digit < 0 || digit > 9) break;
      if (count > 8) return NaN;
      value = value * 10 + digit;
    }
    if (count === 0 || (width > 0 && count < width)) return NaN;
    if (factor < 0) totalMs += Math.floor((value * 1000) / 10 ** count);
    else {
      if (larger && factor < 3_600_000 && value > 59) return NaN;
      larger = true;
      totalMs += value * factor;
    }
  }
  return at === end ? totalMs : NaN;
}
