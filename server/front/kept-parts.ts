/** Named parts of a state as sections of a file: `name` for a part of one section, `name.section` where it has several. */
import { jsonLines, parseLines } from '../../platform/section-file.ts';

export type Sections = Record<string, readonly Uint8Array[]>;

export interface KeptPart {
  dump(): readonly Uint8Array[] | Sections;
  /** Into a fresh part, what `dump` gave: its one section, or all by their names. */
  load(bytes: Buffer, sections: Record<string, Buffer>): void;
}

/** What JSON can hold. */
export function plainPart<T>(get: () => T, set: (value: T) => void): KeptPart {
  return {
    dump: () => jsonLines([get()]),
    load: (bytes) => set(JSON.parse(bytes.toString('utf8')) as T),
  };
}

/** Entries that JSON can hold, in their order. */
export function mapPart<K, V>(map: Map<K, V>): KeptPart {
  return {
    dump: () => jsonLines(map),
    load: (bytes) => {
      for (const [key, value] of parseLines<[K, V]>(bytes)) map.set(key, value);
    },
  };
}

export function dumpParts(parts: Record<string, KeptPart>): Sections {
  const all: Sections = {};
  for (const [name, part] of Object.entries(parts)) {
    const dumped = part.dump();
    if (Array.isArray(dumped)) all[name] = dumped;
    else for (const [section, bytes] of Object.entries(dumped)) all[`${name}.${section}`] = bytes as Uint8Array[];
  }
  return all;
}

export function loadParts(parts: Record<string, KeptPart>, all: Record<string, Buffer>): void {
  for (const [name, part] of Object.entries(parts)) {
    const own = Object.keys(all).filter((key) => key.startsWith(`${name}.`));
    const sections = Object.fromEntries(own.map((key) => [key.slice(name.length + 1), all[key]]));
    part.load(all[name] ?? Buffer.alloc(0), sections);
  }
}
