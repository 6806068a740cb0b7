/** Typed arrays that get longer: amortised doubling, old numbers stay valid. */
type Column = Int32Array | Uint32Array | Uint16Array | Uint8Array | Float64Array;

/** `column` itself when it has room for `length` elements, else a copy at least twice as long. */
export function withRoom<T extends Column>(column: T, length: number, fill = 0): T {
  if (length <= column.length) return column;
  const Kind = column.constructor as new (length: number) => T;
  const larger = new Kind(Math.max(length, column.length * 2));
  larger.set(column);
  if (fill !== 0) larger.fill(fill, column.length);
  return larger;
}
