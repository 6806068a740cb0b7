/** YAML with places: the value of a document, and the line of every part of it. */
import { LineCounter, isMap, isScalar, parseDocument, visit, type Document, type Node } from 'yaml';

export interface Source {
  value: unknown;
  /** Mistakes of YAML itself. */
  faults: { line: number; message: string }[];
  /** Line (1-based) of a part; of the nearest part around it when it is absent. */
  lineOf(path: readonly (string | number)[]): number;
}

export function readSource(text: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faults = document.errors.map((error) => ({ line: lines.linePos(error.pos[0]).line, message: error.message }));
  let value: unknown;
  if (faults.length === 0) {
    keepDigits(document);
    try {
      value = document.toJS();
    } catch (error) {
      // An alias of nothing, or aliases of aliases without end: only then does YAML find it.
      faults.push({
        line: lineOfAlias(document, lines),
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return { value, faults, lineOf: (path) => lineOf(document, lines, path) };
}

/** Of the first one that names nothing. */
function lineOfAlias(document: Document, lines: LineCounter): number {
  let line = 1;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined || !alias.range) return undefined;
      line = lines.linePos(alias.range[0]).line;
      return visit.BREAK;
    },
  });
  return line;
}

/** Numbers become the text they were written as: 0.10 stays 0.10 and 0800 keeps its zero. `decimals` is a count. */
function keepDigits(document: Document): void {
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.key) && pair.key.value === 'decimals') return visit.SKIP;
      return undefined;
    },
    Scalar(_, node) {
      if (typeof node.value === 'number' && node.source !== undefined) node.value = node.source;
    },
  });
}

function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const around = document.getIn(path.slice(0, length - 1), true);
    const key = isMap<Node>(around)
      ? around.items.find((pair) => isScalar(pair.key) && pair.key.value === path[length - 1])?.key
      : undefined;
    const node = key ?? (document.getIn(path.slice(0, length), true) as Node | undefined);
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
