/** Where the project's own files are, both when run from sources and from `dist/`. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

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

/** URL of a sibling module that a worker or child process starts with, with the extension that exists here. */
export function entryPoint(moduleUrl: string, name: string): URL {
  return new URL(`./${name}${runsFromSource ? '.ts' : '.js'}`, moduleUrl);
}

/** Node flags such an entry point needs. */
export const entryFlags: string[] = runsFromSource ? ['--import', 'tsx'] : [];
