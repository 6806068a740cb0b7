// The suite with a Kafka broker: what it needs is made ready while the others run.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { root, say } from './prepare.mjs';

export const KAFKA_SUITE = 'test/server/front/kafka.test.ts';

const MINUTES_MAX = 10;

/** `ready`: why it cannot run; empty when it can. Waits for what is under way, a few minutes at most. */
export function prepareKafka() {
  const child = spawn('nice', ['-n', '5', process.execPath, path.join(root, 'scripts', 'prepare-kafka.mjs')], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  let late = false;
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  };
  const startedMs = performance.now();
  const done = new Promise((resolve) => {
    child.once('error', (error) => resolve([error.message]));
    child.once('close', (code) => {
      const lines = said.split('\n').filter((line) => line !== '');
      if (late) resolve([`it was not ready after ${MINUTES_MAX} minutes`]);
      else resolve(code === 0 || lines.length > 0 ? lines : [`its preparation ended with ${code}`]);
    });
  });
  process.once('exit', kill);
  return {
    ready: async () => {
      // The suites before it ran in the foreground, so a timer cannot have done this.
      const leftMs = Math.max(1000, MINUTES_MAX * 60_000 - (performance.now() - startedMs));
      const timer = setTimeout(() => {
        late = true;
        kill();
      }, leftMs);
      // What happened during them is heard now.
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (child.exitCode === null) say('Waiting for the Kafka client to be compiled ...');
      const reasons = await done;
      clearTimeout(timer);
      process.removeListener('exit', kill);
      return reasons;
    },
  };
}
