const BOM = [0xef, 0xbb, 0xbf];

/** The bytes behind a byte order mark of UTF-8, when there is one. */
export function withoutBom(received: Uint8Array): Uint8Array {
  return BOM.every((byte, index) => received[index] === byte) ? received.subarray(BOM.length) : received;
}
