/** Where the life of tariffs meets the front: its log, its reference data, and the way to the rater. */
import { rm } from 'node:fs/promises';
import { tableBytes } from '../../rating/index.ts';
import { toTollgridError } from '../../platform/errors.ts';
import type { PublicationHead } from '../../schemas/log-entries.ts';
import { baseReference, compiledFolder, writeCompiled } from '../rater/index.ts';
import type { FrontParts } from './front.ts';
import type { ApplyPublication } from './publisher.ts';
import type { TariffFacts } from './tariff-history.ts';
import { TariffPublisher } from './tariff-publisher.ts';
import type { PreparedTariff } from './workshop/work.ts';

/** Of the table of prefixes: smaller ones the rater compiles itself in no time. */
const HANDED_OVER_BYTES_MIN = 1024 * 1024;

export async function openTariffs(front: FrontParts, apply: ApplyPublication): Promise<TariffPublisher> {
  const { config, intake, state, workshop, reader, logger } = front;
  const folder = compiledFolder(config.dataDir);
  // What the one before handed over nobody needs any more.
  await rm(folder, { recursive: true, force: true });
  // That a compiled tariff is there saves time, and is no condition.
  const handOver = async ({ sha256, parts }: PreparedTariff): Promise<void> => {
    if (tableBytes(parts) < HANDED_OVER_BYTES_MIN) return;
    await writeCompiled(folder, sha256, parts).catch((error: unknown) =>
      logger.warn({ err: error }, 'a compiled tariff cannot be handed to the rater, which compiles it again'),
    );
  };
  const bodyOf = async (facts: TariffFacts): Promise<Uint8Array> => {
    try {
      return await (await reader.entry(facts.entryNo)).body();
    } catch (error) {
      // What holds was kept when retention removed its entry; older revisions were not.
      const kept = toTollgridError(error).code === 'LOG_ENTRY_RETIRED' ? await keptBody(config.dataDir, facts) : null;
      if (kept === null) throw error;
      return kept;
    }
  };
  return new TariffPublisher({ intake, state, workshop, apply, bodyOf, handOver });
}

async function keptBody(dataDir: string, { name, sha256 }: TariffFacts): Promise<Uint8Array | null> {
  const base = await baseReference(dataDir);
  if (base === null) return null;
  for await (const { head, body } of base.trail.extracted()) {
    const publication = head as Partial<PublicationHead>;
    if (publication.kind === 'tariff' && publication.name === name && publication.sha256 === sha256) return body;
  }
  return null;
}
