/** Reads a format file: YAML and schema. Mistakes carry the line they stand in. */
import { isMap, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Document } from 'yaml';
import { Compile } from 'typebox/compile';
import { FormatSchema } from '../../schemas/format.ts';
import type { FormatDocument } from '../../schemas/format.ts';
import { schemaMistakes } from '../../schemas/schema-mistakes.ts';
import { findMistakes } from './rules.ts';

export interface Mistake {
  /** Line of the file, from 1. */
  line: number;
  /** JSON pointer to the place; '' for the whole file. */
  path: string;
  message: string;
}

const validator = Compile(FormatSchema);

/** `document` is there when there are no mistakes. */
export function readDocument(text: string): { document?: FormatDocument; mistakes: Mistake[] } {
  const counter = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  if (yaml.errors.length > 0) {
    const mistakes = yaml.errors.map((error) => ({
      line: counter.linePos(error.pos[0]).line,
      path: '',
      message: error.message,
    }));
    return { mistakes };
  }
  const content: unknown = yaml.toJS();
  const lineOf = (path: string): number => counter.linePos(offsetOf(yaml, path)).line;
  const found = [
    ...unquotedNumbers(yaml).map(({ offset, message }) => ({ line: counter.linePos(offset).line, path: '', message })),
    ...onePerPlace(schemaMistakes(validator.Errors(content))).map((mistake) => ({
      ...mistake,
      line: lineOf(mistake.path),
    })),
  ];
  if (found.length > 0) return { mistakes: found.sort((a, b) => a.line - b.line) };
  const document = content as FormatDocument;
  const mistakes = findMistakes(document).map((mistake) => ({ ...mistake, line: lineOf(mistake.path) }));
  return mistakes.length > 0 ? { mistakes: mistakes.sort((a, b) => a.line - b.line) } : { document, mistakes };
}

/** Where the node of a JSON pointer stands, or the nearest one above it. */
function offsetOf(yaml: Document, path: string): number {
  const keys = path.split('/').slice(1);
  for (let length = keys.length; length >= 0; length--) {
    const parent = length === 0 ? undefined : yaml.getIn(keys.slice(0, length - 1), true);
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === keys[length - 1]);
      if (isPair(pair) && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = yaml.getIn(keys.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

/** YAML reads 044 as 44 and 1.10 as 1.1: what a source writes so must stand in quotes. */
function unquotedNumbers(yaml: Document): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  visit(yaml, {
    Scalar(_, { value, source, range }) {
      if (typeof value === 'number' && source !== undefined && source !== String(value)) {
        found.push({ offset: range?.[0] ?? 0, message: `write '${source}' in quotes, or it is read as ${value}` });
      }
    },
  });
  return found;
}

/** A union says what each branch misses; the first line is enough. */
function onePerPlace<T extends { path: string; message: string }>(mistakes: readonly T[]): T[] {
  const seen = new Set<string>();
  return mistakes.filter(({ path, message }) => {
    const key = message.startsWith('unknown key') || message.endsWith('is missing') ? path + message : path;
    return seen.has(key) ? false : seen.add(key);
  });
}
