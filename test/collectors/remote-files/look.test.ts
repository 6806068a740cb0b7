import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Incoming, isPlainName } from '../../../collectors/remote-files/index.ts';
import { RemoteLook, type LookResult, type RemoteSource } from '../../../collectors/remote-files/look.ts';
import { FakeIntake } from '../files/fake-intake.ts';
import { FakeServer } from './fake-server.ts';

const SOURCE: RemoteSource = {
  ...{ name: 'far', format: 'lines', pattern: '*.csv', complete: 'quiet', markerSuffix: '.done' },
  ...{ directory: '/out', everySeconds: 1, taken: 'leave', movedTo: '/out/done' },
  ...{ fileBytesMax: 100, filesPerLook: 3, namesMax: 50 },
};

let folder: string;
let server: FakeServer;
let intake: FakeIntake;
let told: string[];
/** Of our own clock that nobody sets. */
let steadyMs = 0;
let looking: { look: RemoteLook; incoming: Incoming };

async function begin(source: Partial<RemoteSource> = {}, boot = 'boot-1'): Promise<void> {
  const incoming = new Incoming(path.join(folder, 'far'), boot);
  await incoming.open();
  const surroundings = { now: () => 5_000_000, warn: (code: string) => told.push(code) };
  looking = { look: new RemoteLook({ ...SOURCE, ...source }, intake, incoming, surroundings), incoming };
}

async function look(times = 1, afterMs = 1000): Promise<LookResult> {
  let result!: LookResult;
  for (let i = 0; i < times; i++) {
    steadyMs += afterMs;
    result = await looking.look.look(await server.connect(), steadyMs);
  }
  return result;
}

