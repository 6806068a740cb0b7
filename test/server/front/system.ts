/** A whole Tollgrid on a folder of its own: real processes, real engine; closed after the test. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { loadConfig } from '../../../platform/config.ts';
import { projectRoot } from '../../../platform/paths.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { ChargeItem } from '../../../schemas/api/charges.ts';
import { startFront, type Front } from '../../../server/index.ts';

export const TOWN = path.join(projectRoot, 'examples', 'town');

export interface SystemOptions {
  folder?: string;
  threads?: number;
  sliceBytesMax?: number;
  sources?: unknown[];
  writeRowsMax?: number;
  diskReserveBytes?: number;
  registry?: string[];
  shipping?: Record<string, unknown>;
  apiKeysFile?: string;
  /** Keys of `log` in the configuration. */
  log?: Record<string, unknown>;
  /** Sections `registry` and `ledger` of the configuration. */
  servers?: { registry?: Record<string, unknown>; ledger?: Record<string, unknown> };
  /** Instead of the town's. */
  definitions?: Record<string, unknown>;
}

export class System {
  readonly folder: string;
  readonly front: Front;

  private constructor(folder: string, front: Front) {
    this.folder = folder;
    this.front = front;
  }

  /** The town's definitions and customers; usage comes from the test. */
  static async start(options: SystemOptions = {}): Promise<System> {
    const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-test-'));
    const config = loadConfig({ path: writeConfig(folder, options), env: {} });
    return new System(folder, await startFront({ config, temporary: false }));
  }

  get services(): Front['services'] {
    return this.front.services;
  }

  /** Feeds bytes as a file; resolves when they stand in the ledger. */
  async feed(source: string, name: string, format: string, content: string | Uint8Array): Promise<void> {
    const stream = Readable.from([Buffer.from(content)], { objectMode: false });
    const { lastEntry } = await this.services.ingestFile({ source, name, format, stream });
    await this.processed(lastEntry);
  }

  async processed(entryNo = this.services.status().logHead): Promise<void> {
    const { processed } = await this.services.waitUntilProcessed(entryNo, 150_000);
    if (!processed) throw new Error(`entry ${entryNo} was not processed in time`);
  }

  async audit(): Promise<AuditReport> {
    return this.services.audit({ wait: true });
  }

  /** All dispositions that are not zero. */
  async totals(): Promise<Record<string, number>> {
    const { total } = await this.audit();
    return Object.fromEntries(Object.entries(total).filter(([, count]) => count !== 0));
  }

  async charges(account?: string): Promise<ChargeItem[]> {
    const items: ChargeItem[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.services.charges({ account, limit: 1000, cursor });
      items.push(...page.items);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return items;
  }

  async export(): Promise<string> {
    const parts: Buffer[] = [];
    for await (const part of await this.services.canonicalExport()) parts.push(part as Buffer);
    return Buffer.concat(parts).toString('utf8');
  }

  /** SHA-256 of the canonical export, for ledgers too large for one string. */
  async exportHash(): Promise<string> {
    const hash = createHash('sha256');
    for await (const part of await this.services.canonicalExport()) hash.update(part as Buffer);
    return hash.digest('hex');
  }

  /** kill -9. */
  kill(...roles: string[]): void {
    for (const { role, pid } of this.services.status().children) {
      if (pid !== null && roles.includes(role)) process.kill(pid, 'SIGKILL');
    }
  }

  async settle(period: string): Promise<void> {
    await this.processed((await this.services.settle({ period, by: 'test' })).entry);
  }

  async stop(): Promise<void> {
    await this.front.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The configuration file of a system in that folder. */
export function writeConfig(folder: string, options: SystemOptions): string {
  const file = path.join(folder, 'tollgrid.yaml');
  const values = {
    dataDir: path.join(folder, 'data'),
    server: { port: 0, ...(options.apiKeysFile !== undefined && { apiKeysFile: options.apiKeysFile }) },
    rater: {
      threads: options.threads ?? 1,
      sliceBytesMax: options.sliceBytesMax ?? 24 * 1024 * 1024,
      slicesAheadMax: 3,
      writeRowsMax: options.writeRowsMax ?? 200_000,
      niceLevel: 0,
    },
    engine: { niceLevel: 0 },
    intake: options.diskReserveBytes === undefined ? {} : { diskReserveBytes: options.diskReserveBytes },
    duplicates: { windowMonths: 120 },
    logging: { level: 'silent' },
    definitions: options.definitions ?? {
      tariffs: [path.join(TOWN, 'tariffs')],
      guiding: path.join(TOWN, 'guiding.yaml'),
      registry: options.registry ?? [path.join(TOWN, 'registry.yaml')],
    },
    sources: options.sources ?? [],
    shipping: options.shipping ?? {},
    log: options.log ?? {},
    ...options.servers,
  };
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(values));
  return file;
}

/** Files of the town's inbox: source, name, format, bytes. */
export function townFiles(): { source: string; name: string; format: string; bytes: Buffer }[] {
  const formats: Record<string, string> = {
    exchange: 'exchange',
    'hotel-pbx': 'freeswitch-csv',
    meters: 'meter-register-csv',
    intervals: 'meter-interval-csv',
    water: 'meter-register-csv',
    'clinic-pbx': 'asterisk-csv',
    adsl: 'radius-detail',
  };
  return Object.entries(formats).flatMap(([source, format]) => {
    const folder = path.join(TOWN, 'inbox', source);
    return fs
      .readdirSync(folder)
      .map((name) => ({ source, name, format, bytes: fs.readFileSync(path.join(folder, name)) }));
  });
}
