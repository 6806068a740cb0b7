/**
 * Registry objects from YAML: `parties`, `accounts` and `subscriptions`, whose items are registry inputs without `kind`
 * (schemas/registry.ts). All scalars are read as text, so that `value: 00123` keeps its zeros.
 */
import { isMap, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from 'yaml';
import type { RegistryInput } from '../schemas/registry.ts';
import type { Located } from './validate.ts';

const LISTS = { parties: 'party', accounts: 'account', subscriptions: 'subscription' } as const;
const NUMBERS = new Set(['multiplier', 'digits']);
const BOOLEANS: Record<string, boolean> = { true: true, false: false };

/** Reads the document; mistakes are added as `file:line: text`. */
export function readYaml(text: string, file: string, mistakes: string[]): Located[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines });
  const at = (node: unknown): string => `${file}:${lines.linePos((node as Node | null)?.range?.[0] ?? 0).line}`;
  for (const error of document.errors)
    mistakes.push(`${file}:${lines.linePos(error.pos[0]).line}: ${firstLine(error.message)}`);
  if (document.errors.length > 0) return [];
  if (!isMap(document.contents)) {
    mistakes.push(`${file}:1: must be a map with ${Object.keys(LISTS).join(', ')}`);
    return [];
  }

  const located: Located[] = [];
  for (const { key, value } of (document.contents as unknown as YAMLMap<{ value: string } & Node, Node | null>).items) {
    const kind = LISTS[key.value as keyof typeof LISTS] as (typeof LISTS)[keyof typeof LISTS] | undefined;
    if (kind === undefined) mistakes.push(`${at(key)}: unknown key \`${key.value}\``);
    else if (!isSeq(value)) mistakes.push(`${at(key)}: \`${key.value}\` must be a list`);
    else {
      for (const item of value.items) {
        if (isMap(item))
          located.push({ input: { kind, ...(typed(item.toJS(document)) as object) } as RegistryInput, at: at(item) });
        else mistakes.push(`${at(item)}: an item of \`${key.value}\` must be a map`);
      }
    }
  }
  return located;
}

/** Numbers and booleans where the schema has them; what is not one stays text and is refused there. */
function typed(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => typed(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, typed(inner, name)]));
  }
  if (typeof value !== 'string') return value;
  if (NUMBERS.has(key) && /^\d+(\.\d+)?$/.test(value)) return Number(value);
  if (key === 'usagePoint') return BOOLEANS[value] ?? value;
  return value;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0];
}