const taken = (): string[] => intake.closed.map(({ name, text }) => `${name}: ${text}`);
const parts = (): string[] => fs.readdirSync(path.join(folder, 'far'), { recursive: true }).map(String);

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-look-'));
  server = new FakeServer();
  intake = new FakeIntake();
  told = [];
  await begin();
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('a look at a server', () => {
  it('takes what looks the same twice, once, and leaves it', async () => {
    server.write('/out/a.csv', 'one\n');
    expect(await look()).toMatchObject({ waiting: 1, taken: 0 });
    server.write('/out/a.csv', 'one\ntwo\n', 2000);
    expect(await look()).toMatchObject({ waiting: 1, taken: 0 });
    expect(await look()).toMatchObject({ waiting: 0, taken: 1, trouble: null });
    await look(2);
    await begin();
    await look(2);
    expect(taken()).toEqual(['a.csv: one\ntwo\n']);
    expect(server.names('/out')).toEqual(['a.csv']);
    expect(parts().filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('takes a renamed file at once, and one with a marker when that is there', async () => {
    await begin({ complete: 'renamed' });
    server.write('/out/a.csv', 'a\n');
    expect(await look()).toMatchObject({ taken: 1 });
    await begin({ complete: 'marker', pattern: '*', taken: 'delete' });
    server.write('/out/b.csv', 'b\n');
    await look(3);
    expect(taken()).toEqual(['a.csv: a\n']);
    server.write('/out/b.csv.done', '');
    expect((await look()).trouble).toBeNull();
    expect(taken()).toEqual(['a.csv: a\n', 'b.csv: b\n']);
    expect(server.names('/out')).toEqual([]);
  });

  it('goes on with a broken transfer where it broke, also in the next life, but not after the machine was started again', async () => {
    server.write('/out/a.csv', '0123456789abcdef\n');
    await look();
    server.breakAfter = 8;
    await expect(look()).rejects.toMatchObject({ code: 'SOURCE_TRANSFER_BROKEN' });
    await begin();
    await look();
    server.breakAfter = 4;
    await expect(look()).rejects.toMatchObject({ code: 'SOURCE_TRANSFER_BROKEN' });
    await begin({}, 'boot-2');
    await look(2);
    expect(taken()).toEqual(['a.csv: 0123456789abcdef\n']);
    expect(server.reads.map(([, offset]) => offset)).toEqual([0, 8, 0]);
  });

  it('gives a half transfer up when the file is another one meanwhile', async () => {
    server.write('/out/a.csv', '0123456789abcdef\n');
    await look();
    server.breakAfter = 8;
    await expect(look()).rejects.toMatchObject({ code: 'SOURCE_TRANSFER_BROKEN' });
    server.write('/out/a.csv', 'ABCDEFGHIJKLMNOP\n', 3000);
    await look(2);
    expect(taken()).toEqual(['a.csv: ABCDEFGHIJKLMNOP\n']);
  });

  it('takes nothing of a file that is written to while it is copied', async () => {
    server.write('/out/a.csv', 'one\n');
    await look();
    server.whileReading = () => server.write('/out/a.csv', 'two!\n', 2000);
    expect((await look()).trouble).toMatchObject({ code: 'SOURCE_UNREADABLE' });
    server.whileReading = () => undefined;
    await look(2);
    expect(taken()).toEqual(['a.csv: two!\n']);
  });

  it('moves or removes a file only when it is in the log, and does not take it again when it cannot', async () => {
    await begin({ taken: 'move' });
    server.write('/out/a.csv', 'a\n');
    server.refuseMoves = true;
    intake.refuseAfter = 0;
    await expect(look(2)).rejects.toMatchObject({ code: 'STOPPING' });
    expect(server.names('/out')).toEqual(['a.csv']);
    intake.refuseAfter = Infinity;
    expect((await look()).trouble).toMatchObject({ code: 'SOURCE_CLEANUP_FAILED' });
    await look(2);
    expect(server.reads).toHaveLength(1);
    server.refuseMoves = false;
    server.write('/out/done/a.csv', 'an earlier one');
    await look();
    expect(server.names('/out').sort()).toEqual(['done/a.csv', 'done/a.csv.1000-5000000']);
    expect(taken()).toEqual(['a.csv: a\n']);
  });

  it('takes new files first, however many stand there that cannot be moved, and tries each of these again in its turn', async () => {
    await begin({ taken: 'move' });
    const old = Array.from({ length: 8 }, (_, no) => `${no}.csv`);
    for (const name of old) server.write(`/out/${name}`, `${name}\n`);
    server.refuseMoves = true;
    await look(4);
    expect(taken()).toHaveLength(8);
    server.write('/out/z.csv', 'new\n');
    await look();
    server.moves.length = 0;
    expect(await look()).toMatchObject({ taken: 1, waiting: 0, trouble: { code: 'SOURCE_CLEANUP_FAILED' } });
    expect(taken().at(-1)).toBe('z.csv: new\n');
    await look(2);
    expect(new Set(server.moves)).toEqual(new Set([...old, 'z.csv'].map((name) => `/out/${name}`)));
    expect(told).toEqual(['SOURCE_CLEANUP_FAILED']);
    server.refuseMoves = false;
    expect(await look(3)).toMatchObject({ trouble: null });
    expect(server.names('/out').every((name) => name.startsWith('done/'))).toBe(true);
    expect([server.reads.length, taken().length]).toEqual([9, 9]);
    server.refuseMoves = true;
    server.write('/out/later.csv', 'later\n');
    await look(3);
    expect(told).toEqual(['SOURCE_CLEANUP_FAILED', 'SOURCE_CLEANUP_FAILED']);
  });

  it('tries only some that fail at a look, also after a restart, when their content has to be read again', async () => {
    const many = { taken: 'move', filesPerLook: 100 } as const;
    await begin(many);
    for (let no = 10; no < 55; no++) server.write(`/out/${no}.csv`, `${no}\n`);
    server.refuseMoves = true;
    await look(2);
    expect([taken().length, server.moves.length]).toEqual([45, 20]);
    await begin(many);
    server.moves.length = 0;
    server.reads.length = 0;
    await look();
    expect([server.moves.length, server.reads.length]).toEqual([20, 20]);
    await look(2);
    expect([new Set(server.moves).size, taken().length]).toEqual([45, 45]);
  });

  it('takes new files although others cannot be read, and those when they can', async () => {
    for (let no = 0; no < 4; no++) {
      server.write(`/out/${no}.csv`, `${no}\n`);
      server.unreadable.add(`/out/${no}.csv`);
    }
    await look(3);
    server.write('/out/z.csv', 'new\n');
    expect(await look(2)).toMatchObject({ taken: 1, waiting: 4, trouble: { code: 'SOURCE_UNREADABLE' } });
    await look(3);
    expect(told).toEqual(Array.from({ length: 4 }, () => 'SOURCE_UNREADABLE'));
    server.unreadable.clear();
    expect(await look(2)).toMatchObject({ waiting: 0, trouble: null });
    expect(taken()).toHaveLength(5);
  });

  it('takes new files before one that breaks the connection each time', async () => {
    for (const name of ['a.csv', 'b.csv']) server.write(`/out/${name}`, `${name}\n`);
    server.breaking.add('/out/a.csv');
    await expect(look(2)).rejects.toMatchObject({ code: 'SOURCE_TRANSFER_BROKEN' });
    await expect(look()).rejects.toMatchObject({ code: 'SOURCE_TRANSFER_BROKEN' });
    expect(taken()).toEqual(['b.csv: b.csv\n']);
    server.breaking.clear();
    expect(await look()).toMatchObject({ waiting: 0, trouble: null });
    expect(taken()).toHaveLength(2);
  });

  it('does not call a file complete for two looks that follow each other at once, as after a failure', async () => {
    await begin({ everySeconds: 60 });
    server.write('/out/a.csv', 'one\n', 0);
    await look();
    expect(await look(1, 1000)).toMatchObject({ waiting: 1, taken: 0 });
    expect(await look(1, 59_000)).toMatchObject({ waiting: 0, taken: 1 });
  });

  it('removes nothing that was written anew while the one before it was taken', async () => {
    await begin({ taken: 'delete' });
    server.write('/out/a.csv', 'one\n');
    const admit = intake.admitClosed.bind(intake);
    intake.admitClosed = async (...file) => {
      const known = await admit(...file);
      intake.admitClosed = admit;
      server.write('/out/a.csv', 'two\n', 9000);
      return known;
    };
    await look(2);
    expect(server.names('/out')).toEqual(['a.csv']);
    await look(2);
    expect(taken()).toEqual(['a.csv: one\n', 'a.csv: two\n']);
    expect(server.names('/out')).toEqual([]);
  });

  it('after a restart lets a known file go only when it has the content that was taken', async () => {
    server.write('/out/a.csv', 'one\n');
    await look(2);
    await begin({ taken: 'delete' });
    server.write('/out/a.csv', 'two\n');
    await look();
    expect(taken()).toEqual(['a.csv: one\n', 'a.csv: two\n']);
    expect(server.names('/out')).toEqual([]);
    server.write('/out/a.csv', 'two\n');
    await begin({ taken: 'delete' });
    await look();
    expect(taken()).toHaveLength(2);
    expect(server.names('/out')).toEqual([]);
  });

  it('refuses links, names that are more than names, and what is too large, each counted once', async () => {
    const at = { sizeBytes: 3, modifiedMs: 1 };
    const names = ['../../etc/passwd.csv', '/etc/a.csv', '..\\b.csv', 'a\r\nDELE b.csv', '\ufffd.csv'];
    server.others.push(...names.map((name) => ({ name, kind: 'file' as const, ...at })));
    server.others.push({ name: 'link.csv', kind: 'link', ...at }, { name: 'folder.csv', kind: 'other', ...at });
    server.write('/out/big.csv', 'x'.repeat(101));
    server.write('/out/good.csv', 'x\n');
    expect((await look(3)).trouble).toMatchObject({ code: 'FILE_TOO_LARGE' });
    expect(taken()).toEqual(['good.csv: x\n']);
    expect(looking.look.refused).toEqual({ 'too large': 1, name: names.length, link: 1, held: 0 });
    expect([isPlainName('..'), isPlainName(''), isPlainName('a b;c.csv')]).toEqual([false, false, true]);
  });

  it('takes so many at a time and says when the listing has no end', async () => {
    for (let no = 0; no < 8; no++) server.write(`/out/${no}.csv`, `${no}\n`);
    expect(await look(2)).toMatchObject({ taken: 3, waiting: 5 });
    expect(await look(2)).toMatchObject({ taken: 2, waiting: 0 });
    for (let no = 100; no < 160; no++) server.write(`/out/${no}.csv`, `${no}\n`);
    expect((await look()).trouble).toMatchObject({ code: 'SOURCE_LISTING_TOO_LONG' });
    expect(told).toContain('SOURCE_LISTING_TOO_LONG');
  });
});
