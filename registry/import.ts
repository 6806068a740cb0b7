/** Registry files → inputs for `Registry.change`, each with its place in the file. */
import path from 'node:path';
import { readCsv } from './import-csv.ts';
import { readYaml } from './import-yaml.ts';
import { inputMistakes, listError, type Located } from './validate.ts';

const READERS: Record<string, typeof readCsv> = { '.yaml': readYaml, '.yml': readYaml, '.csv': readCsv };

/** Reads a whole file by its extension. Throws REGISTRY_IMPORT_INVALID with all mistakes, each as `file:line: text`. */
export function readRegistryFile(text: string, fileName: string): Located[] {
  const file = path.basename(fileName);
  const reader = READERS[path.extname(file).toLowerCase()];
  if (reader === undefined) {
    throw listError('REGISTRY_IMPORT_INVALID', [`${file}: the name must end in ${Object.keys(READERS).join(', ')}`]);
  }
  const mistakes: string[] = [];
  const located = reader(text, file, mistakes);
  for (const { input, at } of located) {
    for (const mistake of inputMistakes(input)) mistakes.push(`${at}: ${input.kind} ${input.id}: ${mistake}`);
  }
  if (mistakes.length > 0) throw listError('REGISTRY_IMPORT_INVALID', mistakes);
  return located;
}
