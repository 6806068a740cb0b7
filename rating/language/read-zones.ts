/** `zones` and `zonesFile`: prefixes of the other party's digits, and the zone each stands for. */
import type { TariffFile } from '../../schemas/tariff.ts';
import type { MistakeList } from './mistakes.ts';
import type { ZonesModel } from './model.ts';
import { PrefixList } from './prefix-list.ts';

/** Reads a file that the tariff names, relative to it; throws when it cannot. */
export type ReadSideFile = (name: string) => string;

const PREFIX_DIGITS_MAX = 32;
const ZONES_MAX = 30_000;
const NAME = /^[A-Za-z0-9][\w.-]*$/;
const [HASH, COMMA] = [35, 44];

export function readZones(file: TariffFile, readSideFile: ReadSideFile, mistakes: MistakeList): ZonesModel {
  if (file.zones === undefined && file.zonesFile === undefined) return { names: [''], prefixes: null };
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const prefixes = new PrefixList();
  const add = (text: string, from: number, to: number, zone: string): void => {
    let number = numbers.get(zone);
    if (number === undefined) {
      number = names.length;
      // A copy: a piece of the text would keep all of it in memory.
      const name = Buffer.from(zone).toString();
      names.push(name);
      numbers.set(name, number);
    }
    prefixes.add(text, from, to, number);
  };
  const paths = Object.entries(file.zones ?? {}).flatMap(([zone, list]) => list.map((_, index) => [zone, index]));
  for (const [zone, list] of Object.entries(file.zones ?? {})) {
    for (const prefix of list) add(prefix, 0, prefix.length, zone);
  }
  const lines: number[] = [];
  if (file.zonesFile !== undefined) {
    const addRow: AddPrefix = (text, from, to, zone, line) => {
      lines.push(line);
      add(text, from, to, zone);
    };
    readPrefixFile(file.zonesFile, { key: 'zonesFile', head: 'prefix,zone' }, readSideFile, addRow, mistakes);
  }
  for (const { index, prefix, earlier } of prefixes.sort()) {
    const problem = `Prefix \`${prefix}\` already stands in zone \`${names[earlier]}\`.`;
    if (index < paths.length) mistakes.add(['zones', ...paths[index]], problem, 'Keep it once.');
    else mistakes.addIn(file.zonesFile!, lines[index - paths.length], problem, 'Keep it once.');
  }
  if (names.length > ZONES_MAX) {
    mistakes.add(
      ['zones'],
      `There are more than ${ZONES_MAX} zones.`,
      'Give destinations with the same price one zone.',
    );
  }
  return { names, prefixes };
}

/** Takes the digits text[from, to) of a line. */
export type AddPrefix = (text: string, from: number, to: number, name: string, line: number) => void;

/** Lines of `prefix,name`. */
export function readPrefixFile(
  file: string,
  { key, head }: { key: string; head: string },
  readSideFile: ReadSideFile,
  add: AddPrefix,
  mistakes: MistakeList,
): void {
  let text: string;
  try {
    text = readSideFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    mistakes.add(
      [key],
      `\`${file}\` cannot be read: ${reason}.`,
      'Put the file beside the tariff or correct the name.',
    );
    return;
  }
  let found = false;
  let line = 0;
  // Names come again and again: each is looked at once.
  const good = new Set<string>();
  for (let start = 0; start < text.length;) {
    let end = text.indexOf('\n', start);
    if (end === -1) end = text.length;
    line++;
    let from = start;
    let to = end;
    start = end + 1;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    if (from === to || text.charCodeAt(from) === HASH || (line === 1 && text.slice(from, to) === head)) continue;
    let place = from;
    while (place < to && isDigit(text.charCodeAt(place))) place++;
    const digitsEnd = place;
    while (place < to && isBlank(text.charCodeAt(place))) place++;
    const isComma = place < to && text.charCodeAt(place) === COMMA;
    place++;
    while (place < to && isBlank(text.charCodeAt(place))) place++;
    const name = text.slice(place, to);
    if (!isComma || digitsEnd - from > PREFIX_DIGITS_MAX || !(good.has(name) || NAME.test(name))) {
      const row = text.slice(from, to);
      mistakes.addIn(file, line, `\`${row}\` is not a prefix and a zone.`, 'Write lines like `38044,kyiv`.');
      continue;
    }
    good.add(name);
    found = true;
    add(text, from, digitsEnd, name, line);
  }
  if (!found) mistakes.addIn(file, 1, 'There is no prefix in it.', 'Write lines like `38044,kyiv`.');
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** White space, and the mark that some programs put before a text. */
const isBlank = (code: number): boolean => code <= 32 || code === 0xa0 || code === 0xfeff;
