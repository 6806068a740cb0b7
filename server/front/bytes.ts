/** Bytes of batches and slices. */
import { createHash } from 'node:crypto';

/** Each with a line feed behind it. */
export function joinLines(events: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.allocUnsafe(events.reduce((sum, event) => sum + event.length + 1, 0));
  let at = 0;
  for (const event of events) {
    body.set(event, at);
    at += event.length;
    body[at++] = 10;
  }
  return body;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
