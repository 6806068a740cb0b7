/**
 * At start: what stands in the configured folders is published or imported when it changed. Only tariffs are not: a new
 * version is published, and of a file that differs from what was published under its date it is said so.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { Config } from '../../platform/config.ts';
import { TollgridError } from '../../platform/errors.ts';
import { projectRoot } from '../../platform/paths.ts';
import { readTariffHead } from '../../rating/index.ts';
import type { Notice } from '../../schemas/api/operation.ts';
import { duplicatePolicy } from '../rater/index.ts';
import type { Publisher, PublishInput } from './publisher.ts';
import { START, type TariffPublisher } from './tariff-publisher.ts';

const BY = 'start';

export interface DefinitionParts {
  publisher: Publisher;
  tariffs: TariffPublisher;
  importRegistry(name: string, text: string, by: string): Promise<unknown>;
}

export async function publishDefinitions(
  { definitions, duplicates }: Config,
  { publisher, tariffs, importRegistry }: DefinitionParts,
): Promise<Notice[]> {
  const notices: Notice[] = [];
  const publish = async (kind: PublishInput['kind'], file: string): Promise<void> => {
    await publisher.publish({ kind, document: readText(file), fileName: path.basename(file), by: BY });
  };
  await publisher.publish({
    kind: 'policy',
    document: duplicatePolicy(duplicates.windowMonths),
    fileName: 'duplicates',
    by: BY,
  });
  const shipped = path.join(projectRoot, 'formats');
  for (const folder of new Set([shipped, ...definitions.formats])) {
    for (const file of yamlFiles(folder)) await publish('format', file);
  }
  if (definitions.guiding !== undefined) await publish('guiding', definitions.guiding);
  for (const folder of definitions.tariffs) {
    for (const file of yamlFiles(folder)) {
      const notice = await publishTariff(tariffs, file);
      if (notice !== null) notices.push(notice);
    }
  }
  for (const file of definitions.registry) await importRegistry(path.basename(file), readText(file), BY);
  return notices;
}

/** What was published under its date already is left as it is: null when that is what the file says. */
async function publishTariff(tariffs: TariffPublisher, file: string): Promise<Notice | null> {
  const document = readText(file);
  const head = readTariffHead(document);
  const given = { document, fileName: path.basename(file), files: filesBeside(path.dirname(file), head.files) };
  if (head.version !== null && (await tariffs.isPublished(head.version, given))) return null;
  try {
    await tariffs.publish(given, START);
    return null;
  } catch (error) {
    if (!(error instanceof TollgridError) || error.code !== 'TARIFF_PUBLISHED') throw error;
    return {
      code: error.code,
      message: `${file} differs from what is published as ${head.version}; it was not applied.`,
      cure: `Look at the difference with \`tollgrid tariff diff ${head.version} ${file}\`. Give it a new effective date, or correct what is published: \`tollgrid tariff publish ${file} --correct --by PERSON --note TEXT\`.`,
    };
  }
}

/** Those that can be read; of the others the check says where they are named. */
function filesBeside(folder: string, names: readonly string[]): Record<string, string> {
  const read = readBeside(folder);
  const files: Record<string, string> = {};
  for (const name of names) {
    try {
      files[name] = read(name);
    } catch {
      continue;
    }
  }
  return files;
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
function readBeside(folder: string): (name: string) => string {
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
