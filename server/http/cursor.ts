/** Cursors of lists: a small JSON value in base64url, opaque to clients, checked when it comes back. */
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { TollgridError } from '../../platform/errors.ts';

export function encodeCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Throws CURSOR_INVALID when the text is not a cursor of that shape. */
export function decodeCursor<T extends TSchema>(shape: T, cursor: string): Static<T> {
  let position: unknown;
  try {
    position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    position = undefined;
  }
  if (!Value.Check(shape, position)) throw new TollgridError('CURSOR_INVALID', 'The cursor is not one of this list.');
  return position;
}
