/**
 * `{name:Type}` placeholders and settings, put into the SQL text.
 *
 * The engine has parameters of its own, but they are process-wide state: two bound queries at once see each other's
 * values. A value therefore becomes one quoted literal, cast to its declared type, which is also what a ClickHouse
 * server does with it. Inside quotes ClickHouse gives a meaning to the backslash and the quote only; both are escaped,
 * and so are line ends, because the engine's command line reader knows the blank line as an end of data.
 */
import { StatementError, type Statement } from './sql-text.ts';

const ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

export function quoteString(value: string): string {
  return `'${value.replace(/[\\'\0\b\f\n\r\t]/g, (char) => ESCAPES[char])}'`;
}

export function quoteName(name: string): string {
  return `\`${name.replace(/[\\`]/g, (char) => `\\${char}`)}\``;
}

const UNESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '0': '\0' };

/** Undoes the TabSeparated escaping in which scalar parameters travel. */
function unescapeScalar(value: string): string {
  return value.replace(/\\(.)/gs, (_, char: string) => UNESCAPES[char] ?? char);
}

function literal(name: string, type: string, value: string): string {
  if (type === 'Identifier') return quoteName(unescapeScalar(value));
  if (value === '\\N') {
    if (type.startsWith('Nullable')) return `_CAST(NULL, ${quoteString(type)})`;
    throw new StatementError(457, 'BAD_QUERY_PARAMETER', `Parameter ${name} of type ${type} cannot be NULL`);
  }
  // Composite values are text of their own grammar, in which the elements are quoted already.
  const composite = /^(Array|Tuple|Map|Nested|Variant|JSON)\b/.test(type);
  return `_CAST(${quoteString(composite ? value : unescapeScalar(value))}, ${quoteString(type)})`;
}

/** The statement's text with every placeholder replaced; a missing value is ClickHouse's error 456. */
export function substituteParameters(statement: Statement, values: ReadonlyMap<string, string>): string {
  let sql = '';
  let at = 0;
  for (const { start, end, name, type } of statement.placeholders) {
    const value = values.get(name);
    if (value === undefined) {
      throw new StatementError(456, 'UNKNOWN_QUERY_PARAMETER', `Substitution \`${name}\` is not set`);
    }
    sql += statement.sql.slice(at, start) + literal(name, type, value);
    at = end;
  }
  return sql + statement.sql.slice(at);
}

/** `a = 1, b = 'x'` of the request's settings; those that the statement names itself are left to it. */
export function settingsList(statement: Statement, settings: ReadonlyMap<string, string>): string {
  const own = statement.settingsAt < 0 ? '' : statement.sql.slice(statement.settingsAt);
  const items: string[] = [];
  for (const [name, value] of settings) {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new StatementError(115, 'UNKNOWN_SETTING', 'Bad name of a setting');
    if (new RegExp(`\\b${name}\\s*=`).test(own)) continue;
    items.push(`${name} = ${/^-?\d+(\.\d+)?$/.test(value) ? value : quoteString(value)}`);
  }
  return items.join(', ');
}

/** Parameters and settings in the text, where the settings end with the statement; SET would stay for the next one. */
export function completeStatement(
  statement: Statement,
  parameters: ReadonlyMap<string, string>,
  settings: ReadonlyMap<string, string>,
): string {
  const sql = substituteParameters(statement, parameters);
  const items = settingsList(statement, settings);
  if (items === '') return sql;
  // SELECT takes a second clause; ALTER and INSERT have one, at their end.
  const goesOn = statement.kind !== 'select' && statement.settingsAt >= 0;
  return `${sql}${goesOn ? ', ' : '\nSETTINGS '}${items}`;
}
