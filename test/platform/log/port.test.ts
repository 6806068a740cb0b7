import path from 'node:path';
import { describe } from 'vitest';
import { LogWriter } from '../../../platform/log/index.ts';
import { logSuite } from './port-suite.ts';

describe('a log in files', () =>
  logSuite({
    open: async (folder, name) => {
      const dir = path.join(folder, name);
      return { log: await LogWriter.open(dir), dir };
    },
  }));
