/** A second copy beside real processes under load: it never holds them up, and is all that is left of a lost machine. */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../platform/clock.ts';
import type { TollgridError } from '../../../platform/errors.ts';
import { LogReader } from '../../../platform/log/index.ts';
import type { AuditReport } from '../../../schemas/api/audit.ts';
import type { FileItem } from '../../../schemas/api/files.ts';
import type { CopyStatus, Status } from '../../../schemas/api/operation.ts';
import { restore, verifyCopies } from '../../../server/copy/index.ts';
import { exported, Load } from '../../crash/lab/load.ts';
import { Installation, pause } from '../../crash/lab/installation.ts';
import { Random } from '../../crash/random.ts';
import { contentOf } from '../copy/small-log.ts';
import { ended, runTollgrid } from './command-line.ts';

const MINUTES = 60_000;
const seed = Number(process.env['TOLLGRID_TEST_SEED'] ?? randomBytes(3).readUIntBE(0, 3));

let root: string;
let second: string;
let original: Installation;
let load: Load;
const secrets: Record<string, string> = {};

/** Keys as an operator would make them. */
function writeKeys(keys: Record<string, string[]>): string {
  const list = Object.entries(keys).map(([id, scopes]) => {
    secrets[id] = randomBytes(32).toString('base64url');
    fs.writeFileSync(path.join(root, id), `tg_${id}_${secrets[id]}\n`);
    return { id, sha256: createHash('sha256').update(secrets[id]).digest('hex'), scopes };
  });
  const file = path.join(root, 'keys.yaml');
  fs.writeFileSync(file, JSON.stringify(list));
  return file;
}

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-second-'));
  second = path.join(root, 'second');
  original = new Installation({ folder: path.join(root, 'original') });
  const apiKeysFile = writeKeys({ east: ['copies:read'], auditor: ['audit:read'] });
  const shipping = { to: second, followers: ['east'] };
  original.prepare({ more: { shipping, server: { port: 0, apiKeysFile } } });
  await original.start();
  load = new Load(original, new Random(seed));
  await load.each();
}, 4 * MINUTES);
afterAll(async () => {
  original.killAll();
  await original.gone();
  fs.rmSync(root, { recursive: true, force: true });
});

async function status(): Promise<Status> {
  return original.api.get('/v1/status');
}

async function copy(name: string): Promise<CopyStatus> {
  return (await status()).copies.find((one) => one.name === name)!;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const startedMs = performance.now(); !(await condition()); await pause(20)) {
    if (performance.now() - startedMs > 2.5 * MINUTES) throw new Error(`seed ${seed}: it did not come to that`);
  }
}

/** Of the process that copies to the folder. */
function shipperPid(): number {
  const found = fs.readdirSync('/proc').filter((name) => {
    try {
      const parent = fs
        .readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[1];
      return (
        Number(parent) === original.pid && fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('/shipping/main')
      );
    } catch {
      return false;
    }
  });
  return Number(found[0]);
}

describe('a second copy in a folder', () => {
  it('does not hold intake up when its disk hangs, says what is missing, and catches up', async () => {
    await until(async () => (await copy('directory')).missingEntries === 0);
    const pid = shipperPid();
    process.kill(pid, 'SIGSTOP');
    const before = (await status()).logHead;
    for (let i = 0; i < 5; i++) await load.burst(4);
    const { logHead, copies } = await status();
    expect(logHead).toBeGreaterThan(before + 5);
    const behind = copies.find(({ name }) => name === 'directory')!;
    expect(behind.copiedEntry).toBeLessThanOrEqual(before);
    expect(behind.missingEntries).toBe(logHead - behind.copiedEntry!);
    expect(behind.missingMs).toBeGreaterThan(0);
    const metrics = await fetch(`${original.api.url}/metrics`, { headers: { authorization: `Bearer ${operator()}` } });
    const [, lag] = /tollgrid_copy_lag_entries\{copy="directory"\} (\d+)\n/.exec(await metrics.text())!;
    expect(Number(lag)).toBeGreaterThanOrEqual(behind.missingEntries);
    process.kill(pid, 'SIGCONT');
    await until(async () => (await copy('directory')).missingEntries === 0);
    expect(await copy('directory')).toMatchObject({ up: true, missingMs: 0, failure: null });
  });

  it('is kept up by a new process when the one that copies is killed', async () => {
    process.kill(shipperPid(), 'SIGKILL');
    await load.burst(4);
    await until(async () => (await copy('directory')).missingEntries === 0);
  });
});

function operator(): string {
  return (JSON.parse(fs.readFileSync(path.join(original.dataDir, 'run', 'front.json'), 'utf8')) as { token: string })
    .token;
}

