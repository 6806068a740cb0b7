// `npm test`: installs and builds what the suites need, runs them all, and ends with one line of counts.
// Arguments go to vitest (`npm test -- test/rating`); `--long` adds test-long/.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KAFKA_SUITE, prepareKafka } from './lib/kafka-suite.mjs';
import { build, checkNode, install, root, run } from './lib/prepare.mjs';
import { installServers } from './lib/servers.mjs';
import { shares, skips, summary } from './lib/test-report.mjs';

checkNode();
install();
build();
installServers();

const args = process.argv.slice(2).filter((arg) => arg !== '--long');
const long = process.argv.includes('--long');
const folder = mkdtempSync(path.join(tmpdir(), 'tollgrid-test-'));
const report = path.join(folder, 'report.json');
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = long ? ['--config', 'scripts/lib/vitest.long.config.mjs'] : [];

const results = [];
let code = 0;
function suites(...more) {
  const ended = run(process.execPath, [
    ...[vitest, 'run', ...config, '--passWithNoTests', '--reporter=default', '--reporter=json'],
    ...[`--outputFile.json=${report}`, ...more],
  ]);
  code ||= ended;
  try {
    results.push(...JSON.parse(readFileSync(report, 'utf8')).testResults);
  } catch {
    code ||= 1;
  }
  rmSync(report, { force: true });
}

const filters = args.filter((arg) => !arg.startsWith('-'));
const wantsKafka = filters.length === 0 || filters.some((filter) => KAFKA_SUITE.includes(filter));
// Compiled and fetched beside the other suites; the one that needs it comes last.
const kafka = wantsKafka ? prepareKafka() : null;
suites('--project', '!kafka', ...args);
const missing = (await kafka?.ready()) ?? [];
if (wantsKafka) suites('--project', 'kafka', ...args.filter((arg) => arg.startsWith('-')));
rmSync(folder, { recursive: true, force: true });
const result = { testResults: results };

for (const line of shares(result, root)) console.log(line);
for (const line of skips(result, root)) console.log(line);
for (const reason of missing) console.log(`!!! Nothing was tested with a Kafka broker: ${reason}`);
const { passed, failed, skipped } = summary(result, code);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
