/** Lists that go on where they ended: the cursor is the sort key of the last row, in a form nobody needs to read. */
import { TollgridError } from '../../platform/errors.ts';

export interface Page<T> {
  items: T[];
  /** Cursor of the next page; absent on the last one. */
  next?: string;
}

export interface PageRequest {
  limit: number;
  cursor?: string;
}

export type CursorKey = readonly (string | number)[];

export function encodeCursor(key: CursorKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

const SHAPES = { integer: /^-?\d{1,19}$/, hex: /^[0-9a-f]{32}$/, text: /^.{0,200}$/s };

/** The parts of a cursor; `shape` says what each must be. Throws LEDGER_BAD_CURSOR. */
export function decodeCursor(cursor: string, shape: readonly (keyof typeof SHAPES)[]): string[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts.length === shape.length) {
      const texts = parts.map(String);
      if (texts.every((text, i) => SHAPES[shape[i]].test(text))) return texts;
    }
  } catch {
    // Falls through to the same answer as a cursor of another list.
  }
  throw new TollgridError('LEDGER_BAD_CURSOR', 'The cursor does not belong to this list');
}

/** Cuts the row too many that tells whether there is a next page. */
export function pageOf<T>(rows: T[], limit: number, keyOf: (row: T) => CursorKey): Page<T> {
  if (rows.length <= limit) return { items: rows };
  const items = rows.slice(0, limit);
  return { items, next: encodeCursor(keyOf(items[limit - 1])) };
}
