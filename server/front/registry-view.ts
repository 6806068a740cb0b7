/** The registry on its way to where the log is: opened, whole objects put in from the extract, rolled forward behind it. */
import { TollgridError } from '../../platform/errors.ts';
import type { LogReader } from '../../platform/log/index.ts';
import { openRegistry, type Registry } from '../../registry/index.ts';
import type { ReferenceTrail } from '../rater/index.ts';
import { changesOf, numberedChangesOf } from './reference-entries.ts';

export class RegistryView {
  private readonly dataDir: string;
  private readonly reader: LogReader;
  /** Open, and perhaps behind the log. */
  private opened: Registry | null = null;
  private ready = false;

  constructor(dataDir: string, reader: LogReader) {
    this.dataDir = dataDir;
    this.reader = reader;
  }

  async open(trail: ReferenceTrail): Promise<void> {
    const registry = await openRegistry({ dataDir: this.dataDir });
    this.opened = registry;
    await registry.restore(changesOf(trail.extracted()), trail.extractedNo);
    await registry.roll(numberedChangesOf(trail.behind(this.reader, registry.applied())));
    this.ready = true;
  }

  /** Error: STARTING until it has been rolled forward. */
  get registry(): Registry {
    if (this.opened !== null && this.ready) return this.opened;
    throw new TollgridError('STARTING', 'The registry is being made from the log.', { retryAfterSeconds: 2 });
  }

  async close(): Promise<void> {
    await this.opened?.close();
  }
}
