import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
// @ts-expect-error: a script without types
import { KAFKA_SUITE } from './scripts/lib/kafka-suite.mjs';

/** Suites of pure code, and of what each of their tests starts and stops itself. */
const UNITS = ['collectors', 'conformance', 'mediation', 'outputs', 'platform', 'rating', 'reports', 'simulator'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    pool: 'forks',
    // Processes and threads come from dist/ (platform/paths.ts): translated by tsx each takes two seconds more to start.
    globalSetup: ['scripts/lib/vitest.build.mjs'],
    // Suites that start servers wait more than they work.
    maxWorkers: availableParallelism() + 1,
    projects: [
      // Modules loaded once for all of them: a third of their time was loading.
      { extends: true, test: { name: 'units', include: UNITS, isolate: false } },
      {
        extends: true,
        test: { name: 'systems', include: ['test/**/*.test.ts'], exclude: [...UNITS, KAFKA_SUITE as string] },
      },
      { extends: true, test: { name: 'kafka', include: [KAFKA_SUITE as string] } },
    ],
    env: { ENTRIES_FROM_DIST: '1' },
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
});
