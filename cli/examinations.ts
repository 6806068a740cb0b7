/** What `tollgrid doctor` looks at. Each examination answers; none throws. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import type { Config } from '../platform/config.ts';
import { clearPasswords } from '../platform/config/clear-passwords.ts';
import { findFront } from './client.ts';
import { whyNotListen } from './port.ts';

export interface Finding {
  name: string;
  state: 'good' | 'poor' | 'bad';
  found: string;
  /** What to do when it is not good. */
  cure: string;
}

const GiB = 2 ** 30;
const gib = (bytes: number): string => `${(bytes / GiB).toFixed(1)} GiB`;

export async function examine(config: Config): Promise<Finding[]> {
  return [
    nodeVersion(process.versions.node),
    memory(totalmem()),
    cores(availableParallelism()),
    engine(),
    ...dataDirectory(config.dataDir),
    await port(config),
    ...passwords(config),
    clock(Date.now()),
  ];
}

/** Only where something is wrong. */
function passwords({ sources, outputs, log }: Config): Finding[] {
  const logs = log.kafka === undefined ? [] : [{ name: 'log', kafka: log.kafka }];
  return [...sources, ...outputs, ...logs].flatMap((one) =>
    clearPasswords(one).map((message) => ({
      name: 'passwords',
      state: 'poor' as const,
      found: `PASSWORD_IN_CLEAR: ${one.name}: ${message}`,
      cure: 'Use `tls` (Kafka, FTP) or `mqtts://`: everybody on the way can read it.',
    })),
  );
}

export function nodeVersion(version: string): Finding {
  const [major, minor] = version.split('.').map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'Node.js',
    state: good ? 'good' : 'bad',
    found: version,
    cure: 'Tollgrid needs Node.js 20.19 or newer.',
  };
}

export function memory(bytes: number): Finding {
  return {
    name: 'memory',
    state: bytes >= 2 * GiB ? 'good' : 'poor',
    found: gib(bytes),
    cure: 'Large loads take up to 2 GiB in all processes together; lower the engine memory in the configuration.',
  };
}

export function cores(count: number): Finding {
  return {
    name: 'cores',
    state: count >= 2 ? 'good' : 'poor',
    found: String(count),
    cure: 'With one core, loading and answering share it: expect slow answers while files go through.',
  };
}

/** Looks for the engine's native part without loading it: half a gigabyte. */
function engine(): Finding {
  const cure = 'The embedded engine exists for Linux (glibc) and macOS: run `npm install` there.';
  const here = `${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const manifest = require('chdb/package.json') as { version: string; optionalDependencies: Record<string, string> };
    const parts = Object.keys(manifest.optionalDependencies).filter((name) => name.includes(here));
    const installed = parts.filter((name) => isInstalled(require, name));
    return installed.length > 0
      ? { name: 'engine', state: 'good', found: `chdb ${manifest.version} with ${installed[0]}`, cure }
      : { name: 'engine', state: 'bad', found: `chdb has no part for ${here} here`, cure };
  } catch {
    return { name: 'engine', state: 'bad', found: 'the package chdb is not installed', cure };
  }
}

function isInstalled(require: NodeJS.Require, name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}

function dataDirectory(dataDir: string): Finding[] {
  const cure = 'Check who owns the folder, or set another `dataDir`.';
  // It is made at the first start: until then the folder it will stand in counts.
  let folder = dataDir;
  while (!existsSync(folder) && folder !== path.dirname(folder)) folder = path.dirname(folder);
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const found = `${dataDir}: ${(error as NodeJS.ErrnoException).code}`;
    return [{ name: 'data directory', state: 'bad', found, cure }];
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return [
    { name: 'data directory', state: 'good', found: dataDir, cure },
    {
      name: 'disk',
      state: free >= 5 * GiB ? 'good' : free >= GiB ? 'poor' : 'bad',
      found: `${gib(free)} free`,
      cure: 'Ten million calls take about 3 GiB in log, spool and ledger together. Make room or move `dataDir`.',
    },
  ];
}

async function port(config: Config): Promise<Finding> {
  const { host, port: number } = config.server;
  const cure = 'Stop what listens there, or set another `server.port`.';
  const front = findFront(config.dataDir);
  if (front !== null) return { name: 'port', state: 'good', found: `Tollgrid runs on ${front.url}`, cure };
  const code = await whyNotListen(host, number);
  const found = `${host}:${number}`;
  return code === null
    ? { name: 'port', state: 'good', found: `${found} is free`, cure }
    : { name: 'port', state: 'bad', found: `${found}: ${code}`, cure };
}

/** A clock that stands in the past would stamp batches before the usage in them. */
export function clock(nowMs: number): Finding {
  const good = nowMs > Date.UTC(2026, 0, 1);
  return {
    name: 'clock',
    state: good ? 'good' : 'bad',
    found: new Date(nowMs).toISOString(),
    cure: 'Set the clock of this machine (timedatectl set-ntp true).',
  };
}
