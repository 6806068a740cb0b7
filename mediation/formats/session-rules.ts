/** What must hold in a format whose records are joined to sessions. */
import type { FormatDocument, FormatField, FormatMapping } from '../../schemas/format.ts';
import type { Finding } from './rules.ts';

const NEEDED = {
  counters: { kind: 'usage', columns: ['start', 'end', 'quantity', 'sessionId', 'nas'] },
  start: { kind: 'context', columns: ['start', 'sessionId', 'nas'] },
  restart: { kind: 'context', columns: ['start', 'nas'] },
} as const;

export function sessionMistakes(document: FormatDocument, fields: ReadonlyMap<string, FormatField>): Finding[] {
  const found: Finding[] = [];
  const { sessions, classes, record } = document;
  classes.forEach(({ session, kind, record: own }, no) => {
    if (session === undefined) return;
    const path = `/classes/${no}/session`;
    const needed = NEEDED[session];
    if (kind !== needed.kind) found.push({ path, message: `\`${session}\` is said by classes of kind ${needed.kind}` });
    const mapping: FormatMapping = { ...record, ...own };
    const missing = needed.columns.filter((column) => mapping[column] === undefined);
    if (missing.length > 0) found.push({ path, message: `needs ${missing.join(', ')} in \`record\`` });
    if (sessions === undefined) found.push({ path, message: 'needs `sessions`, which says what ends one' });
  });
  const named = [
    ...Object.keys(sessions?.ends ?? {}).map((name) => ({ path: `/sessions/ends/${name}`, name })),
    ...(sessions?.gigawords ?? []).map((name, no) => ({ path: `/sessions/gigawords/${no}`, name })),
  ];
  for (const { path, name } of named) {
    if (!fields.has(name)) found.push({ path, message: `there is no field \`${name}\`` });
  }
  return found;
}
