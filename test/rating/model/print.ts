/**
 * What the model makes of the tests in tariff files, for those who write one:
 * `node --import tsx test/rating/model/print.ts examples/tariffs/*.yaml`. Exits 1 when a file says otherwise.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { judge } from './judge.ts';

for (const file of process.argv.slice(2)) {
  const beside = (name: string) => readFileSync(path.resolve(path.dirname(file), name), 'utf8');
  process.stdout.write(`${file}\n`);
  for (const { name, source, found, differences } of judge(readFileSync(file, 'utf8'), beside)) {
    process.stdout.write(`  ${differences.length === 0 ? 'ok   ' : 'DIFFER'} ${name} (${source}): ${found}\n`);
    for (const difference of differences) process.stdout.write(`         ${difference}\n`);
    if (differences.length > 0) process.exitCode = 1;
  }
}
