/** Which folder may import which, and through which door. */
import { importsOf, topFolder, type SourceFile } from './sources.ts';

/** Everybody may use `platform` and `schemas` as well. */
const ARROWS: Record<string, readonly string[] | 'all'> = {
  platform: [],
  schemas: [],
  registry: [],
  mediation: ['registry'],
  collectors: ['mediation'],
  // Reaches the same brokers with the same client.
  outputs: ['collectors'],
  rating: [],
  ledger: [],
  reports: ['ledger'],
  server: ['registry', 'mediation', 'collectors', 'outputs', 'rating', 'ledger', 'reports'],
  // Plays devices: it speaks their protocols with the collectors' own codecs, and asks the registry whose they are.
  simulator: ['collectors', 'registry'],
  // Names metrics; a test holds the names against those of the server.
  dashboards: [],
  cli: 'all',
  'load-tests': 'all',
};

/** Files of these folders are contracts and tools that others may import one by one. */
const OPEN_HOUSES = new Set(['platform', 'schemas']);

function mayUse(from: string, to: string): boolean {
  const allowed = ARROWS[from];
  if (allowed === undefined) return false;
  if (to === 'schemas') return true;
  if (to === 'platform') return from !== 'schemas';
  return allowed === 'all' ? to !== 'load-tests' : allowed.includes(to);
}

/** `from -> to` lines for imports that go against the arrows. */
export function wrongArrows(files: readonly SourceFile[]): string[] {
  return crossings(files).flatMap(({ from, to }) =>
    mayUse(topFolder(from), topFolder(to)) ? [] : [`${from} -> ${to}`],
  );
}

/**
 * `from -> to` lines for imports that enter another folder elsewhere than through an index.ts. Benchmarks may: like
 * tests they look at inner parts.
 */
export function backDoors(files: readonly SourceFile[]): string[] {
  return crossings(files.filter((file) => topFolder(file.name) !== 'load-tests')).flatMap(({ from, to }) =>
    OPEN_HOUSES.has(topFolder(to)) || to.endsWith('/index.ts') ? [] : [`${from} -> ${to}`],
  );
}

function crossings(files: readonly SourceFile[]): { from: string; to: string }[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter((to) => topFolder(to) !== topFolder(file.name))
      .map((to) => ({ from: file.name, to })),
  );
}
