/**
 * Just enough of ClickHouse's lexical grammar to treat a statement safely: where strings, quoted names and comments
 * are, so that words, placeholders and semicolons are only seen where they are code.
 */

export type StatementKind = 'select' | 'show' | 'insert' | 'session' | 'other';

export interface Placeholder {
  /** Position of `{` and the position behind `}`. */
  start: number;
  end: number;
  name: string;
  type: string;
}

export interface Statement {
  /** The statement without trailing semicolons. */
  sql: string;
  kind: StatementKind;
  placeholders: Placeholder[];
  /** Name behind the last FORMAT at nesting depth 0, and where that FORMAT stands. */
  format: string | undefined;
  formatAt: number;
  /** Where the first SETTINGS at depth 0 stands, or -1. */
  settingsAt: number;
  /** Where `input(`, the data of an insert as a table, stands at depth 0, or -1. */
  inputAt: number;
  /** Words at depth 0, upper case: enough to tell INSERT … SELECT from INSERT … VALUES. */
  words: ReadonlySet<string>;
  /** INTO OUTFILE, FROM INFILE: files belong to the engine process alone. */
  namesFile: boolean;
}

/** A statement this server does not take; `code` is ClickHouse's number for the reason. */
export class StatementError extends Error {
  readonly code: number;
  readonly type: string;
  constructor(code: number, type: string, message: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
}

const SYNTAX_ERROR = 62;
const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy;
const SPACE = /\s+/y;
const PLACEHOLDER = /\{\s*([A-Za-z_]\w*)\s*:\s*([A-Za-z][^{}]*?)\s*\}/y;
const HEREDOC = /\$\w*\$/y;

const KINDS: Record<string, StatementKind> = {
  SELECT: 'select',
  WITH: 'select',
  SHOW: 'show',
  DESCRIBE: 'show',
  DESC: 'show',
  EXISTS: 'show',
  EXPLAIN: 'show',
  CHECK: 'show',
  INSERT: 'insert',
  SET: 'session',
  USE: 'session',
};

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Position behind a string or quoted name that opens at `at`. A quote is escaped by a backslash or by doubling. */
function endOfQuoted(sql: string, at: number): number {
  const quote = sql[at];
  for (let i = at + 1; i < sql.length; i++) {
    if (sql[i] === '\\') i++;
    else if (sql[i] === quote) {
      if (sql[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  throw new StatementError(SYNTAX_ERROR, 'SYNTAX_ERROR', `a ${quote} is opened and never closed`);
}

function endOf(sql: string, closing: string, from: number, what: string): number {
  const end = sql.indexOf(closing, from);
  if (end < 0) throw new StatementError(SYNTAX_ERROR, 'SYNTAX_ERROR', `a ${what} is opened and never closed`);
  return end + closing.length;
}

/** Position behind white space or a comment that stands at `at`; `at` itself when there is none. */
function skipBlank(sql: string, at: number): number {
  const space = matchAt(SPACE, sql, at);
  if (space) return at + space[0].length;
  if (sql.startsWith('--', at) || sql.startsWith('#!', at) || sql.startsWith('# ', at)) {
    const end = sql.indexOf('\n', at);
    return end < 0 ? sql.length : end + 1;
  }
  if (sql.startsWith('/*', at)) return endOf(sql, '*/', at + 2, 'comment');
  return at;
}

/** Reads one statement; throws `StatementError` when the text holds several, none, or an unclosed quote. */
export function readStatement(text: string): Statement {
  const placeholders: Placeholder[] = [];
  const words = new Set<string>();
  let kind: StatementKind | undefined;
  let format: string | undefined;
  let formatAt = -1;
  let settingsAt = -1;
  let inputAt = -1;
  let namesFile = false;
  let depth = 0;
  let codeEnd = 0;
  let ended = false;
  let previous = '';
  let previousAt = 0;
  let at = 0;
  while (at < text.length) {
    const after = skipBlank(text, at);
    if (after !== at) {
      at = after;
      continue;
    }
    const start = at;
    const char = text[at];
    if (char === ';') {
      ended = true;
      at++;
      continue;
    }
    if (ended) throw new StatementError(SYNTAX_ERROR, 'SYNTAX_ERROR', 'Multi-statements are not allowed');
    let word = '';
    if (char === "'" || char === '`' || char === '"') at = endOfQuoted(text, at);
    else if (char === '$' && matchAt(HEREDOC, text, at)) {
      const mark = matchAt(HEREDOC, text, at)![0];
      at = endOf(text, mark, at + mark.length, 'heredoc');
    } else if (char === '{' && matchAt(PLACEHOLDER, text, at)) {
      const found = matchAt(PLACEHOLDER, text, at)!;
      at += found[0].length;
      placeholders.push({ start, end: at, name: found[1], type: found[2] });
    } else {
      if (char === '(' || char === '[' || char === '{') depth++;
      else if (char === ')' || char === ']' || char === '}') depth--;
      word = matchAt(WORD, text, at)?.[0] ?? '';
      at += word.length || 1;
    }
    const upper = word.toUpperCase();
    kind ??= char === '(' ? 'select' : (KINDS[upper] ?? 'other');
    if (depth === 0 && word) {
      words.add(upper);
      if (upper === 'SETTINGS' && settingsAt < 0) settingsAt = start;
      if (upper === 'INPUT' && text[at] === '(' && inputAt < 0) inputAt = start;
      if (previous === 'FORMAT') [format, formatAt] = [word, previousAt];
    }
    if ((upper === 'INFILE' && previous === 'FROM') || (upper === 'OUTFILE' && previous === 'INTO')) namesFile = true;
    previous = upper;
    previousAt = start;
    codeEnd = at;
  }
  if (kind === undefined) throw new StatementError(SYNTAX_ERROR, 'SYNTAX_ERROR', 'Empty query');
  const sql = text.slice(0, codeEnd);
  return { sql, kind, placeholders, format, formatAt, settingsAt, inputAt, words, namesFile };
}
