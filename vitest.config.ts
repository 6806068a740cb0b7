import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // Processes and threads come from dist/ (platform/paths.ts): translated by tsx each takes two seconds more to start.
    globalSetup: ['scripts/lib/vitest.build.mjs'],
    env: { ENTRIES_FROM_DIST: '1' },
    // Suites that start servers wait more than they work: two at a time also on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
});
