/** `numbers` and `numbersFile`: named sets of numbers, by prefix. A prefix may stand in several sets. */
import type { TariffFile } from '../../schemas/tariff.ts';
import type { MistakeList } from './mistakes.ts';
import type { TariffModel } from './model.ts';
import { readPrefixFile, type ReadSideFile } from './read-zones.ts';

export function readNumbers(
  file: TariffFile,
  readSideFile: ReadSideFile,
  mistakes: MistakeList,
): TariffModel['numbers'] {
  const sets = new Map<string, Set<string>>();
  const add = (text: string, from: number, to: number, name: string): void => {
    const prefix = text.slice(from, to);
    const set = sets.get(name);
    if (set === undefined) sets.set(name, new Set([prefix]));
    else set.add(prefix);
  };
  for (const [name, prefixes] of Object.entries(file.numbers ?? {})) {
    if (!/^[A-Za-z]/.test(name)) {
      mistakes.add(['numbers', name], 'The name of a set begins with a letter.', 'Choose another name.');
    }
    for (const prefix of prefixes) add(prefix, 0, prefix.length, name);
  }
  if (file.numbersFile !== undefined) {
    readPrefixFile(file.numbersFile, { key: 'numbersFile', head: 'prefix,set' }, readSideFile, add, mistakes);
  }
  return new Map([...sets].map(([name, prefixes]) => [name, [...prefixes]]));
}
