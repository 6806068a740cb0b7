/**
 * PGlite in a folder of the data directory. It does not sync to disk, so it is kept only when it was closed in order since
 * the machine started, otherwise made anew.
 */
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely } from 'kysely';
import { leaveMark, takeMark } from './clean-mark.ts';
import { appliedIn, migrate, type RegistryDatabase } from './database.ts';
import { keepImage, restoreImage } from './empty-image.ts';
import { oneConnection, type Connection } from './one-connection.ts';
import type { Database } from './rows.ts';
import type { RegistryTables } from './tables.ts';

export interface EmbeddedOptions {
  dataDir: string;
  /** Make the database anew even when it was closed in order. */
  rebuild: boolean;
  /** Tells one start of the machine from the next. */
  bootId: string;
}

/** One user and a small database: a tenth of the default buffers saves 130 MB of memory and costs nothing measurable. */
const START_PARAMS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB', '-c', 'wal_buffers=1MB'];

export async function openEmbedded({ dataDir, rebuild, bootId }: EmbeddedOptions): Promise<RegistryDatabase> {
  const folder = path.join(dataDir, 'registry');
  const markPath = path.join(dataDir, 'registry.clean');
  await mkdir(dataDir, { recursive: true });
  const mark = takeMark(markPath);
  const kept = !rebuild && mark?.bootId === bootId ? await openKept(folder, mark.appliedEntry) : null;
  const { client, db } = kept ?? (await openEmpty(folder, path.join(dataDir, 'registry.empty')));
  return {
    db,
    fresh: kept === null,
    close: async (appliedEntry) => {
      await client.close();
      if (appliedEntry !== null) leaveMark(markPath, { bootId, appliedEntry });
    },
  };
}

interface Opened {
  client: PGlite;
  db: Database;
}

async function openKept(folder: string, appliedEntry: number): Promise<Opened | null> {
  const opened = await openDatabase(folder).catch(() => null);
  if (opened === null || (await appliedIn(opened.db)) === appliedEntry) return opened;
  await opened.client.close();
  return null;
}

/** An empty database: from the image of one, or else made anew and kept as an image. */
async function openEmpty(folder: string, image: string): Promise<Opened> {
  rmSync(folder, { recursive: true, force: true });
  if (await restoreImage(image, folder)) {
    const opened = await openKept(folder, 0);
    if (opened !== null) return opened;
  }
  // Damaged, or of another version of PostgreSQL.
  rmSync(image, { force: true });
  rmSync(folder, { recursive: true, force: true });
  const { client } = await openDatabase(folder);
  await client.close();
  // Without it the next one is made anew too: that costs seconds, and is no reason not to start.
  await keepImage(folder, image).catch(() => undefined);
  return openDatabase(folder);
}

async function openDatabase(folder: string): Promise<Opened> {
  const client = await PGlite.create({ dataDir: folder, startParams: START_PARAMS });
  try {
    const connection: Connection = { query: (text, parameters) => client.query(text, [...parameters]) };
    const db = new Kysely<RegistryTables>({ dialect: oneConnection(async () => connection) });
    await migrate(db);
    return { client, db };
  } catch (error) {
    await client.close();
    throw error;
  }
}
