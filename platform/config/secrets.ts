/** Rules about secrets, which stand in a file (`passwordFile`) or in the environment (`passwordEnv`). Pure. */
import type { Mistake } from './check.ts';

/** Sections that are nothing without their password. */
const NEED_PASSWORD: readonly unknown[] = ['ftp', 'sasl'];

export function secretMistakes(value: unknown, path: (string | number)[]): Mistake[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => secretMistakes(one, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  const section = value as Record<string, unknown>;
  const mistakes = Object.entries(section).flatMap(([key, inner]) => {
    const file = key.replace(/Env$/, 'File');
    const isDoubled = key.endsWith('Env') && inner !== undefined && section[file] !== undefined;
    const doubled = { path: [...path, key], message: `stands beside \`${file}\`: give one of them` };
    return isDoubled ? [doubled] : secretMistakes(inner, [...path, key]);
  });
  if (!NEED_PASSWORD.includes(path.at(-1))) return mistakes;
  const given = section['passwordFile'] ?? section['passwordEnv'];
  const missing = { path: [...path, 'passwordFile'], message: 'is missing: give this or `passwordEnv`' };
  return given === undefined ? [...mistakes, missing] : mistakes;
}
