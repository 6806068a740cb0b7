/** The registry database against the fold of the log's changes: every object, field by field, and names what differs. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { RegistryChange } from '../../registry/index.ts';
import type { VerifyReport } from '../../schemas/api/audit.ts';

export interface RegistryParts {
  /** Changes of the log, in order. */
  logged(): AsyncIterable<readonly RegistryChange[]>;
  /** What the database holds. */
  images(): AsyncIterable<readonly RegistryChange[]>;
  applied: number;
  /** Last registry entry of the log. */
  lastEntry: number;
}

const NAMED = 5;

export async function verifyRegistry(parts: RegistryParts): Promise<VerifyReport['checks']> {
  const { applied, lastEntry } = parts;
  const asFar = {
    name: 'registry: as far as the log',
    ok: applied === lastEntry,
    detail: `applied up to entry ${applied}`,
  };
  const name = 'registry: every object as the log says';
  const objects = new Map<string, string>();
  try {
    for await (const changes of parts.logged()) {
      for (const change of changes) objects.set(nameOf(change), digest(change));
    }
  } catch (error) {
    const { code, message } = toTollgridError(error);
    return [asFar, { name, ok: false, detail: `the log cannot be read: ${code}: ${message}` }];
  }
  const count = objects.size;
  const wrong: string[] = [];
  for await (const images of parts.images()) {
    for (const image of images) {
      const object = nameOf(image);
      const logged = objects.get(object);
      objects.delete(object);
      if (logged === undefined) wrong.push(`${object} is not in the log`);
      else if (logged !== digest(image)) wrong.push(`${object} is not what the log says`);
    }
  }
  for (const object of objects.keys()) wrong.push(`${object} is missing`);
  const more = wrong.length > NAMED ? `; and ${wrong.length - NAMED} more` : '';
  return [
    asFar,
    {
      name,
      ok: wrong.length === 0,
      detail: wrong.length === 0 ? `${count} objects` : wrong.slice(0, NAMED).join('; ') + more,
    },
  ];
}

function nameOf({ kind, id }: RegistryChange): string {
  return `${kind} ${id}`;
}

/** Half of a hash per object: a registry of a million customers fits. Numbers may be fractions here, so as text. */
function digest(change: RegistryChange): string {
  const exact = JSON.parse(JSON.stringify(change), (_, value: unknown) =>
    typeof value === 'number' ? `#${value}` : value,
  ) as unknown;
  return createHash('sha256').update(canonicalJson(exact)).digest('base64').slice(0, 24);
}
