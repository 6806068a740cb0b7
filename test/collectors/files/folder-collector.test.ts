import fsPromises from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderCollector } from '../../../collectors/files/index.ts';
import { Patience } from '../../../collectors/files/patience.ts';
import { FakeSurroundings, until } from '../support.ts';
import { FakeIntake, Inbox } from './fake-intake.ts';

let inbox: Inbox;
let intake: FakeIntake;
let surroundings: FakeSurroundings;
let running: FolderCollector[];

beforeEach(() => {
  inbox = new Inbox();
  intake = new FakeIntake();
  surroundings = new FakeSurroundings();
  running = [];
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(running.map((one) => one.stop()));
  inbox.remove();
});

async function start(mode: 'closed' | 'growing', longestMs: number): Promise<FolderCollector> {
  const source = { ...inbox.source(mode, '*.csv'), pollMs: 50 };
  const patience = new Patience(source.directory, longestMs);
  const collector = new FolderCollector(source, intake, surroundings, patience, 50);
  running.push(collector);
  await collector.start();
  return collector;
}

describe.each(['closed', 'growing'] as const)('a folder of %s files', (mode) => {
  const taken = (): string[] => (mode === 'closed' ? intake.closed.map(({ text }) => text) : intake.texts);

  it('that does not answer is in trouble, is asked nothing more, and goes on by itself when it answers', async () => {
    inbox.write('a.csv', 'one\n');
    const { readdir } = fsPromises;
    let comeBack!: () => void;
    const away = new Promise<void>((resolve) => (comeBack = resolve));
    const asked = vi.spyOn(fsPromises, 'readdir').mockImplementation((async (directory: string) => {
      await away;
      return readdir(directory);
    }) as unknown as typeof readdir);
    const collector = await start(mode, 100);
    await until(() => surroundings.warnings.length >= 3);
    expect(collector.status()).toMatchObject({
      state: 'waiting',
      detail: expect.stringContaining('SOURCE_UNREADABLE') as string,
    });
    expect(collector.status().detail).toContain('does not answer');
    await expect(collector.test()).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(asked).toHaveBeenCalledTimes(1);
    comeBack();
    await until(() => taken().length === 1);
    await until(() => collector.status().state === 'taking');
    expect(taken()).toEqual(['one\n']);
  });

  it('that does not answer can be stopped', async () => {
    vi.spyOn(fsPromises, 'readdir').mockReturnValue(new Promise(() => undefined));
    const collector = await start(mode, 3_600_000);
    await collector.stop();
    expect(surroundings.warnings).toEqual([]);
  });

  it('whose file system fails and comes back goes on by itself', async () => {
    inbox.write('a.csv', 'one\n');
    const { stat } = fsPromises;
    const failing = ['ESTALE', 'EIO'].map((code) => Object.assign(new Error(code), { code, errno: -1 }));
    const failed = vi.spyOn(fsPromises, 'stat').mockImplementation((file) => {
      const error = failing.shift();
      return error === undefined ? stat(file) : Promise.reject(error);
    });
    await start(mode, 3_600_000);
    await until(() => taken().length === 1);
    expect(surroundings.warnings).toEqual(['SOURCE_UNREADABLE', 'SOURCE_UNREADABLE']);
    expect(failed).toHaveBeenCalled();
  });
});
