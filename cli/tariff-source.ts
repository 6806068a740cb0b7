/** How commands name tariffs: files, folders of them, or what Tollgrid holds. */
import { existsSync } from 'node:fs';
import { readDocuments, type DocumentFile } from './documents.ts';
import type { TariffSource } from '../schemas/api/tariffs.ts';

const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._-]*@\d{4}-\d\d-\d\d(#(\d{1,4}|draft))?$/;

/** `name@yyyy-mm-dd`, `#2`, `#draft`: unless a file has that name. */
export function isReference(text: string): boolean {
  return REFERENCE.test(text) && !existsSync(text);
}

/** A file with those it names, as it is sent. What cannot be read is left out: the check says where it is named. */
export async function tariffSource({
  file,
  text,
  readSideFile,
}: DocumentFile): Promise<TariffSource & { name: string }> {
  const { readTariffHead } = await import('../rating/index.ts');
  const files: Record<string, string> = {};
  for (const name of readTariffHead(text).files) {
    try {
      files[name] = readSideFile(name);
    } catch {
      continue;
    }
  }
  return { name: file, document: text, files };
}

/** One or many, folders spread. */
export async function tariffSources(names: readonly string[]): Promise<(TariffSource & { name: string })[]> {
  return Promise.all(readDocuments(names).map(tariffSource));
}
