/** Secrets in files: one value, its last line end is not part of it. */
import { readFileSync } from 'node:fs';
import { TollgridError } from './errors.ts';

/** Error: SECRET_UNREADABLE. The value itself is in no message. */
export function readSecretFile(file: string): Buffer {
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch (error) {
    throw new TollgridError('SECRET_UNREADABLE', `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  const end = text.length - (text.at(-1) === 10 ? (text.at(-2) === 13 ? 2 : 1) : 0);
  if (end === 0) throw new TollgridError('SECRET_UNREADABLE', `${file} is empty`);
  return text.subarray(0, end);
}
