/** Documents named on the command line: files, or all YAML files of a folder. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { TollgridError } from '../platform/errors.ts';
import { readable } from './client.ts';

export interface DocumentFile {
  file: string;
  text: string;
  /** Text of a file that the document names, relative to it. */
  readSideFile: (name: string) => string;
}

export function readDocument(file: string): DocumentFile {
  const text = readable(file, () => readFileSync(file, 'utf8'));
  return { file, text, readSideFile: (name) => readFileSync(path.resolve(path.dirname(file), name), 'utf8') };
}

/** In the order given; of a folder by name. Error: FILE_UNREADABLE. */
export function readDocuments(names: readonly string[]): DocumentFile[] {
  return names.flatMap((name) => {
    if (!readable(name, () => statSync(name)).isDirectory()) return [readDocument(name)];
    const found = readdirSync(name).filter((entry) => /\.ya?ml$/.test(entry));
    if (found.length === 0) throw new TollgridError('FILE_UNREADABLE', `${name} holds no YAML files`);
    return found.sort().map((entry) => readDocument(path.join(name, entry)));
  });
}
