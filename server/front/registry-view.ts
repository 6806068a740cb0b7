/** The registry on its way to where the log is, and kept there: in the data directory, or on the server of the configuration. */
import { readFileSync } from 'node:fs';
import type { Config } from '../../platform/config.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { LogReader } from '../../platform/log/index.ts';
import type { Logger } from '../../platform/logger.ts';
import { openRegistry, type LoggedRegistry, type Registry, type RegistryServer } from '../../registry/index.ts';
import type { ReferenceTrail } from '../rater/index.ts';
import { changesOf, numberedChangesOf } from './reference-entries.ts';

/** A server that starts with the machine is there by then; who is asked for a new start in vain is told why. */
const PATIENCE_MS = 30_000;

export class RegistryView {
  private readonly config: Config;
  private readonly reader: LogReader;
  private readonly log: Logger;
  private opening: Promise<Registry> | null = null;
  /** Null until it is where the log is. */
  private opened: Registry | null = null;
  private closing = false;

  constructor(config: Config, reader: LogReader, log: Logger) {
    this.config = config;
    this.reader = reader;
    this.log = log;
  }

  async open(trail: ReferenceTrail): Promise<void> {
    const { reader } = this;
    const stopping = (): void => {
      if (this.closing) throw new TollgridError('STOPPING', 'Tollgrid is stopping.');
    };
    const logged: LoggedRegistry = {
      get lastNo() {
        return trail.lastNo;
      },
      get extractedNo() {
        return trail.extractedNo;
      },
      extracted: () => changesOf(trail.extracted()),
      behind: async function* (entryNo) {
        for await (const entry of numberedChangesOf(trail.behind(reader, entryNo))) {
          stopping();
          yield entry;
        }
      },
    };
    let warned = false;
    const server = serverOf(this.config);
    this.opening = openRegistry({
      dataDir: this.config.dataDir,
      logged,
      ...(server !== undefined && { server }),
      waiting: (error, waitedMs) => {
        stopping();
        if (waitedMs > PATIENCE_MS) throw error;
        if (!warned) this.log.warn({ code: error.code }, `${error.message}; it is waited for`);
        warned = true;
      },
    });
    this.opened = await this.opening;
  }

  /** Error: STARTING until it has been rolled forward. */
  get registry(): Registry {
    if (this.opened !== null) return this.opened;
    throw new TollgridError('STARTING', 'The registry is being made from the log.', { retryAfterSeconds: 2 });
  }

  async close(): Promise<void> {
    this.closing = true;
    await (await this.opening?.catch(() => null))?.close();
  }
}

function serverOf({ registry, secrets }: Config): RegistryServer | undefined {
  const { url, user, tls, caFile } = registry;
  if (url === undefined) return undefined;
  return {
    url,
    ...(user !== undefined && { user }),
    ...(secrets.registryPassword !== undefined && { password: secrets.registryPassword }),
    ...(tls && { tls: caFile === undefined ? {} : { ca: readAuthority(caFile) } }),
  };
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new TollgridError('REGISTRY_UNAVAILABLE', `registry.caFile cannot be read: ${(error as Error).message}`);
  }
}
