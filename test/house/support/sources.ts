/** The project's own files, and what they import: for tests about the house itself. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { projectRoot } from '../../../platform/paths.ts';

const NOT_OURS = new Set(['node_modules', 'dist', 'data', '.git', 'coverage']);

export interface SourceFile {
  /** Relative to the project, with forward slashes. */
  name: string;
  text: string;
}

/** Files below the project whose name ends so, sorted by name. */
export function projectFiles(...endings: string[]): SourceFile[] {
  const names: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(path.join(projectRoot, folder), { withFileTypes: true })) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) walk(name);
      else if (entry.isFile() && endings.some((ending) => name.endsWith(ending))) names.push(name);
    }
  };
  walk('');
  return names.sort().map((name) => ({ name, text: readFileSync(path.join(projectRoot, name), 'utf8') }));
}

/** TypeScript sources of the program: no tests, no scripts. */
export function programFiles(): SourceFile[] {
  return projectFiles('.ts').filter(
    (file) => file.name.includes('/') && !/^(test|test-long|scripts)\//.test(file.name),
  );
}

/** Relative imports of a file (static, dynamic, re-exports, types too), as names from the project's root. */
export function importsOf(file: SourceFile): string[] {
  const { importedFiles } = ts.preProcessFile(file.text, true, true);
  return importedFiles
    .filter((imported) => imported.fileName.startsWith('.'))
    .map((imported) => path.posix.join(path.posix.dirname(file.name), imported.fileName));
}

export const topFolder = (name: string): string => name.split('/')[0]!;
