/**
 * A tariff after everything that takes long: read, checked, its prefixes laid out. Plain data, so that one thread makes it
 * and others take it over. What is large in it is shared memory, and nothing in it ever changes.
 */
import type { Publication } from '../../schemas/log-entries.ts';
import { readPublication, type Prepared, type TariffModel } from '../language/index.ts';
import { layOutTrie, type PrefixTrie } from './prefix-trie.ts';

export interface TariffParts {
  /** Without its prefixes. */
  model: TariffModel;
  /** UTC offset changes of its time zone. */
  transitions: readonly (readonly [number, number])[];
  /** Null when it has no zones. */
  trie: PrefixTrie | null;
}

/** Throws TARIFF_INVALID. */
export function partsOf(publication: Publication): TariffParts {
  return partsOfPrepared({ publication, model: readPublication(publication) });
}

export function partsOfPrepared({ publication, model: { zones, ...rest } }: Prepared): TariffParts {
  const { names, prefixes } = zones;
  return {
    model: { ...rest, zones: { names, prefixes: null } },
    transitions: publication.data.zones[rest.timeZone],
    trie: prefixes === null || prefixes.size === 0 ? null : layOutTrie(prefixes),
  };
}

/** Of its prefixes, laid out. */
export function tableBytes({ trie }: TariffParts): number {
  return bytesIn(trie);
}

function bytesIn(value: unknown): number {
  if (value instanceof Int32Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, part) => sum + bytesIn(part), 0);
}
