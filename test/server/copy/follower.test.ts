/** A second copy that is kept up: what is in it, what interrupts it, and who may go on with it. */
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lockDataDir } from '../../../platform/lock.ts';
import {
  Follower,
  LocalSource,
  restore,
  verifyCopies,
  type CopySource,
  type FollowerReport,
} from '../../../server/copy/index.ts';
import { clock, contentOf, damage, SmallLog, temporaryFolder } from './small-log.ts';

const PUBLIC = ['log', 'spool', 'statements', 'outputs'];
const wallClock = { now: () => Date.now() };

class Copying {
  readonly source: LocalSource;
  readonly to: string;
  readonly reports: FollowerReport[] = [];
  readonly follower: Follower;
  private readonly running: Promise<void>;

  constructor(log: SmallLog, to: string, wrap: (source: LocalSource) => CopySource = (source) => source, epoch = 7) {
    this.source = new LocalSource(log.dataDir, log.headNo, epoch);
    this.to = to;
    this.follower = new Follower({
      source: wrap(this.source),
      to,
      clock: wallClock,
      report: (report) => this.reports.push(report),
    });
    open.add(this);
    this.running = this.follower.run();
  }

  get last(): FollowerReport {
    return this.reports.at(-1) ?? ({ entryNo: -1 } as FollowerReport);
  }

  async until(condition: (report: FollowerReport) => boolean): Promise<void> {
    for (let i = 0; i < 2000 && !condition(this.last); i++) await new Promise((resolve) => setTimeout(resolve, 5));
    if (!condition(this.last)) throw new Error(`it did not come to that: ${JSON.stringify(this.last)}`);
  }

  async stop(): Promise<void> {
    open.delete(this);
    this.follower.stop();
    await this.running;
  }

  async drain(): Promise<void> {
    open.delete(this);
    this.follower.drain();
    await this.running;
  }
}

const open = new Set<Copying>();
afterEach(async () => {
  for (const copying of [...open]) await copying.stop();
});

async function someUsage(log: SmallLog, count: number, of = 'x'): Promise<void> {
  for (let i = 0; i < count; i++) {
    await log.push(`${of}${i} `.repeat(40));
    if (i % 5 === 0) await log.slice(`file ${of} ${i}`);
  }
}

/** A log whose followers hear of each entry. */
async function shippedLog(): Promise<{ log: SmallLog; to: string; copy: () => Copying }> {
  let copying: Copying | null = null;
  const log = await SmallLog.open(undefined, 4096, (headNo) => copying?.source.setHead(headNo));
  const to = path.join(temporaryFolder(), 'copy');
  return { log, to, copy: () => (copying = new Copying(log, to)) };
}

