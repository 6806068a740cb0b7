/** Backups and second copies of a log whose segments and received files were archived. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Spool } from '../../../platform/log/index.ts';
import { Follower, LocalSource, makeBackup, restore, verifyCopies } from '../../../server/copy/index.ts';
import { archivePass } from '../../../server/rater/archive-pass.ts';
import { clock, contentOf, SmallLog, temporaryFolder } from './small-log.ts';

async function usage(log: SmallLog, of: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    await log.push(`${of}${i} `.repeat(40));
    if (i % 5 === 0) await log.slice(`file ${of} ${i}`);
  }
}

async function archive({ dataDir, headNo }: SmallLog): Promise<void> {
  const spool = await Spool.open(path.join(dataDir, 'spool'), { owner: false });
  const confirm = (): Promise<void> => Promise.resolve();
  const parts = { logDir: path.join(dataDir, 'log'), spool, confirm, settledNo: headNo, beforeMs: Infinity };
  const done = await archivePass({ ...parts, stopping: () => false });
  await spool.close();
  expect(done.segments).toBeGreaterThan(2);
  expect(done.blobs).toBeGreaterThan(4);
}

const backUp = ({ dataDir, headNo }: SmallLog, to: string) =>
  makeBackup({ dataDir, to, headNo, keys: true, program: '0', clock });

describe('a log with archived segments', () => {
  it('is backed up, and restored as it was before', async () => {
    const log = await SmallLog.open();
    await usage(log, 'a');
    const plain = contentOf(log.dataDir, 'log', 'spool');
    await archive(log);
    const to = path.join(temporaryFolder(), 'backups');
    await backUp(log, to);
    const into = path.join(temporaryFolder(), 'data');
    await restore({ from: to, into, at: undefined, drill: false, clock });
    expect(contentOf(into, 'log', 'spool')).toEqual(plain);
    // What was backed up before it was archived is not copied again.
    await usage(log, 'b');
    await backUp(log, to);
    await archive(log);
    expect((await backUp(log, to)).newParts).toBe(0);
    await log.close();
  });

  it('is followed, and the copy holds plain files', async () => {
    const log = await SmallLog.open();
    await usage(log, 'a');
    const plain = contentOf(log.dataDir, 'log', 'spool');
    await archive(log);
    const to = path.join(temporaryFolder(), 'copy');
    const source = new LocalSource(log.dataDir, log.headNo, 7);
    const follower = new Follower({ source, to, clock, report: () => undefined });
    follower.drain();
    await follower.run();
    expect(contentOf(to, 'log', 'spool')).toEqual(plain);
    expect(await verifyCopies(to)).toMatchObject({ ok: true, lastEntry: log.headNo });
    await log.close();
  });
});
