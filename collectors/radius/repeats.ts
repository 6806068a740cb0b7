/**
 * Requests that come again because their answer was lost or late (RFC 5080 section 2.2.2): the same sender, port,
 * identifier and authenticator. They are answered with the same bytes and change nothing.
 */

const REMEMBERED_MS = 30_000;
const REMEMBERED_MAX = 200_000;

interface Remembered {
  atMs: number;
  /** Null while the first one is being made durable: its answer will do for both. */
  response: Uint8Array | null;
}

export class Repeats {
  /** In the order of arrival: the oldest stand first. */
  private readonly requests = new Map<string, Remembered>();

  /** `new`: the caller makes it durable and says `answered` or `forget`. */
  see(key: string, nowMs: number): 'new' | 'underway' | Uint8Array {
    this.drop(nowMs);
    const seen = this.requests.get(key);
    if (seen !== undefined) return seen.response ?? 'underway';
    this.requests.set(key, { atMs: nowMs, response: null });
    return 'new';
  }

  answered(key: string, response: Uint8Array): void {
    const seen = this.requests.get(key);
    if (seen !== undefined) seen.response = response;
  }

  forget(key: string): void {
    this.requests.delete(key);
  }

  private drop(nowMs: number): void {
    for (const [key, { atMs }] of this.requests) {
      if (nowMs - atMs < REMEMBERED_MS && this.requests.size <= REMEMBERED_MAX) return;
      this.requests.delete(key);
    }
  }
}
