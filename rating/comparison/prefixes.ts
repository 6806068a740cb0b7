/** Zones and number sets, prefix by prefix: a million of them are compared in the tables they are read into. */
import type { PrefixList } from '../language/index.ts';
import type { Changes } from './changes.ts';

export interface NamedPrefixes {
  names: readonly string[];
  prefixes: PrefixList | null;
}

export function comparePrefixes(one: NamedPrefixes, other: NamedPrefixes, changes: Changes): void {
  const nameIn = ({ names, prefixes }: NamedPrefixes, prefix: string): string | null => {
    const value = prefixes?.valueOf(prefix) ?? -1;
    return value === -1 ? null : names[value];
  };
  one.prefixes?.forEach((prefix, value) => {
    const now = nameIn(other, prefix);
    if (now !== one.names[value]) changes.add(shownPrefix(prefix), '', one.names[value], now);
  });
  other.prefixes?.forEach((prefix, value) => {
    if (nameIn(one, prefix) === null) changes.add(shownPrefix(prefix), '', null, other.names[value]);
  });
}

function shownPrefix(prefix: string): string {
  return prefix === '' ? 'every number' : prefix;
}
