/** What retention keeps for backups: from where the last one in a folder ended, until somebody says that there is no next one. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHolds, writeHold } from '../../../platform/log/index.ts';
import { makeBackup, releaseBackup } from '../../../server/copy/index.ts';
import { CopyHolds } from '../../../server/front/copy-holds.ts';
import { clock, damage, SmallLog, temporaryFolder } from './small-log.ts';

const backUp = ({ dataDir, headNo }: SmallLog, to: string) =>
  makeBackup({ dataDir, to, headNo, keys: true, program: '0', clock });

const logOf = ({ dataDir }: SmallLog): string => path.join(dataDir, 'log');

async function heldIn(log: SmallLog): Promise<Record<string, number>> {
  return Object.fromEntries((await readHolds(logOf(log))).map(({ name, of, entryNo }) => [of || name, entryNo]));
}

describe('the log is kept for a backup', () => {
  it('behind its last entry, for each folder', async () => {
    const log = await SmallLog.open();
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    await log.push('a');
    expect((await backUp(log, first)).unheld).toBeNull();
    await log.push('b');
    await backUp(log, second);
    expect(await heldIn(log)).toEqual({ [first]: 1, [second]: 2 });
    await backUp(log, first);
    expect(await heldIn(log)).toEqual({ [first]: 2, [second]: 2 });
    await log.close();
  });

  it('that was broken off, from where it has to go on', async () => {
    const log = await SmallLog.open();
    const to = temporaryFolder();
    const blob = await log.slice('a file that will be damaged');
    const file = path.join(log.dataDir, 'spool', blob.slice(0, 2), blob);
    damage(file);
    await expect(backUp(log, to)).rejects.toMatchObject({ code: 'SPOOL_DAMAGED' });
    expect(await heldIn(log)).toEqual({ [to]: 0 });
    damage(file);
    await backUp(log, to);
    const later = await log.slice('another one');
    damage(path.join(log.dataDir, 'spool', later.slice(0, 2), later));
    await expect(backUp(log, to)).rejects.toMatchObject({ code: 'SPOOL_DAMAGED' });
    expect(await heldIn(log)).toEqual({ [to]: 1 });
    await log.close();
  });

  it('also after a start, which forgets only second copies that are configured no more', async () => {
    const log = await SmallLog.open();
    const to = temporaryFolder();
    await log.push('a');
    await backUp(log, to);
    await writeHold(logOf(log), { name: 'gone', entryNo: 0, of: '' });
    await writeHold(logOf(log), { name: 'east', entryNo: 1, of: '' });
    await new CopyHolds(logOf(log)).open(['east', 'west']);
    expect(await heldIn(log)).toEqual({ [to]: 1, east: 1, west: 0 });
    await log.close();
  });

  it('until it is released, also by the name of a folder that is gone', async () => {
    const log = await SmallLog.open();
    const to = temporaryFolder();
    await log.push('a');
    await backUp(log, to);
    expect(await releaseBackup(log.dataDir, temporaryFolder())).toBe(false);
    fs.rmSync(to, { recursive: true });
    expect(await releaseBackup(log.dataDir, to)).toBe(true);
    expect(await heldIn(log)).toEqual({});
    await log.close();
  });
});

it('a hold that cannot be read holds everything, one that was never finished nothing', async () => {
  const log = await SmallLog.open();
  await writeHold(logOf(log), { name: 'east', entryNo: 5, of: '' });
  fs.writeFileSync(path.join(logOf(log), 'holds', 'east'), '');
  fs.writeFileSync(path.join(logOf(log), 'holds', '.west.0.tmp'), '');
  expect(await heldIn(log)).toEqual({ east: 0 });
  await log.close();
});
