/**
 * The engine process: one embedded ClickHouse on one folder, spoken to over HTTP on loopback. It is a process of its own
 * because the engine takes both cores when it can, and because its crash must not be the crash of intake.
 *
 * Started with `EngineOptions` as JSON in the first argument and an IPC channel. Sends `{ type: 'ready', url, token,
 * handoverFolder }` or `{ type: 'failed', message }`; stops on `{ type: 'stop' }` or when the channel closes.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { engineConfigXml, sessionArguments, type EngineOptions } from './config.ts';
import { serveEngine } from './http-server.ts';
import { Lanes } from './lanes.ts';
import { Staging } from './staging.ts';

const READ_LANES = 3;

/** On Linux niceness belongs to a thread; those made later take it from the one that makes them. */
function lowerPriority(nice: number): void {
  const tasks = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [process.pid];
  for (const task of tasks) {
    try {
      os.setPriority(task, nice);
    } catch {
      // The thread has ended, or the system forbids it: slower neighbours, nothing wrong.
    }
  }
}

async function run(options: EngineOptions): Promise<void> {
  lowerPriority(options.nice);
  // The embedded engine takes its time zone from the environment, whatever its configuration says.
  process.env['TZ'] = 'UTC';
  mkdirSync(options.path, { recursive: true, mode: 0o700 });
  const configFile = path.join(options.path, 'engine.xml');
  writeFileSync(configFile, engineConfigXml(options));
  const lanes = new Lanes(path.join(options.path, 'data'), sessionArguments(configFile, options), READ_LANES);
  const staging = new Staging(options.path);
  await staging.clear();
  const { port, token } = options.fixed ?? { port: 0, token: randomBytes(32).toString('base64url') };
  const server = await serveEngine({ lanes, staging, port, token, maxInsertBytes: options.maxInsertBytes });

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    server.refuse();
    await lanes.close();
    server.end();
    await staging.clear();
    process.exit(0);
  };
  process.on('message', (message: { type?: string }) => {
    if (message.type === 'stop') void stop();
  });
  process.on('disconnect', () => void stop());
  // Both go to the whole group, from a terminal or a service manager; the front drains first, and then this one stops.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.send!({ type: 'ready', url: server.url, token, handoverFolder: staging.memoryFolder });
}

run(JSON.parse(process.argv[2] ?? '{}') as EngineOptions).catch((error: unknown) => {
  process.send?.({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.disconnect?.();
  process.exitCode = 1;
});
