import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine, packingOf, unpack, type PackedLimits } from '../../../platform/packed/index.ts';
import { zip } from '../../support/zip.ts';

const LIMITS: PackedLimits = { ratioMax: 100, filesMax: 3, bytesMax: 8_000_000 };

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tollgrid-packed-'))));
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(bytes: Buffer): string {
  const file = path.join(folder, 'packed');
  fs.writeFileSync(file, bytes);
  return file;
}

async function contents(bytes: Buffer, name: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const member of unpack(write(bytes), name, packingOf(name)!, LIMITS)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of member.content) chunks.push(chunk);
    found.push([member.name, Buffer.concat(chunks).toString()]);
  }
  return found;
}

const verdict = (bytes: Buffer, name: string, limits = LIMITS): Promise<unknown> =>
  examine(write(bytes), name, packingOf(name)!, limits).catch((error: { code: string }) => error.code);

describe('packed files', () => {
  it('are told by the ends of their names', () => {
    expect(['a.csv', 'a.csv.gz', 'A.ZIP', 'gz', '.gz', 'a.gz.tmp'].map(packingOf)).toEqual([
      ...[null, 'gz', 'zip', null, 'gz', null],
    ]);
  });

  it('give the files in them, folders not counted, several gzip members as one', async () => {
    expect(await contents(gzipSync('one\n'), 'x.csv.gz')).toEqual([['x.csv', 'one\n']]);
    expect(await contents(Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]), 'x.gz')).toEqual([
      ['x', 'one\ntwo\n'],
    ]);
    const archive = zip([
      { name: 'day/', content: '' },
      { name: 'day/a.csv', content: 'a\n' },
      { name: 'b.csv', content: 'b\n' },
    ]);
    expect(await contents(archive, 'x.zip')).toEqual([
      ['day/a.csv', 'a\n'],
      ['b.csv', 'b\n'],
    ]);
  });

  it('are not unpacked beyond the limits, whatever they say of their sizes', async () => {
    const bomb = gzipSync(Buffer.alloc(7_000_000));
    expect(await verdict(bomb, 'x.gz')).toBe('PACKED_RATIO');
    expect(await verdict(bomb, 'x.gz', { ...LIMITS, ratioMax: 2000 })).toEqual({ members: 1, bytes: 7_000_000 });
    expect(await verdict(gzipSync(Buffer.alloc(9_000_000)), 'x.gz', { ...LIMITS, ratioMax: 2000 })).toBe(
      'PACKED_TOO_LARGE',
    );
    // Together they are too much, each alone is not.
    const two = zip(['a', 'b'].map((name) => ({ name, content: Buffer.alloc(5_000_000) })));
    expect(await verdict(two, 'x.zip', { ...LIMITS, ratioMax: 2000 })).toBe('PACKED_TOO_LARGE');
    expect(await verdict(two, 'x.zip')).toBe('PACKED_RATIO');
    const many = zip(['a', 'b', 'c', 'd'].map((name) => ({ name, content: name })));
    expect(await verdict(many, 'x.zip')).toBe('PACKED_TOO_MANY');
  });

  it('are refused when they hold packed ones', async () => {
    expect(await verdict(zip([{ name: 'a.csv.gz', content: gzipSync('a') }]), 'x.zip')).toBe('PACKED_NESTED');
    expect(await verdict(gzipSync(gzipSync('a')), 'x.zip.gz')).toBe('PACKED_NESTED');
  });

  it('are refused when they are cut off, changed, encrypted, empty, or lead elsewhere', async () => {
    const whole = gzipSync('one\ntwo\n');
    expect(await verdict(whole.subarray(0, -4), 'x.gz')).toBe('PACKED_UNREADABLE');
    expect(await verdict(Buffer.from('calls;of;today\n'), 'x.gz')).toBe('PACKED_UNREADABLE');
    const good = zip([{ name: 'a', content: 'a\n' }]);
    expect(await verdict(good.subarray(0, -10), 'x.zip')).toBe('PACKED_UNREADABLE');
    expect(await verdict(zip([]), 'x.zip')).toBe('PACKED_UNREADABLE');
    for (const wrong of [{ crc: 1 }, { encrypted: true }, { mode: 0o120777 }]) {
      expect(await verdict(zip([{ name: 'a', content: 'a\n', ...wrong }]), 'x.zip')).toBe('PACKED_UNREADABLE');
    }
    expect(await verdict(zip([{ name: '../../etc/passwd', content: 'a\n' }]), 'x.zip')).toBe('PACKED_UNREADABLE');
  });
});
