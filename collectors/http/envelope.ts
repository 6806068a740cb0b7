/** The envelope of CloudEvents 1.0 (section 3.1, required attributes). */

const REQUIRED = ['id', 'source', 'type'] as const;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** What is wrong with the event's envelope, in words; null when nothing is. The event itself is not kept. */
export function envelopeProblem(event: Uint8Array): string | null {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(event));
  } catch {
    return 'it is not JSON in UTF-8';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is not an object';
  const problems = REQUIRED.filter((name) => !isText(own(value, name))).map((name) => `${name} is missing or empty`);
  if (own(value, 'specversion') !== '1.0') problems.unshift('specversion is not "1.0"');
  return problems.length > 0 ? problems.join(', ') : null;
}

/** Own properties only: a key named `__proto__` in the event must not lend it attributes. */
function own(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0;
}
