/**
 * API keys `tg_<id>_<secret>`. The file holds the SHA-256 of the secret: it is 256 bits of randomness, so a slow
 * hash would add nothing but delay.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { TollgridError } from '../../platform/errors.ts';
import { SourceName } from '../../schemas/api/common.ts';
import { divisionOf, SCOPES, type Principal } from './policy.ts';

const ApiKeyEntry = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    scopes: Type.Array(Type.Enum([...SCOPES]), { minItems: 1 }),
    division: Type.Optional(Type.String()),
    sources: Type.Optional(Type.Array(SourceName, { minItems: 1 })),
  },
  { additionalProperties: false },
);
const ApiKeyList = Type.Array(ApiKeyEntry, { minItems: 1 });

const BEARER = /^[Bb]earer +tg_([a-z0-9][a-z0-9-]*)_([A-Za-z0-9_-]{16,256})$/;
/** What an unknown id is compared with, so that it takes as long as a known one. */
const NOBODY = Buffer.alloc(32);

export interface ApiKeys {
  /** The caller that an Authorization header proves. Throws KEY_REFUSED. */
  principalOf(authorization: string): Principal;
}

export function createApiKeys(entries: Static<typeof ApiKeyList>): ApiKeys {
  const keys = new Map(
    entries.map(({ id, sha256, scopes, division = '', sources }) => [
      id,
      {
        hash: Buffer.from(sha256, 'hex'),
        principal: {
          id,
          operator: false,
          scopes: new Set(scopes),
          division: divisionOf(division),
          sources: sources === undefined ? null : new Set(sources),
        },
      },
    ]),
  );
  return {
    principalOf(authorization) {
      const match = BEARER.exec(authorization);
      const key = match ? keys.get(match[1]) : undefined;
      const matches = timingSafeEqual(sha256(match?.[2] ?? ''), key?.hash ?? NOBODY);
      if (!key || !matches) throw new TollgridError('KEY_REFUSED', 'The API key is not known here.');
      return key.principal;
    },
  };
}

/** Throws API_KEYS_INVALID with every place that is wrong. */
export function readApiKeys(file: string): ApiKeys {
  let list: unknown;
  try {
    list = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const message = `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new TollgridError('API_KEYS_INVALID', message, { file }, { cause: error });
  }
  if (!Value.Check(ApiKeyList, list)) {
    const problems = Value.Errors(ApiKeyList, list).map(
      ({ instancePath, message }) => `${instancePath || '/'} ${message}`,
    );
    throw new TollgridError('API_KEYS_INVALID', `${file}: ${problems.join('; ')}`, { file, problems });
  }
  const ids = list.map(({ id }) => id);
  const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
  const both = list.filter(({ division, sources }) => division !== undefined && sources !== undefined);
  if (repeated.length > 0 || ids.includes('operator') || both.length > 0) {
    const problems = [
      ...both.map(({ id }) => `id ${id} is bound to a division and to sources: no route would serve it`),
      ...repeated.map((id) => `id ${id} stands twice`),
      ...(ids.includes('operator') ? ['id operator is reserved'] : []),
    ];
    throw new TollgridError('API_KEYS_INVALID', `${file}: ${problems.join('; ')}`, { file, problems });
  }
  return createApiKeys(list);
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
