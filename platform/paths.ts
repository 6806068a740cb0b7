/** Where the project's own files are, both when run from sources and from `dist/`. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

function findRoot(from: string): string {
  let folder = from;
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${from}`);
    folder = parent;
  }
  return folder;
}

/** The folder with package.json; shipped data (formats/, examples/) lies below it. */
export const projectRoot = findRoot(path.dirname(fileURLToPath(import.meta.url)));

/** True when this runs from TypeScript sources (tests, development), false from `dist/`. */
export const runsFromSource = import.meta.url.endsWith('.ts');

/** Tests run from sources too, and what they start is compiled: it need not be translated each time. */
const startsSources = runsFromSource && process.env['ENTRIES_FROM_DIST'] === undefined;

/** URL of a sibling module that a worker or child process starts with, with the extension that exists there. */
export function entryPoint(moduleUrl: string, name: string): URL {
  const own = new URL(`./${name}${startsSources ? '.ts' : '.js'}`, moduleUrl);
  if (startsSources || !runsFromSource) return own;
  return pathToFileURL(path.join(projectRoot, 'dist', path.relative(projectRoot, fileURLToPath(own))));
}

/** Node flags such an entry point needs. */
export const entryFlags: string[] = startsSources ? ['--import', 'tsx'] : [];
