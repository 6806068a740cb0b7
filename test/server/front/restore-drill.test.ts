/** The drill of docs/operating/backup.md: mixed use, backups on the way, the machine lost, everything brought back. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Restored } from '../../../server/index.ts';
import { ended, runTollgrid } from './command-line.ts';
import { System, townFiles } from './system.ts';

const MINUTES = 60_000;

let root: string;
let backups: string;
let second: string;
let system: System;
let expected: { hash: string; totals: Record<string, number>; head: number };
let halfway: { hash: string; name: string };

beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-drill-'));
  backups = path.join(root, 'backups');
  second = path.join(root, 'second');
  fs.mkdirSync(path.join(root, 'original'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** The command on the configuration of a folder; its answer. */
async function tollgrid<T>(folder: string, ...args: string[]): Promise<T> {
  const config = path.join(folder, 'tollgrid.yaml');
  const { code, out, err } = await ended(runTollgrid(...args, '--config', config, '--json'), 2 * MINUTES);
  if (code !== 0) throw new Error(`tollgrid ${args.join(' ')}: exit code ${code}\n${err}`);
  return JSON.parse(out) as T;
}

/** Only the configuration is brought along. */
function emptyMachine(folder: string): string {
  fs.mkdirSync(folder);
  const config = JSON.parse(fs.readFileSync(path.join(root, 'original', 'tollgrid.yaml'), 'utf8')) as object;
  const file = path.join(folder, 'tollgrid.yaml');
  fs.writeFileSync(file, JSON.stringify({ ...config, dataDir: path.join(folder, 'data'), shipping: {} }));
  return file;
}

async function push(count: number, from: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) =>
    Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id: `drill-${from + i}`,
        source: '/drill',
        type: 'tollgrid.usage.voice',
        time: '2026-10-14T10:00:00Z',
        data: { account: 'hotel-rooms', to: '380671234567', durationMs: 1000 * (60 + i) },
      }),
    ),
  );
  await system.services.pushUsage({ source: 'http', events, requestSha256: String(from).padStart(64, '0') });
}

async function outcomeOf(one: System): Promise<typeof expected> {
  return { hash: await one.exportHash(), totals: await one.totals(), head: one.services.status().logHead };
}

describe('the restore drill', () => {
  it(
    'takes backups of a running system, the second one only of what is new',
    async () => {
      system = await System.start({ folder: path.join(root, 'original'), shipping: { to: second } });
      const files = townFiles();
      const half = Math.ceil(files.length / 2);
      for (const { source, name, format, bytes } of files.slice(0, half))
        await system.feed(source, name, format, bytes);
      await push(50, 0);
      await system.processed();
      const first = await tollgrid<{ name: string; newBytes: number; lastEntry: number; secrets: string[] }>(
        system.folder,
        ...['backup', '--to', backups],
      );
      halfway = { hash: await system.exportHash(), name: first.name };
      expect(first.lastEntry).toBe(system.services.status().logHead);
      expect(system.services.status().lastBackup).toMatchObject({ name: first.name, lastEntry: first.lastEntry });

      for (const { source, name, format, bytes } of files.slice(half)) await system.feed(source, name, format, bytes);
      await push(50, 50);
      await system.settle('2026-10');
      await system.services.recycle({ by: 'test' });
      await system.processed();
      const next = await tollgrid<typeof first & { bytes: number; newParts: number }>(
        system.folder,
        ...['backup', '--to', backups],
      );
      expect(next.newBytes).toBe(next.bytes - first.newBytes);
      expect(next.lastEntry).toBe(system.services.status().logHead);
      expected = await outcomeOf(system);
      expect((await system.audit()).closes).toBe(true);
      expect(expected.hash).not.toBe(halfway.hash);
      await system.stop();
    },
    4 * MINUTES,
  );

  it(
    'brings everything back from the last backup into an empty directory',
    async () => {
      fs.renameSync(path.join(root, 'original', 'data'), path.join(root, 'lost'));
      const folder = path.join(root, 'from-backup');
      emptyMachine(folder);
      const restored = await tollgrid<Restored>(folder, 'restore', '--from', backups);
      expect(restored).toMatchObject({ kind: 'backup', lastEntry: expected.head, missing: null, leftOut: [] });
      const again = await System.start({ folder });
      try {
        await again.processed();
        expect(await outcomeOf(again)).toEqual(expected);
        expect((await again.audit()).closes).toBe(true);
        expect((await again.services.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
      } finally {
        await again.remove();
      }
    },
    4 * MINUTES,
  );

  it(
    'brings back the state of an earlier backup, to be looked at only',
    async () => {
      const folder = path.join(root, 'earlier');
      const file = emptyMachine(folder);
      await tollgrid(folder, 'restore', '--from', backups, '--at', halfway.name, '--drill');
      const refused = await ended(runTollgrid('start', '--config', file));
      expect([refused.code, refused.err]).toEqual([3, expect.stringContaining('DATA_DIR_DRILL')]);
      expect((await tollgrid<{ sha256: string }>(folder, 'export')).sha256).toBe(halfway.hash);
    },
    4 * MINUTES,
  );

  it(
    'brings everything back from the second copy, and keeps the original from going on',
    async () => {
      const folder = path.join(root, 'from-copy');
      emptyMachine(folder);
      const restored = await tollgrid<Restored>(folder, 'restore', '--from', second);
      // An orderly stop copies what is left.
      expect(restored).toMatchObject({ kind: 'copy', lastEntry: expected.head, missing: null, fenced: true });
      const again = await System.start({ folder, shipping: { to: second } });
      try {
        await again.processed();
        expect(await outcomeOf(again)).toEqual(expected);
        expect((await again.audit()).closes).toBe(true);
        const [copy] = again.services.status().copies;
        expect(copy).toMatchObject({ name: 'directory', copiedEntry: expected.head, missingEntries: 0, missingMs: 0 });
      } finally {
        await again.remove();
      }
      fs.renameSync(path.join(root, 'lost'), path.join(root, 'original', 'data'));
      const original = await ended(runTollgrid('start', '--config', path.join(root, 'original', 'tollgrid.yaml')));
      expect([original.code, original.err]).toEqual([3, expect.stringContaining('COPY_FENCED')]);
    },
    4 * MINUTES,
  );
});
