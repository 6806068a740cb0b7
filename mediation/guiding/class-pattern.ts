/**
 * Patterns over record classes: a class itself, `call.*` for all that begin with `call.`, or `*`.
 * `className` may be a pattern too: then the answer is whether `pattern` takes all that it takes.
 */
export function fits(pattern: string, className: string): boolean {
  return pattern === className || (pattern.endsWith('*') && className.startsWith(pattern.slice(0, -1)));
}
