/** The configuration's schema as a list of keys, each with its name in the environment. */
import { ConfigSchema } from '../../schemas/config.ts';

/** The parts of JSON Schema that ConfigSchema uses. */
export interface KeySchema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  description?: string;
  default?: unknown;
  properties?: Record<string, KeySchema>;
  required?: string[];
  items?: KeySchema;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  pattern?: string;
  path?: boolean;
}

export interface Key {
  path: string[];
  schema: KeySchema;
  required: boolean;
}

export const rootSchema = ConfigSchema as unknown as KeySchema;

/** Secrets have no key: they come from the environment or from the file that a `*File` key names. */
export const SECRETS = {
  ledgerPassword: { environment: 'TOLLGRID_LEDGER_PASSWORD', fileKey: 'passwordFile', section: 'ledger' },
  registryPassword: { environment: 'TOLLGRID_REGISTRY_PASSWORD', fileKey: 'passwordFile', section: 'registry' },
} as const;

export const PREFIX = 'TOLLGRID_';
export const CONFIG_PATH_VARIABLE = 'TOLLGRID_CONFIG';

/** All keys that hold a value, in the order of the schema; lists count as one key. */
export function listKeys(schema: KeySchema = rootSchema, path: string[] = []): Key[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    child.type === 'object'
      ? listKeys(child, [...path, name])
      : [{ path: [...path, name], schema: child, required: schema.required?.includes(name) ?? false }],
  );
}

/** `server.bodyBytesMax` → `TOLLGRID_SERVER_BODY_BYTES_MAX`. */
export function environmentName(path: readonly string[]): string {
  return `${PREFIX}${path.map((part) => part.replace(/[A-Z]/g, '_$&').toUpperCase()).join('_')}`;
}
