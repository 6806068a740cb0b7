/** Backups of a small log: what is in them, what is new in the next one, and what restoring makes of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../../platform/paths.ts';
import {
  listBackups,
  makeBackup,
  pruneBackups,
  refuseUnfit,
  restore,
  verifyCopies,
  type BackupMade,
} from '../../../server/copy/index.ts';
import { clock, contentOf, damage, SmallLog, temporaryFolder } from './small-log.ts';

const WHOLE = ['log', 'spool', 'statements', 'keys', 'outputs'];

function backUp(log: SmallLog, to: string, keys = true): Promise<BackupMade> {
  return makeBackup({ dataDir: log.dataDir, to, headNo: log.headNo, keys, program: '0', clock });
}

function restoreInto(from: string, into: string, at?: string) {
  return restore({ from, into, at, drill: false, clock });
}

async function someUsage(log: SmallLog, count: number, of = 'x'): Promise<void> {
  for (let i = 0; i < count; i++) {
    await log.push(`${of}${i} `.repeat(40));
    if (i % 5 === 0) await log.slice(`file ${of} ${i}`);
  }
}

describe('a backup', () => {
  it('restores to the same files, byte for byte', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 60);
    log.statement('2026-11-20');
    const to = path.join(temporaryFolder(), 'backups');
    const { manifest } = await backUp(log, to);
    expect(manifest).toMatchObject({ firstEntry: 1, lastEntry: 72, epoch: 7, leftOut: [] });
    expect(manifest.segments.length).toBeGreaterThan(3);
    const into = path.join(temporaryFolder(), 'data');
    const restored = await restoreInto(to, into);
    expect(contentOf(into, ...WHOLE)).toEqual(contentOf(log.dataDir, ...WHOLE));
    expect(restored).toMatchObject({
      firstEntry: 1,
      lastEntry: 72,
      chain: manifest.chain,
      spoolFiles: 12,
      missing: null,
    });
    expect(fs.readFileSync(path.join(into, 'epoch'), 'utf8')).toBe('1000000\n');
    await refuseUnfit(into, true);
    await log.close();
  });

  it('adds only what is new, and each generation stays what it was', async () => {
    const log = await SmallLog.open();
    const to = path.join(temporaryFolder(), 'backups');
    const states: Record<string, string>[] = [];
    const names: string[] = [];
    for (let generation = 0; generation < 4; generation++) {
      const before = log.headNo;
      await someUsage(log, 12, `g${generation} `);
      log.statement(`2026-11-0${generation + 1}`);
      log.output(`lake-${generation}`, before);
      const logBytes = Object.entries(contentOf(log.dataDir, 'log')).reduce((sum, [, text]) => sum + text.length, 0);
      const oldBytes = Object.values(states.at(-1) ?? {}).reduce((sum, text) => sum + text.length, 0);
      const { manifest, newBytes, newParts } = await backUp(log, to);
      states.push(contentOf(log.dataDir, ...WHOLE));
      names.push(manifest.name);
      const all = Object.values(states.at(-1)!).reduce((sum, text) => sum + text.length, 0);
      expect(newBytes).toBe(all - oldBytes);
      expect(logBytes).toBeGreaterThan(0);
      expect(manifest.lastEntry).toBe(before + 15);
      expect(newParts).toBeLessThan(12);
    }
    const idle = await backUp(log, to);
    expect([idle.newParts, idle.newBytes]).toEqual([0, 0]);
    for (const [index, name] of names.entries()) {
      const into = path.join(temporaryFolder(), 'data');
      await restoreInto(to, into, name);
      expect(contentOf(into, ...WHOLE)).toEqual(states[index]);
    }
    await log.close();
  });

  it('is taken beside a writer: it holds whole entries up to the one named, and what these point at', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 20);
    const to = path.join(temporaryFolder(), 'backups');
    const writing = someUsage(log, 300, 'later ');
    for (let i = 0; i < 5; i++) {
      const { manifest } = await backUp(log, to);
      const into = path.join(temporaryFolder(), 'data');
      expect((await restoreInto(to, into)).lastEntry).toBe(manifest.lastEntry);
    }
    await writing;
    await log.close();
  });

  it('can leave the signing key out, and says so', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 3);
    const to = path.join(temporaryFolder(), 'backups');
    expect((await backUp(log, to, false)).manifest.leftOut).toEqual(['keys/statements.key']);
    const into = path.join(temporaryFolder(), 'data');
    expect((await restoreInto(to, into)).leftOut).toEqual(['keys/statements.key']);
    expect(Object.keys(contentOf(into, 'keys'))).toEqual(['keys/statements.pub']);
    expect(JSON.stringify(contentOf(to, 'parts'))).not.toContain('the secret');
    await log.close();
  });

  it('is readable by its owner only', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 6);
    const to = path.join(temporaryFolder(), 'backups');
    await backUp(log, to);
    const modes = fs
      .readdirSync(to, { recursive: true, encoding: 'utf8' })
      .map((name) => fs.statSync(path.join(to, name)).mode & 0o077);
    expect(new Set(modes)).toEqual(new Set([0]));
    await log.close();
  });

  it('of another log, of an older state of it, or into a folder of something else, is refused', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 5);
    const to = path.join(temporaryFolder(), 'backups');
    await backUp(log, to);
    const other = await SmallLog.open();
    await someUsage(other, 9, 'other');
    await expect(backUp(other, to)).rejects.toMatchObject({ code: 'COPY_DIVERGED' });
    await expect(
      makeBackup({ dataDir: log.dataDir, to, headNo: 3, keys: true, program: '0', clock }),
    ).rejects.toMatchObject({ code: 'COPY_DIVERGED' });
    await expect(backUp(log, other.dataDir)).rejects.toMatchObject({ code: 'BACKUP_FOLDER_FOREIGN' });
    await log.close();
    await other.close();
  });

  it('of damaged bytes is refused, and the damage named', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 4);
    const blob = await log.slice('a file that will be damaged');
    const to = path.join(temporaryFolder(), 'backups');
    const file = path.join(log.dataDir, 'spool', blob.slice(0, 2), blob);
    const sound = fs.readFileSync(file);
    damage(file);
    await expect(backUp(log, to)).rejects.toMatchObject({ code: 'SPOOL_DAMAGED' });
    fs.rmSync(file);
    await expect(backUp(log, to)).rejects.toMatchObject({ code: 'SPOOL_BLOB_MISSING' });
    fs.writeFileSync(file, sound);
    const segment = path.join(log.dataDir, 'log', '0000000000000001.log');
    damage(segment);
    await expect(backUp(log, to)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
    damage(segment);
    expect((await backUp(log, to)).manifest.lastEntry).toBe(log.headNo);
    expect(await listBackups(to)).toHaveLength(1);
    await log.close();
  });
});

describe('a backup of a log that retention takes the beginning from', () => {
  it('keeps what the log has no more, and cannot be begun too late', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 60);
    const to = path.join(temporaryFolder(), 'backups');
    await backUp(log, to);
    const whole = contentOf(log.dataDir, 'log');
    const retired = await log.retire(2);
    await someUsage(log, 20, 'later ');
    expect((await backUp(log, to)).manifest).toMatchObject({ firstEntry: 1, lastEntry: log.headNo });
    const into = path.join(temporaryFolder(), 'data');
    await restoreInto(to, into);
    const restored = contentOf(into, 'log');
    for (const name of retired) expect(restored[`log/${name}`]).toBe(whole[`log/${name}`]);
    // The mark of what is missing stays where something is missing.
    const { 'log/retained.json': _mark, ...kept } = contentOf(log.dataDir, 'log');
    expect(restored).toMatchObject(kept);
    expect(restored).not.toHaveProperty(['log/retained.json']);
    await expect(backUp(log, path.join(temporaryFolder(), 'late'))).rejects.toMatchObject({ code: 'COPY_BEHIND' });
    await log.close();
  });
});

describe('a damaged backup', () => {
  async function twoBackups(): Promise<{ log: SmallLog; to: string; blob: string }> {
    const log = await SmallLog.open();
    await someUsage(log, 20);
    const blob = await log.slice('a received file');
    const to = path.join(temporaryFolder(), 'backups');
    await backUp(log, to);
    await someUsage(log, 20, 'more');
    await backUp(log, to);
    await log.close();
    return { log, to, blob };
  }

  it('is found and named part by part, is not restored, and is mended by the next backup when the part is deleted', async () => {
    const { log, to, blob } = await twoBackups();
    expect(await verifyCopies(to)).toMatchObject({ ok: true, kind: 'backup', backups: 2, problems: [] });
    const [first, second] = await listBackups(to);
    const piece = first!.manifest!.segments[0]!.pieces[0]!.sha256;
    const parts = [blob, piece].map((sha256) => path.join(to, 'parts', sha256.slice(0, 2), sha256));
    for (const part of parts) damage(part);
    const { ok, problems } = await verifyCopies(to);
    expect(ok).toBe(false);
    expect(problems.sort()).toEqual(
      [
        `parts/${blob.slice(0, 2)}/${blob} is not what was written: the received file ${blob} of the spool, in ${first!.name}, ${second!.name}`,
        `parts/${piece.slice(0, 2)}/${piece} is not what was written: entries 1 to ${first!.manifest!.segments[0]!.lastEntry} of the log, in ${first!.name}, ${second!.name}`,
      ].sort(),
    );
    const into = path.join(temporaryFolder(), 'data');
    await expect(restoreInto(to, into)).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      details: { problems: [expect.stringContaining(piece), expect.stringContaining(blob)] },
    });
    expect(fs.readdirSync(into)).toEqual([]);
    for (const part of parts) fs.rmSync(part);
    expect((await verifyCopies(to)).problems).toHaveLength(2);
    const again = await SmallLog.open(path.dirname(log.dataDir));
    expect((await backUp(again, to)).newParts).toBe(2);
    expect(await verifyCopies(to)).toMatchObject({ ok: true, backups: 3 });
    await restoreInto(to, into);
    expect(contentOf(into, ...WHOLE)).toEqual(contentOf(log.dataDir, ...WHOLE));
    await again.close();
  });

  it('whose manifest was changed is named, and those before can be restored', async () => {
    const { to } = await twoBackups();
    const [first, second] = await listBackups(to);
    const file = path.join(to, 'manifests', `${second!.name}.json`);
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"lastEntry":', '"lastEntry": '));
    expect((await verifyCopies(to)).ok).toBe(true);
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"epoch":7', '"epoch":8'));
    expect((await verifyCopies(to)).problems).toEqual([`${file} does not have the checksum it states`]);
    const into = path.join(temporaryFolder(), 'data');
    await expect(restoreInto(to, into)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    await restoreInto(to, into, first!.name);
    await expect(pruneBackups(to, 1)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(await listBackups(to)).toHaveLength(2);
  });
});

describe('generations', () => {
  it('are pruned with the parts that no other needs', async () => {
    const log = await SmallLog.open();
    const to = path.join(temporaryFolder(), 'backups');
    for (let i = 0; i < 4; i++) {
      await someUsage(log, 10, `g${i}`);
      await backUp(log, to);
    }
    const names = (await listBackups(to)).map(({ name }) => name);
    // Nothing of an append-only log is needed by old backups only, so a part that is not is planted.
    fs.mkdirSync(path.join(to, 'parts', 'ab'), { recursive: true });
    fs.writeFileSync(path.join(to, 'parts', 'ab', 'ab'.repeat(32)), 'of a backup that was broken off');
    expect(await pruneBackups(to, 2)).toEqual({
      kept: names.slice(2),
      removed: names.slice(0, 2),
      removedParts: 1,
      removedBytes: 31,
    });
    expect((await listBackups(to)).map(({ name }) => name)).toEqual(names.slice(2));
    expect(await verifyCopies(to)).toMatchObject({ ok: true, backups: 2 });
    expect((await backUp(log, to)).manifest.name.slice(0, 6)).toBe('000005');
    await log.close();
  });
});

describe('restoring', () => {
  it('touches no directory that holds anything, and leaves none half made that could be started', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 5);
    const to = path.join(temporaryFolder(), 'backups');
    await backUp(log, to);
    const before = contentOf(log.dataDir, ...WHOLE);
    await expect(restoreInto(to, log.dataDir)).rejects.toMatchObject({ code: 'RESTORE_TARGET_USED' });
    expect(contentOf(log.dataDir, ...WHOLE)).toEqual(before);
    const half = temporaryFolder();
    fs.writeFileSync(path.join(half, 'restoring'), '{}');
    await expect(refuseUnfit(half, false)).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
    await expect(restoreInto(to, half)).rejects.toMatchObject({ code: 'RESTORE_TARGET_USED' });
    await expect(restoreInto(temporaryFolder(), path.join(temporaryFolder(), 'x'))).rejects.toMatchObject({
      code: 'BACKUP_UNKNOWN',
    });
    await log.close();
  });

  it('for a drill makes a directory that cannot be started to serve', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 5);
    const to = path.join(temporaryFolder(), 'backups');
    await backUp(log, to);
    const into = path.join(temporaryFolder(), 'data');
    await restore({ from: to, into, drill: true, clock });
    await refuseUnfit(into, false);
    await expect(refuseUnfit(into, true)).rejects.toMatchObject({ code: 'DATA_DIR_DRILL' });
    await log.close();
  });
});

describe('a backup that is killed', () => {
  it('at any moment leaves those before it whole, and does not hinder the next', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 10);
    const to = path.join(temporaryFolder(), 'backups');
    await backUp(log, to);
    let killed = 0;
    for (let round = 0; round < 6; round++) {
      await someUsage(log, 40, `r${round} `);
      const wish = { dataDir: log.dataDir, to, headNo: log.headNo, keys: true, program: '0' };
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', path.join(projectRoot, 'test/server/copy/backup-child.ts'), JSON.stringify(wish)],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      // It says when it begins; the sync of its parts takes some milliseconds each.
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 3 + 9 * round));
      if (child.kill('SIGKILL')) killed += 1;
      await once(child, 'close');
      expect((await verifyCopies(to)).problems).toEqual([]);
    }
    expect(killed).toBeGreaterThan(2);
    const { manifest } = await backUp(log, to);
    const into = path.join(temporaryFolder(), 'data');
    expect((await restoreInto(to, into)).lastEntry).toBe(manifest.lastEntry);
    expect(contentOf(into, ...WHOLE)).toEqual(contentOf(log.dataDir, ...WHOLE));
    await log.close();
  });
});
