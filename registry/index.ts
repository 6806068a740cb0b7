/**
 * Parties, accounts, subscriptions and usage points: the database, its import files, and the look-up guiding reads.
 * Rating threads need the look-up only, so the database and its libraries are loaded when they are first asked for.
 */
import type { Registry, RegistryOptions } from './store.ts';
import type { Located } from './validate.ts';

export * from './model.ts';
export type { RegistryLookup } from './lookup-types.ts';
export { Lookup } from './lookup.ts';
export type { LoggedRegistry, RegistryEntry } from './follower.ts';
export type { RegistryServer } from './server-database.ts';
export type { AppendChanges, ChangeResult, Registry, RegistryOptions } from './store.ts';
export type { AccountWithParty, MeterFacts, Page, RegistryCounts, RegistryQueries } from './queries.ts';
export type { Located } from './validate.ts';
export { PERSONAL_DATA, type PersonalDataClass } from './tables.ts';

/**
 * Opens the database in `<dataDir>/registry`, or on a server, and brings it to where the log is. `rebuilt`: it held nothing.
 * Throws REGISTRY_UNAVAILABLE, REGISTRY_IN_USE, REGISTRY_FOREIGN.
 */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { Registry } = await import('./store.ts');
  return Registry.open(options);
}

/** Import file → inputs for `Registry.change`. Throws REGISTRY_IMPORT_INVALID with all mistakes, each with file:line. */
export async function readRegistryFile(text: string, fileName: string): Promise<Located[]> {
  const { readRegistryFile: read } = await import('./import.ts');
  return read(text, fileName);
}
