/** Which of a format's registers a message shows. */
import type { FormatDocument } from '../../../../schemas/format.ts';

const NONE: readonly string[] = [''];
const OPEN = 123;

/** Those with a number or text at their path. One without a name when there are none, or the payload is no object. */
export function partsOf({ registers }: FormatDocument): (payload: Uint8Array) => readonly string[] {
  if (registers === undefined) return () => NONE;
  const wanted = registers.map(({ register, path }) => ({ register, keys: path.split('.') }));
  return (payload) => {
    const content = objectOf(payload);
    if (content === null) return NONE;
    const shown = wanted.filter(({ keys }) => isValue(at(content, keys)));
    return shown.length === 0 ? NONE : [...new Set(shown.map(({ register }) => register))];
  };
}

function objectOf(payload: Uint8Array): unknown {
  const first = payload.findIndex((byte) => byte > 32);
  if (first < 0 || payload[first] !== OPEN) return null;
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    return null;
  }
}

function at(content: unknown, keys: readonly string[]): unknown {
  let value = content;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function isValue(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'string';
}
