/**
 * `npm run golden`: computes the golden log (test/golden/README.md) under each version of Node that Tollgrid runs on, and
 * holds the results against what is recorded. `--record` writes down what this Node gives; `--make` makes another log.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { differences } from '../test/golden/differences.ts';
import { makeGoldenLog } from '../test/golden/make.ts';
import { rebuildGoldenLog, record, recordedResult } from '../test/golden/rebuild.ts';
import { nodeOf, rebuiltUnder, RUNTIME_MAJORS } from '../test/golden/runtimes.ts';

const wants = (flag: string): boolean => process.argv.includes(flag);

if (wants('--print')) {
  console.log(JSON.stringify(await rebuildGoldenLog()));
} else if (wants('--make')) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-golden-'));
  await makeGoldenLog(folder);
  fs.rmSync(folder, { recursive: true, force: true });
  record(await rebuildGoldenLog());
} else if (wants('--record')) {
  record(await rebuildGoldenLog());
} else {
  const recorded = recordedResult();
  for (const major of RUNTIME_MAJORS) {
    const found = nodeOf(major);
    if ('missing' in found) {
      console.log(`Node ${major}: not tried. ${found.missing}`);
      process.exitCode = 1;
      continue;
    }
    const version = spawnSync(found.path, ['--version'], { encoding: 'utf8' }).stdout.trim();
    const wrong = differences(recorded, rebuiltUnder(found.path));
    if (wrong.length > 0) process.exitCode = 1;
    console.log(
      `${version}: ${wrong.length === 0 ? `as recorded, ${recorded.canonicalExport.sha256}` : wrong.join('\n')}`,
    );
  }
}
