/** Whether the secrets of a source are others than before. They are compared by a keyed digest and never kept or told. */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { SourceConfig } from '../../platform/config.ts';
import { readSecret, readSecretFile } from '../../platform/secret-file.ts';

/** Of this process alone: a digest says nothing to anybody else. */
const KEY = randomBytes(32);

/**
 * Over the content of everything that the configuration names by `...File`, `file` or `...Env`, and of the file that Tollgrid made
 * for the source itself. Error: SECRET_UNREADABLE.
 */
export function secretsDigest(config: SourceConfig, dataDir: string): string {
  const digest = createHmac('sha256', KEY);
  const add = (place: string, content: Uint8Array): void => {
    digest.update(`${place}\0${content.length}\0`).update(content);
  };
  const walk = (value: unknown, place: string): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) walk(inner, `${place}/${key}`);
    } else if (typeof value === 'string') {
      if (/[/a-z]File$|\/file$/.test(place)) add(place, readSecretFile(value));
      else if (place.endsWith('Env')) add(place, readSecret(undefined, value)!);
    }
  };
  walk(config, '');
  const made = path.join(dataDir, 'secrets', config.name);
  if (existsSync(made)) add('made', readSecretFile(made));
  return digest.digest('hex');
}
