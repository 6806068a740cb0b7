/**
 * Idempotency keys of pushed usage. They are kept in two generations of which the older one is let go as a whole, so that
 * memory is bounded: a key is known for 30 to 60 days, and the last one to two million of them are. A push that comes again
 * later is taken, and its records are known by their identities as duplicates.
 */
import { hash } from 'node:crypto';
import { DigestTable } from '../../platform/digest-table.ts';
import type { BatchHead } from '../../schemas/log-entries.ts';
import type { PushFacts } from './log-state.ts';

const GENERATION_MS = 30 * 86_400_000;
const GENERATION_KEYS = 1_000_000;

export class PushKeys {
  private older = new DigestTable(3);
  private newer = new DigestTable(3);
  /** Acceptance of the first key of the newer generation. */
  private sinceMs = 0;

  set(
    key: string,
    { entryNo, acceptedAtMs }: { entryNo: number; acceptedAtMs: number },
    { requestSha256, records }: Pick<BatchHead, 'requestSha256' | 'records'>,
  ): void {
    if (this.newer.size === 0) this.sinceMs = acceptedAtMs;
    else if (this.newer.size >= GENERATION_KEYS || acceptedAtMs - this.sinceMs > GENERATION_MS) {
      this.older = this.newer;
      this.newer = new DigestTable(3);
      this.sinceMs = acceptedAtMs;
    }
    this.newer.set(key, entryNo, shortOf(requestSha256!), records);
  }

  get(key: string): PushFacts | undefined {
    const found = this.newer.get(key) ?? this.older.get(key);
    if (found === undefined) return undefined;
    const [entryNo, request, records] = found;
    return { entryNo, records, isSame: (requestSha256) => shortOf(requestSha256) === request };
  }

  get bytes(): number {
    return this.older.bytes + this.newer.bytes;
  }

  dump(): Record<'since' | 'older' | 'newer', Uint8Array[]> {
    return {
      since: [Buffer.from(String(this.sinceMs))],
      older: this.older.dump(),
      newer: this.newer.dump(),
    };
  }

  load(_bytes: Buffer, { since, older, newer }: Record<string, Buffer>): void {
    this.sinceMs = Number(since.toString());
    this.older.load(older);
    this.newer.load(newer);
  }
}

/** 48 bits: they fit into a number, and only requests of one caller with one key are told apart by them. */
function shortOf(requestSha256: string): number {
  return hash('sha256', requestSha256, 'buffer').readUIntBE(0, 6);
}