describe('a second copy', () => {
  it('follows entry by entry and is the same log, byte for byte, across segments', async () => {
    const { log, to, copy } = await shippedLog();
    await someUsage(log, 10);
    log.statement('2026-11-20');
    log.output('lake', 3);
    const copying = copy();
    await someUsage(log, 60, 'later ');
    await copying.until(({ entryNo }) => entryNo === log.headNo);
    expect(fs.readdirSync(path.join(to, 'log')).length).toBeGreaterThan(3);
    await copying.drain();
    expect(contentOf(to, ...PUBLIC)).toEqual(contentOf(log.dataDir, ...PUBLIC));
    expect(Object.keys(contentOf(to, 'keys'))).toEqual(['keys/statements.pub']);
    expect(await verifyCopies(to)).toMatchObject({ ok: true, kind: 'copy', lastEntry: log.headNo });
    await log.close();
  });

  it('has what an entry points at before it has the entry', async () => {
    const log = await SmallLog.open();
    await log.push('first');
    const blob = await log.slice('a received file');
    const to = path.join(temporaryFolder(), 'copy');
    let let_: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (let_ = resolve));
    const copying = new Copying(log, to, (source) => ({
      ...bound(source),
      async *blob(sha256, offset) {
        await held;
        yield* source.blob(sha256, offset);
      },
    }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(copying.last.entryNo).toBe(-1);
    expect(contentOf(to, 'log')).toEqual({});
    let_();
    await copying.until(({ entryNo }) => entryNo === 2);
    expect(fs.existsSync(path.join(to, 'spool', blob.slice(0, 2), blob))).toBe(true);
    await log.close();
  });

  it('goes on in the middle of a received file when fetching it broke off', async () => {
    const log = await SmallLog.open();
    const text = 'a long file '.repeat(200_000);
    await log.slice(text);
    const to = path.join(temporaryFolder(), 'copy');
    const offsets: number[] = [];
    const copying = new Copying(log, to, (source) => ({
      ...bound(source),
      async *blob(sha256, offset) {
        offsets.push(offset);
        for await (const chunk of source.blob(sha256, offset)) {
          yield chunk;
          if (offsets.length < 3) throw new Error('the line broke');
        }
      },
    }));
    await copying.until(({ entryNo }) => entryNo === 1);
    expect(copying.reports.filter(({ failure }) => failure !== null)).toHaveLength(2);
    expect(offsets).toEqual([0, 1024 * 1024, 2 * 1024 * 1024]);
    await copying.drain();
    expect(contentOf(to, 'spool')).toEqual(contentOf(log.dataDir, 'spool'));
    await log.close();
  });

  it('takes no bytes that are not what was written, and says so until they are', async () => {
    const log = await SmallLog.open();
    await log.push('first');
    const blob = await log.slice('a received file');
    const file = path.join(log.dataDir, 'spool', blob.slice(0, 2), blob);
    damage(file);
    const to = path.join(temporaryFolder(), 'copy');
    let flips = 1;
    const copying = new Copying(log, to, (source) => ({
      ...bound(source),
      async next(afterNo, waitMs) {
        const answer = await source.next(afterNo, waitMs);
        if (answer.run !== null && flips-- > 0) answer.run.bytes[100]! ^= 1;
        return answer;
      },
    }));
    await copying.until(({ failure }) => failure?.code === 'SPOOL_DAMAGED');
    expect(copying.reports[0]!.failure).toMatchObject({ code: 'COPY_DAMAGED' });
    expect(contentOf(to, 'log')).toEqual({});
    damage(file);
    await copying.until(({ entryNo, failure }) => entryNo === 2 && failure === null);
    await copying.stop();
    expect(contentOf(to, 'log', 'spool')).toEqual(contentOf(log.dataDir, 'log', 'spool'));
    await log.close();
  });

  it('cuts what a crash of its writer left half written, and copies it again', async () => {
    const { log, to, copy } = await shippedLog();
    await someUsage(log, 30);
    await copy().drain();
    const segments = fs.readdirSync(path.join(to, 'log')).sort();
    const last = path.join(to, 'log', segments.at(-1)!);
    const before = contentOf(log.dataDir, ...PUBLIC);
    for (const cut of [1, 30, 100]) {
      fs.truncateSync(last, Math.max(0, fs.statSync(last).size - cut));
      const copying = copy();
      await copying.drain();
      expect(copying.last).toMatchObject({ entryNo: log.headNo, failure: null });
      expect(contentOf(to, ...PUBLIC)).toEqual(before);
    }
    await log.close();
  });

  it('of another history, or in a folder of something else, is left as it is', async () => {
    const { log, to, copy } = await shippedLog();
    await someUsage(log, 6);
    await copy().drain();
    const before = contentOf(to, ...PUBLIC);
    const shorter = await SmallLog.open();
    await shorter.push('x0 '.repeat(40));
    const ahead = new Copying(shorter, to);
    await ahead.until(({ failure }) => failure?.code === 'COPY_DIVERGED');
    await ahead.stop();
    await someUsage(shorter, 20, 'y');
    const other = new Copying(shorter, to);
    await other.until(({ failure }) => failure?.code === 'COPY_DIVERGED');
    await other.stop();
    expect(contentOf(to, ...PUBLIC)).toEqual(before);
    const foreign = new Copying(log, shorter.dataDir);
    await foreign.until(({ failure }) => failure?.code === 'COPY_FOLDER_FOREIGN');
    await foreign.stop();
    await log.close();
    await shorter.close();
  });

  it('needs every entry from the first on, and says when the log does not hold the next one any more', async () => {
    const log = await SmallLog.open();
    await someUsage(log, 70);
    const to = path.join(temporaryFolder(), 'copy');
    await new Copying(log, to).drain();
    for (const name of fs.readdirSync(path.join(to, 'log')).sort().slice(2)) fs.rmSync(path.join(to, 'log', name));
    await log.retire(2);
    // The copy holds exactly what the log has no more, and goes on.
    const goesOn = new Copying(log, to);
    await goesOn.until(({ entryNo }) => entryNo === log.headNo);
    await goesOn.stop();
    expect(await verifyCopies(to)).toMatchObject({ ok: true, lastEntry: log.headNo });
    const late = new Copying(log, path.join(temporaryFolder(), 'late'));
    await late.until(({ failure }) => failure?.code === 'COPY_BEHIND');
    await late.stop();
    await log.close();
  });
});

describe('restoring from a second copy', () => {
  it('gives all that was acknowledged, cuts a torn end, and tells by number what is not there', async () => {
    const { log, to, copy } = await shippedLog();
    await someUsage(log, 20);
    const copying = copy();
    await copying.until(({ entryNo }) => entryNo === log.headNo);
    const copied = log.headNo;
    log.output('data_lake', copied - 1);
    // Heard of, and never fetched: the process dies in between.
    const dying = new Copying(log, to, (source) => ({
      ...bound(source),
      next: async () => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        return { run: null, headNo: copied + 3, epoch: 7 };
      },
    }));
    await copying.stop();
    await dying.until(({ headNo }) => headNo === copied + 3);
    await dying.stop();
    const last = path.join(to, 'log', fs.readdirSync(path.join(to, 'log')).sort().at(-1)!);
    fs.appendFileSync(last, 'TGL1 the beginning of an entry');
    const into = path.join(temporaryFolder(), 'data');
    const restored = await restore({ from: to, into, drill: false, clock });
    expect(restored).toMatchObject({
      kind: 'copy',
      lastEntry: copied,
      missing: { from: copied + 1, to: copied + 3 },
      leftOut: ['keys/statements.key'],
      epoch: 1_000_000,
      fenced: true,
    });
    expect(contentOf(into, ...PUBLIC)).toEqual(contentOf(log.dataDir, ...PUBLIC));
    await log.close();
  });

  it('finds a copy that lost entries or received files, and names them', async () => {
    const { log, to, copy } = await shippedLog();
    await someUsage(log, 20);
    const blob = await log.slice('a received file');
    await log.push('last');
    await copy().drain();
    const again = (): Promise<unknown> =>
      restore({ from: to, into: path.join(temporaryFolder(), 'data'), drill: true, clock });
    await again();
    const file = path.join(to, 'spool', blob.slice(0, 2), blob);
    damage(file);
    await expect(again()).rejects.toMatchObject({
      code: 'COPY_DAMAGED',
      details: { problems: [expect.stringContaining(blob)] },
    });
    expect((await verifyCopies(to)).problems).toEqual([expect.stringContaining(blob)]);
    fs.rmSync(file);
    await expect(again()).rejects.toMatchObject({
      code: 'COPY_DAMAGED',
      details: { problems: [expect.stringContaining(`entry ${log.headNo - 1} needs it`)] },
    });
    fs.cpSync(path.join(log.dataDir, 'spool'), path.join(to, 'spool'), { recursive: true });
    const segments = fs.readdirSync(path.join(to, 'log')).sort();
    damage(path.join(to, 'log', segments[1]!));
    await expect(again()).rejects.toMatchObject({ code: 'COPY_DAMAGED' });
    expect((await verifyCopies(to)).problems[0]).toContain(segments[1]!);
    damage(path.join(to, 'log', segments[1]!));
    fs.rmSync(path.join(to, 'log', segments.at(-1)!));
    await expect(again()).rejects.toMatchObject({
      details: { problems: [expect.stringMatching(new RegExp(`ends with entry .* instead of ${log.headNo}`))] },
    });
    await log.close();
  });

  it('is refused while the original still writes to it, and keeps the original from it afterwards', async () => {
    const { log, to, copy } = await shippedLog();
    await someUsage(log, 6);
    const copying = copy();
    await copying.until(({ entryNo }) => entryNo === log.headNo);
    const into = path.join(temporaryFolder(), 'data');
    await expect(restore({ from: to, into, drill: false, clock })).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED' });
    const drilled = path.join(temporaryFolder(), 'drill');
    await restore({ from: to, into: drilled, drill: true, clock });
    await copying.stop();
    expect(fs.existsSync(path.join(to, 'fenced.json'))).toBe(false);
    const { epoch } = await restore({ from: to, into, drill: false, clock });

    const replaced = copy();
    await log.push('of the one that was replaced');
    await replaced.until(({ failure }) => failure?.code === 'COPY_FENCED');
    await replaced.stop();
    expect((await verifyCopies(to)).lastEntry).toBe(log.headNo - 1);

    const lock = await lockDataDir(into);
    expect(lock.epoch).toBe(epoch + 1);
    const next = await SmallLog.open(path.dirname(into));
    await next.push('of the one that goes on');
    const goesOn = new Copying(next, to, undefined, lock.epoch);
    await goesOn.until(({ entryNo, failure }) => entryNo === next.headNo && failure === null);
    await goesOn.stop();
    expect(contentOf(to, 'log')).toEqual(contentOf(into, 'log'));
    await lock.release();

    // Restored a second time, the first one is the one that is out of date.
    const second = await restore({ from: to, into: path.join(temporaryFolder(), 'data'), drill: false, clock });
    expect(second.epoch).toBe(2_000_000);
    const outOfDate = new Copying(next, to, undefined, lock.epoch);
    await outOfDate.until(({ failure }) => failure?.code === 'COPY_FENCED');
    await outOfDate.stop();
    await log.close();
    await next.close();
  });
});

/** The source as an object whose methods can be replaced. */
function bound(source: LocalSource): CopySource {
  return {
    next: (afterNo, waitMs) => source.next(afterNo, waitMs),
    blob: (sha256, offset) => source.blob(sha256, offset),
    files: () => source.files(),
    file: (name) => source.file(name),
    interrupt: () => source.interrupt(),
    close: () => source.close(),
  };
}
