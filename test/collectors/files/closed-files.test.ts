import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClosedFiles } from '../../../collectors/files/index.ts';
import { FakeIntake, Inbox } from './fake-intake.ts';

let inbox: Inbox;
let intake: FakeIntake;
let files: ClosedFiles;
/** Of our own clock that nobody sets. */
let steadyMs = 0;
const POLL_MS = 100;

/** A look, `ms` after the one before. */
function look(one = files, ms = POLL_MS): Promise<number> {
  steadyMs += ms;
  return one.poll(steadyMs);
}

/** What came before the first of two looks is taken. */
async function looks(one = files): Promise<number> {
  await look(one);
  return look(one);
}

beforeEach(() => {
  inbox = new Inbox();
  intake = new FakeIntake();
  files = new ClosedFiles(inbox.source('closed', '*.csv'), intake);
});
afterEach(() => inbox.remove());

const taken = (): string[] => intake.closed.map(({ name }) => name);

describe('closed files', () => {
  it('are taken when they look the same twice, and not while they are written', async () => {
    inbox.write('a.csv', 'one\n');
    expect(await look()).toBe(1);
    inbox.append('a.csv', 'two\n');
    expect(await look()).toBe(1);
    expect(taken()).toEqual([]);
    expect(await look()).toBe(0);
    expect(intake.closed).toEqual([{ name: 'a.csv', text: 'one\ntwo\n' }]);
  });

  it('are counted until they are in the log, also while a look takes others', async () => {
    for (const name of ['a.csv', 'b.csv', 'c.csv']) inbox.write(name, `${name}\n`);
    await look();
    const untaken = [files.untaken];
    intake.whileReading = () => untaken.push(files.untaken);
    await look();
    expect([...untaken, files.untaken]).toEqual([3, 3, 2, 1, 0]);
  });

  it('are not taken for what a clock says: theirs may be an hour behind, and two looks may follow each other at once', async () => {
    const hourAgo = new Date(Date.now() - 3_600_000);
    inbox.write('a.csv', 'one\n');
    fs.utimesSync(inbox.path('a.csv'), hourAgo, hourAgo);
    expect(await look()).toBe(1);
    expect(await look(files, POLL_MS / 2)).toBe(1);
    expect(taken()).toEqual([]);
    expect(await look(files, POLL_MS / 2)).toBe(0);
    expect(taken()).toEqual(['a.csv']);
  });

  it('that are written to while they are copied are thrown away, and taken when they are quiet again', async () => {
    inbox.write('a.csv', 'one\n');
    await look();
    intake.whileReading = () => {
      inbox.append('a.csv', 'two\n');
      intake.whileReading = () => undefined;
    };
    expect(await look()).toBe(1);
    expect(taken()).toEqual([]);
    expect(await look()).toBe(1);
    expect(await look()).toBe(0);
    expect(intake.closed).toEqual([{ name: 'a.csv', text: 'one\ntwo\n' }]);
  });

  it('that grew behind cached attributes are not taken', async () => {
    inbox.write('a.csv', 'one\n');
    await look();
    const { stat } = fsPromises;
    const cached = await stat(inbox.path('a.csv'));
    inbox.append('a.csv', 'two\n');
    const listing = vi.spyOn(fsPromises, 'stat').mockResolvedValue(cached);
    expect(await look()).toBe(1);
    listing.mockRestore();
    expect(taken()).toEqual([]);
    await looks();
    expect(intake.closed).toEqual([{ name: 'a.csv', text: 'one\ntwo\n' }]);
  });

  it('that are exchanged while they are copied are taken both', async () => {
    inbox.write('a.csv', 'one\n');
    await look();
    intake.whileReading = () => {
      inbox.write('new', 'two and more\n');
      inbox.rename('new', 'a.csv');
      intake.whileReading = () => undefined;
    };
    await look();
    await looks();
    expect(intake.closed.map(({ text }) => text)).toEqual(['one\n', 'two and more\n']);
  });

  it('in a folder that answers with errors are told, and taken when it answers again', async () => {
    inbox.write('a.csv', 'one\n');
    inbox.write('b.csv', 'two\n');
    await look();
    const { stat } = fsPromises;
    const stale = Object.assign(new Error('ESTALE: stale file handle'), { code: 'ESTALE', errno: -116 });
    const listing = vi
      .spyOn(fsPromises, 'stat')
      .mockImplementation((file) => (String(file).endsWith('a.csv') ? Promise.reject(stale) : stat(file)));
    await expect(look()).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', message: /ESTALE/ });
    listing.mockRestore();
    expect(taken()).toEqual(['b.csv']);
    await looks();
    expect(taken()).toEqual(['b.csv', 'a.csv']);
  });

  it('are known by name, size and time alone: a network file system gives other inodes after a mount', async () => {
    const mtime = new Date(1_760_000_000_000);
    inbox.write('a.csv', 'one\n');
    fs.utimesSync(inbox.path('a.csv'), mtime, mtime);
    await looks();
    const { ino } = fs.statSync(inbox.path('a.csv'));
    inbox.write('copy', 'one\n');
    inbox.rename('copy', 'a.csv');
    fs.utimesSync(inbox.path('a.csv'), mtime, mtime);
    expect(fs.statSync(inbox.path('a.csv')).ino).not.toBe(ino);
    await looks();
    expect(taken()).toEqual(['a.csv']);
  });

  it('go to the archive when they are in the log, and not before; after a stop only with the content that was taken', async () => {
    const archive = path.join(inbox.directory, 'archive');
    const source = { ...inbox.source('closed', '*.csv'), archive };
    const mtime = new Date(1_760_000_000_000);
    inbox.write('a.csv', 'one\n');
    fs.utimesSync(inbox.path('a.csv'), mtime, mtime);
    intake.refuseAfter = 0;
    await expect(looks(new ClosedFiles(source, intake))).rejects.toMatchObject({ code: 'STOPPING' });
    expect(fs.existsSync(archive)).toBe(false);
    intake.refuseAfter = Infinity;
    await looks();
    inbox.write('a.csv', 'two\n');
    fs.utimesSync(inbox.path('a.csv'), mtime, mtime);
    await looks(new ClosedFiles(source, intake));
    expect(intake.closed.map(({ text }) => text)).toEqual(['one\n', 'two\n']);
    expect(fs.readFileSync(path.join(archive, 'a.csv'), 'utf8')).toBe('two\n');
  });

  it.each(['archive', 'quarantine'] as const)(
    'written anew while they are taken stay until they are read (%s)',
    async (to) => {
      const folder = path.join(inbox.directory, 'away');
      const files = new ClosedFiles({ ...inbox.source('closed', '*.csv'), [to]: folder }, intake);
      if (to === 'quarantine') intake.hold = () => ({ code: 'FILE_FRAMING_WRONG', detail: 'it has no header' });
      const admit = intake.admitClosed.bind(intake);
      // The same size and time, and another file.
      const mtime = new Date(1_760_000_000_000);
      const write = (text: string): void => {
        fs.rmSync(inbox.path('a.csv'), { force: true });
        inbox.write('a.csv', text);
        fs.utimesSync(inbox.path('a.csv'), mtime, mtime);
      };
      write('one\n');
      intake.admitClosed = async (...file) => {
        const known = await admit(...file);
        intake.admitClosed = admit;
        write('two\n');
        return known;
      };
      await looks(files);
      expect([fs.existsSync(folder), fs.readFileSync(inbox.path('a.csv'), 'utf8')]).toEqual([false, 'two\n']);
      await looks(files);
      expect(intake.closed.map(({ text }) => text)).toEqual(['one\n', 'two\n']);
      expect(fs.readFileSync(path.join(folder, 'a.csv'), 'utf8')).toBe('two\n');
      expect(fs.existsSync(inbox.path('a.csv'))).toBe(false);
    },
  );

  it('are complete when their marker is there, which goes along with them', async () => {
    const source = {
      ...inbox.source('closed', '*'),
      complete: 'marker' as const,
      archive: path.join(inbox.directory, 'archive'),
    };
    const marked = new ClosedFiles(source, intake);
    inbox.write('a.csv', 'one\n');
    expect(await look(marked)).toBe(1);
    expect(await look(marked)).toBe(1);
    inbox.write('a.csv.done', '');
    expect(await look(marked)).toBe(0);
    expect(taken()).toEqual(['a.csv']);
    expect(fs.readdirSync(source.archive).sort()).toEqual(['a.csv', 'a.csv.done']);
  });

  it('refused ones go to quarantine with the reason beside them', async () => {
    const quarantine = path.join(inbox.directory, 'refused');
    const guarded = new ClosedFiles({ ...inbox.source('closed', '*.csv'), quarantine, fileBytesMax: 10 }, intake);
    intake.hold = (name) => (name === 'b.csv' ? { code: 'FILE_FRAMING_WRONG', detail: 'it has no header' } : null);
    inbox.write('a.csv', 'one\n');
    inbox.write('b.csv', 'two\n');
    inbox.write('c.csv', 'more than ten bytes\n');
    await looks(guarded);
    await looks(guarded);
    expect(guarded.refused).toEqual({ 'too large': 1, held: 1 });
    expect(guarded.quarantine.list()).toEqual([
      { name: 'b.csv', code: 'FILE_FRAMING_WRONG', detail: 'it has no header' },
      { name: 'c.csv', code: 'FILE_TOO_LARGE', detail: 'it has 20 bytes, 10 are allowed' },
    ]);
    expect(fs.existsSync(inbox.path('a.csv'))).toBe(true);
    expect(taken()).toEqual(['a.csv', 'b.csv']);
  });

  it('are taken once, in the order of their names, also after a restart', async () => {
    for (const name of ['b.csv', 'a.csv', 'ignored.txt', 'c.csv']) inbox.write(name, name);
    fs.mkdirSync(inbox.path('folder.csv'));
    await looks();
    await looks();
    await looks(new ClosedFiles(inbox.source('closed', '*.csv'), intake));
    expect(taken()).toEqual(['a.csv', 'b.csv', 'c.csv']);
  });

  it('are taken again under the same name when they are other files', async () => {
    inbox.write('daily.csv', 'monday\n');
    await looks();
    inbox.write('daily.csv', 'on tuesday\n');
    await looks();
    expect(intake.closed.map(({ text }) => text)).toEqual(['monday\n', 'on tuesday\n']);
  });

  it('that cannot be read are told, and do not keep others from being taken', async () => {
    inbox.write('a.csv', 'a');
    inbox.write('b.csv', 'b');
    inbox.write('c.csv', 'c');
    const { admitClosed } = intake;
    // Whoever runs as root may read everything: the refusal is played.
    intake.admitClosed = (source, name, filePath, modifiedMs) =>
      name === 'a.csv'
        ? Promise.reject(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', errno: -13 }))
        : admitClosed.call(intake, source, name, filePath, modifiedMs);
    await expect(looks()).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    expect(taken()).toEqual(['b.csv', 'c.csv']);
    intake.admitClosed = admitClosed;
    await looks();
    expect(taken()).toEqual(['b.csv', 'c.csv', 'a.csv']);
  });

  it('wait where they are when the intake refuses', async () => {
    inbox.write('a.csv', 'a');
    inbox.write('b.csv', 'b');
    intake.refuseAfter = 1;
    await expect(looks()).rejects.toMatchObject({ code: 'STOPPING' });
    intake.refuseAfter = Infinity;
    await looks();
    expect(taken()).toEqual(['a.csv', 'b.csv']);
  });

  it('of a folder that is not there are waited for', async () => {
    const source = { ...inbox.source('closed'), directory: inbox.path('later') };
    const waiting = new ClosedFiles(source, intake);
    await expect(looks(waiting)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    fs.mkdirSync(inbox.path('later'));
    inbox.write('later/a.csv', 'a');
    await looks(waiting);
    expect(taken()).toEqual(['a.csv']);
  });
});
