/** `node-rdkafka` is compiled for the Node that runs it, on demand: a Tollgrid without Kafka needs no compiler. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { TollgridError } from '../errors.ts';

export type Kafka = typeof import('node-rdkafka');

const require = createRequire(import.meta.url);
export const addonFolder = path.dirname(require.resolve('node-rdkafka/package.json'));
const stampFile = path.join(addonFolder, 'build', '.tollgrid-built');

/** What the addon has to be compiled for. */
export function wantedStamp(): string {
  const { version } = require('node-rdkafka/package.json') as { version: string };
  return `${version} for Node ABI ${process.versions.modules} on ${process.platform} ${process.arch}\n`;
}

export function isAddonBuilt(wanted = wantedStamp()): boolean {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted;
}

let loaded: Kafka | null = null;

/** Error: KAFKA_ADDON_MISSING. */
export function loadKafka(wanted = wantedStamp()): Kafka {
  if (loaded !== null) return loaded;
  if (!isAddonBuilt(wanted))
    throw new TollgridError('KAFKA_ADDON_MISSING', 'The Kafka client is not compiled for this Node.js.');
  try {
    return (loaded = require('node-rdkafka') as Kafka);
  } catch (error) {
    throw new TollgridError('KAFKA_ADDON_MISSING', `The Kafka client cannot be loaded: ${(error as Error).message}`);
  }
}
