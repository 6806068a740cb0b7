// `npm run test:long`: everything, and the slow suites of test-long/ on top.
import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';
import { root } from './prepare.mjs';

const long = { name: 'long', include: ['test-long/**/*.test.ts'], testTimeout: 600_000 };

export default mergeConfig(base, { root, test: { projects: [{ extends: true, test: long }] } });
