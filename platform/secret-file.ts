/** Secrets in files, or in the environment: one value, its last line end is not part of it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
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

/** Of a file, or of a variable of the environment; undefined where neither is named. Error: SECRET_UNREADABLE. */
export function readSecret(
  file: string | undefined,
  variable: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Buffer | undefined {
  if (variable === undefined) return file === undefined ? undefined : readSecretFile(file);
  const value = env[variable] ?? '';
  if (value === '') throw new TollgridError('SECRET_UNREADABLE', `The variable ${variable} is not set, or empty.`);
  return Buffer.from(value);
}

/** Reads it; makes one of 32 random bytes first when there is none. Of several that make it at once, the first one's counts. */
export function readOrMakeSecretFile(file: string): Buffer {
  if (!existsSync(file)) {
    const aside = `${file}.${randomUUID()}`;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(aside, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flush: true });
    try {
      linkSync(aside, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(aside);
    }
  }
  return readSecretFile(file);
}
