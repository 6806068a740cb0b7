// What the suites with Kafka need: the broker's jars and the compiled client. A process of its own, so that it can be given
// up; says on standard output why something is missing.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fetchKafka } from './lib/kafka-jars.mjs';
import { root } from './lib/prepare.mjs';

function compile() {
  const { status, stderr } = spawnSync(process.execPath, [path.join(root, 'dist/cli/main.js'), 'kafka', 'build'], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? null : `the Kafka client is not compiled: ${stderr.trim().split('\n').slice(-4).join(' ')}`;
}

const reasons = [compile(), fetchKafka()].filter((reason) => reason !== null);
for (const reason of reasons) console.log(reason);
process.exitCode = reasons.length > 0 ? 1 : 0;
