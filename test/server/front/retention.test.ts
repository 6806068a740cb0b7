/** Segments go to the archive and the oldest are let go; everything that can still be told is told as before. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditCheck } from '../../../schemas/api/audit.ts';
import { connectLedger } from '../../../ledger/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { makeBackup, type BackupMade } from '../../../server/copy/index.ts';
import { System } from './system.ts';

const LIMIT_MS = 600_000;
const MIB = 1024 * 1024;

/** Some 2 kB that hardly compress. */
const padding = (text: string): string =>
  Array.from({ length: 48 }, (_, i) => createHash('sha256').update(`${text}-${i}`).digest('base64')).join('');

let folder: string;
let system: System;

async function start(retention: Record<string, number> = { bytes: MIB }): Promise<void> {
  system = await System.start({ folder, log: { segmentBytesMax: MIB, retention } });
}

async function restart(): Promise<void> {
  await system.stop();
  await start();
  await system.processed();
}

/** Calls of one customer; the padding makes the log long. */
async function push(batch: string, calls: number): Promise<number> {
  const events = Array.from({ length: calls }, (_, i) =>
    Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id: `${batch}-${i}`,
        source: '/test',
        type: 'tollgrid.usage.voice',
        time: `2026-10-15T10:${String(i % 60).padStart(2, '0')}:00Z`,
        data: { account: 'hotel-rooms', to: '380441234567', durationMs: 61_000 + i, padding: padding(`${batch}-${i}`) },
      }),
    ),
  );
  const { entryNo } = await system.services.pushUsage({ source: 'http', events, requestSha256: batch });
  await system.processed(entryNo);
  return entryNo;
}

function backUp(): Promise<BackupMade> {
  const { logHead } = system.services.status();
  const to = path.join(folder, 'backups');
  return makeBackup({
    ...{ dataDir: path.join(folder, 'data'), to, headNo: logHead, keys: true, program: '0', clock: systemClock },
  });
}

const failed = async (): Promise<AuditCheck[] | unknown[]> =>
  (await system.services.verify()).checks.filter(({ ok }) => !ok);

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-retention-'));
  await start();
}, LIMIT_MS);

afterAll(async () => {
  await system.remove();
}, LIMIT_MS);

describe('closed segments', () => {
  it(
    'are archived when it is asked for, and nothing else changes',
    async () => {
      await backUp();
      for (const batch of ['a', 'b', 'c', 'd', 'e']) await push(batch, 200);
      const totals = await system.totals();
      expect(totals['received']).toBe(1000);
      const rows = await system.export();
      const done = await system.services.archive({ all: true });
      expect(done).toMatchObject({ removedSegments: 0 });
      expect(done.archivedSegments).toBeGreaterThan(0);
      expect(done.sizeBytes).toBeGreaterThan(done.archivedBytes);

      const report = await system.services.logReport();
      expect(report).toMatchObject({ firstEntry: 1, removed: null });
      expect(report.segments.filter(({ archived }) => archived)).toHaveLength(done.archivedSegments);
      expect(report.segments.at(-1)!.archived).toBe(false);
      expect(await failed()).toEqual([]);
      await system.services.rebuild({});
      expect(await system.export()).toBe(rows);
      expect(await system.totals()).toEqual(totals);
    },
    LIMIT_MS,
  );

  it(
    'are kept for a backup that has not got so far, also after a start',
    async () => {
      await system.services.archive({ all: true });
      for (const batch of ['f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n']) await push(batch, 200);
      await restart();
      await system.services.archive({ all: true });
      const { firstEntry, lastEntry, holds } = await system.services.logReport();
      expect(firstEntry).toBe(1);
      expect(holds).toMatchObject([{ of: path.join(folder, 'backups') }]);
      expect(holds[0]!.entry).toBeLessThan(lastEntry);
      await backUp();
    },
    LIMIT_MS,
  );

  it(
    'are let go when enough lies behind them: a mark says so, and what is kept is whole',
    async () => {
      const old = (await system.charges()).reduce((a, b) => (b.postedEntry < a.postedEntry ? b : a));
      const before = await system.export();
      // Some may be gone before, by the look that the rater takes by itself after a minute.
      await system.services.archive({ all: true });
      const report = await system.services.logReport();
      expect(report.firstEntry).toBeGreaterThan(1);
      expect(report.removed!.sealedEntry).toBeGreaterThanOrEqual(report.firstEntry - 1);
      expect((await backUp()).manifest.firstEntry).toBe(1);
      expect(await failed()).toEqual([]);
      expect((await system.services.verify()).checks.map(({ name }) => name)).toContain(
        'ledger: rows of removed entries as they were sealed',
      );
      expect(await system.export()).toBe(before);
      expect((await system.audit()).closes).toBe(true);
      await expect(system.services.explainCharge(old.id)).rejects.toMatchObject({ code: 'LOG_ENTRY_RETIRED' });
      const last = (await system.charges()).reduce((a, b) => (b.postedEntry > a.postedEntry ? b : a));
      expect((await system.services.explainCharge(last.id))!.steps.length).toBeGreaterThan(3);
    },
    LIMIT_MS,
  );
});

describe('after entries were let go', () => {
  it(
    'a rebuild begins behind them and comes to the same rows',
    async () => {
      const before = await system.export();
      await system.services.rebuild({});
      expect(await system.export()).toBe(before);
      expect(await failed()).toEqual([]);
      expect((await system.audit()).closes).toBe(true);
    },
    LIMIT_MS,
  );

  it(
    'a start without checkpoints, registry and journal of writes remembers what was before: duplicates, customers',
    async () => {
      const before = await system.export();
      await system.stop();
      for (const name of ['rater', 'front', 'registry', 'registry.clean']) {
        fs.rmSync(path.join(folder, 'data', name), { recursive: true });
      }
      await start();
      await system.processed();
      expect(await system.export()).toBe(before);
      expect(await system.services.account('A-1002')).not.toBeNull();
      const duplicates = (await system.totals())['duplicate'] ?? 0;
      await push('a', 10);
      expect((await system.totals())['duplicate']).toBe(duplicates + 10);
      expect(await failed()).toEqual([]);
      await restart();
      expect(await failed()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'a first segment that is removed by hand is missed',
    async () => {
      const data = path.join(folder, 'data');
      const [first] = (await system.services.logReport()).segments;
      const name = `${String(first!.firstEntry).padStart(16, '0')}.log.gz`;
      const file = path.join(data, 'log', 'archive', name);
      fs.renameSync(file, path.join(folder, name));
      expect(JSON.stringify(await failed())).toContain('no retention took it');
      await system.stop();
      await expect(start()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
      fs.renameSync(path.join(folder, name), file);
      await start();
      expect(await failed()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'sealed rows that are lost are told, and nothing is computed over them',
    async () => {
      const client = connectLedger(system.front.ledgerAddress());
      const oldest = 'posted_entry = (SELECT min(posted_entry) FROM charges)';
      await client.command({ query: `ALTER TABLE charges DELETE WHERE ${oldest} SETTINGS mutations_sync = 2` });
      await client.close();
      expect(JSON.stringify(await failed())).toMatch(/rows were sealed/);
      await expect(system.services.rebuild({})).rejects.toMatchObject({ code: 'RATER_ENDED' });
      const reasons = system.services.status().reasons.join();
      expect(reasons).toMatch(/LEDGER_BEYOND_RETENTION|the rater is down|replays/);
    },
    LIMIT_MS,
  );
});
