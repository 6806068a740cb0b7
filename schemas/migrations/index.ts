/** Registry migrations, in order. A released one is never edited: a change of tables is a new one. */
import { registryTables0001 } from './0001-registry.ts';
import { registryAttributes0002 } from './0002-attributes.ts';
import { registryOwner0003 } from './0003-owner.ts';

export interface SqlMigration {
  name: string;
  statements: readonly string[];
}

export const REGISTRY_MIGRATIONS: readonly SqlMigration[] = [
  { name: '0001-registry', statements: registryTables0001 },
  { name: '0002-attributes', statements: registryAttributes0002 },
  { name: '0003-owner', statements: registryOwner0003 },
];
