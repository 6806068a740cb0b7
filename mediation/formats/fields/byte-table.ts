/** Finds a run of bytes among known texts without making a string. */
export class ByteTable {
  readonly texts: readonly string[];
  private readonly entries: readonly Uint8Array[];
  private readonly buckets: readonly (readonly number[])[];

  constructor(texts: readonly string[]) {
    this.texts = texts;
    this.entries = texts.map((text) => new TextEncoder().encode(text));
    const buckets: number[][] = Array.from({ length: 64 }, () => []);
    this.entries.forEach((entry, no) => buckets[bucketOf(entry, 0, entry.length)].push(no));
    this.buckets = buckets;
  }

  /** Number of the text that equals `bytes[start, end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const candidates = this.buckets[bucketOf(bytes, start, end - start)];
    for (let i = 0; i < candidates.length; i++) {
      const entry = this.entries[candidates[i]];
      if (entry.length === end - start && startsWith(bytes, start, entry)) return candidates[i];
    }
    return -1;
  }
}

/** Length, first and last byte spread short words well enough. */
function bucketOf(bytes: Uint8Array, start: number, length: number): number {
  return length === 0 ? 0 : (length * 7 + bytes[start] * 5 + bytes[start + length - 1]) & 63;
}

/** The caller has checked that there are as many bytes. */
export function startsWith(bytes: Uint8Array, start: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false;
  return true;
}
