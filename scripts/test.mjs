// `npm test`: installs and builds what the suites need, runs them all, and ends with one line of counts.
// Arguments go to vitest (`npm test -- test/rating`); `--long` adds test-long/.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fetchKafka, standIns } from './lib/kafka-jars.mjs';
import { build, checkNode, install, root, run, say } from './lib/prepare.mjs';
import { installServers } from './lib/servers.mjs';
import { shares, skips, summary } from './lib/test-report.mjs';

checkNode();
install();
build();
installServers();
fetchKafka();
// Once, about two minutes; where the tools are missing, the suites with Kafka are skipped.
if (run('nice', ['-n', '19', process.execPath, path.join(root, 'dist', 'cli', 'main.js'), 'kafka', 'build']) !== 0)
  say('The suites that need the Kafka client are skipped.');

const args = process.argv.slice(2).filter((arg) => arg !== '--long');
const long = process.argv.includes('--long');
const folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-test-'));
const report = path.join(folder, 'report.json');
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = long ? ['--config', 'scripts/lib/vitest.long.config.mjs'] : [];

const code = run(process.execPath, [
  ...[vitest, 'run', ...config, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ...args,
]);

let result;
try {
  result = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  result = { testResults: [] };
}
rmSync(folder, { recursive: true, force: true });

for (const line of shares(result, root)) console.log(line);
for (const line of [...skips(result, root), ...standIns()]) console.log(line);
const { passed, failed, skipped } = summary(result, code);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
