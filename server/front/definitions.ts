/** At start: what stands in the configured folders is published or imported when it changed. */
import fs from 'node:fs';
import path from 'node:path';
import type { Config } from '../../platform/config.ts';
import { TollgridError } from '../../platform/errors.ts';
import { projectRoot } from '../../platform/paths.ts';
import { duplicatePolicy } from '../rater/index.ts';
import type { PublicationKind } from '../../schemas/log-entries.ts';
import type { Publisher } from './publisher.ts';

const BY = 'start';

export interface DefinitionParts {
  publisher: Publisher;
  importRegistry(name: string, text: string, by: string): Promise<unknown>;
}

export async function publishDefinitions(
  { definitions, duplicates }: Config,
  { publisher, importRegistry }: DefinitionParts,
): Promise<void> {
  const publish = async (kind: PublicationKind, file: string): Promise<void> => {
    await publisher.publish({
      kind,
      document: readText(file),
      fileName: path.basename(file),
      readSideFile: readBeside(path.dirname(file)),
      by: BY,
    });
  };
  await publisher.publish({
    kind: 'policy',
    document: duplicatePolicy(duplicates.windowMonths),
    fileName: 'duplicates',
    readSideFile: readBeside(projectRoot),
    by: BY,
  });
  const shipped = path.join(projectRoot, 'formats');
  for (const folder of new Set([shipped, ...definitions.formats])) {
    for (const file of yamlFiles(folder)) await publish('format', file);
  }
  if (definitions.guiding !== undefined) await publish('guiding', definitions.guiding);
  for (const folder of definitions.tariffs) {
    for (const file of yamlFiles(folder)) await publish('tariff', file);
  }
  for (const file of definitions.registry) await importRegistry(path.basename(file), readText(file), BY);
}

/** Error: FILE_UNREADABLE. */
function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { message } = cause as Error;
    throw new TollgridError('FILE_UNREADABLE', `${file}, named in \`definitions\`: ${message}`, { file }, { cause });
  }
}

function readText(file: string): string {
  return readable(file, () => fs.readFileSync(file, 'utf8'));
}

/** Files a document names are read from its own folder, never from outside it. */
export function readBeside(folder: string): (name: string) => string {
  return (name) => {
    const file = path.resolve(folder, name);
    const inside = path.relative(folder, file);
    if (inside.startsWith('..') || path.isAbsolute(inside)) throw new Error(`${name} lies outside of ${folder}`);
    return fs.readFileSync(file, 'utf8');
  };
}

function yamlFiles(folder: string): string[] {
  return readable(folder, () => fs.readdirSync(folder))
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}