describe('a second copy on another machine', () => {
  const follow = (into: string, key: string, ...more: string[]) =>
    runTollgrid(
      'follow',
      '--from',
      original.api.url,
      '--into',
      into,
      '--name',
      'east',
      '--key-file',
      path.join(root, key),
      ...more,
    );

  it(
    'is fetched with a key that may, goes on after a kill -9, and is the same',
    async () => {
      const into = path.join(root, 'east-copy');
      expect(await copy('east')).toMatchObject({ kind: 'follower', up: false, copiedEntry: null });
      const refused = await ended(follow(path.join(root, 'nothing'), 'auditor', '--once'));
      expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('SCOPE_MISSING')]);
      const first = follow(into, 'east');
      const firstEnd = ended(first);
      await until(async () => ((await copy('east')).copiedEntry ?? 0) > 0);
      await load.burst(4);
      first.kill('SIGKILL');
      await firstEnd;
      await load.burst(4);
      expect((await copy('east')).missingEntries).toBeGreaterThan(0);
      const whole = await ended(follow(into, 'east', '--once', '--json'));
      expect([whole.code, whole.err]).toEqual([0, expect.not.stringContaining('Error')]);
      const { logHead } = await status();
      expect(JSON.parse(whole.out)).toMatchObject({ entryNo: logHead, headNo: logHead, failure: null });
      expect(await copy('east')).toMatchObject({ up: true, copiedEntry: logHead, missingEntries: 0, missingMs: 0 });
      expect(contentOf(into, 'log', 'spool')).toEqual(withoutOwn(contentOf(original.dataDir, 'log', 'spool')));
      expect(await verifyCopies(into)).toMatchObject({ ok: true, lastEntry: logHead });
    },
    5 * MINUTES,
  );
});

/** What is in the log's folder and no part of the log. */
function withoutOwn(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !/^log\/holds\/|^spool\/tmp\//.test(name)));
}

/** Cuts a log behind an entry. */
async function cutAfter(dataDir: string, entryNo: number): Promise<void> {
  const reader = new LogReader(path.join(dataDir, 'log'));
  const entry = await reader.entry(entryNo);
  const { segment, offset } = entry.position;
  const end = offset + (await entry.bytes()).length;
  await reader.close();
  for (const name of fs.readdirSync(reader.dir).filter((one) => one.endsWith('.log'))) {
    const firstNo = Number(name.slice(0, 16));
    if (firstNo === segment) fs.truncateSync(path.join(reader.dir, name), end);
    if (firstNo > segment) fs.rmSync(path.join(reader.dir, name));
  }
}

/** Export and audit of what stands in a data directory. */
async function outcomeOf(folder: string): Promise<{ hash: string; closes: boolean }> {
  const installation = new Installation({ folder });
  installation.prepare();
  await installation.start();
  // A file that the end of the log cut is taken to its end first.
  await until(
    async () =>
      (await installation.api.get<{ items: FileItem[] }>('/v1/files', { state: 'taking' })).items.length === 0,
  );
  const { closes }: AuditReport = await installation.api.get('/v1/audit', { wait: true });
  const hash = createHash('sha256')
    .update(await exported(installation))
    .digest('hex');
  await installation.stop();
  return { hash, closes };
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if ((error as TollgridError).code !== 'DATA_DIR_LOCKED' || tries > 100) throw error;
      await pause(100);
    }
  }
}

describe('a machine that is lost under load', () => {
  it(
    'comes back from its second copy up to the entry that was acknowledged; only the end is missing, told by number',
    async () => {
      let lost = false;
      const samples: CopyStatus[] = [];
      const working = (async () => {
        while (!lost) await load.burst(12).catch(() => undefined);
      })();
      const sampling = (async () => {
        while (!lost) {
          await copy('directory').then(
            (one) => samples.push(one),
            () => undefined,
          );
          await pause(10);
        }
      })();
      await pause(1500 + new Random(seed).below(2500));
      while (samples.length < 5) await pause(10);
      // What was heard before the kill was acknowledged before it.
      const acknowledged = samples.at(-1)!.copiedEntry!;
      original.killAll();
      lost = true;
      await original.gone();
      await Promise.all([working, sampling]);

      const kept = path.join(root, 'as-of', 'data');
      fs.mkdirSync(path.dirname(kept));
      fs.renameSync(original.dataDir, kept);
      const folder = path.join(root, 'restored');
      fs.mkdirSync(folder);
      const into = path.join(folder, 'data');
      // The process that wrote to it was killed as well, and may take a moment to be gone.
      const restored = await patiently(() => restore({ from: second, into, drill: false, clock: systemClock }));

      const reader = new LogReader(path.join(kept, 'log'));
      let headNo = 0;
      for await (const { entryNo } of reader.readHeads()) headNo = entryNo;
      const sameChain = Buffer.from((await reader.entry(restored.lastEntry)).chain).toString('hex');
      await reader.close();
      const missing = samples.map(({ missingEntries }) => missingEntries).sort((a, b) => a - b);
      const ages = samples.map(({ missingMs }) => missingMs ?? 0).sort((a, b) => a - b);
      process.stdout.write(
        `seed ${seed}: ${headNo} entries, ${headNo - restored.lastEntry} not copied at the kill; ` +
          `while it ran at most ${missing.at(-1)} (median ${missing[missing.length >> 1]}), ` +
          `the oldest for at most ${ages.at(-1)} ms (median ${ages[ages.length >> 1]} ms)\n`,
      );
      expect(restored.lastEntry).toBeGreaterThanOrEqual(acknowledged);
      expect(restored.lastEntry).toBeLessThanOrEqual(headNo);
      expect(restored.chain).toBe(sameChain);
      if (restored.missing !== null) {
        expect(restored.missing.from).toBe(restored.lastEntry + 1);
        expect(restored.missing.to).toBeLessThanOrEqual(headNo);
      }
      expect(samples.length).toBeGreaterThan(10);

      await cutAfter(kept, restored.lastEntry);
      for (const view of ['engine', 'ledger', 'rater', 'registry', 'registry.clean', 'front']) {
        fs.rmSync(path.join(kept, view), { recursive: true, force: true });
      }
      const asOf = await outcomeOf(path.dirname(kept));
      expect(await outcomeOf(folder)).toEqual({ ...asOf, closes: true });
    },
    8 * MINUTES,
  );
});
