import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRegistry } from '../../registry/index.ts';
import { keepImage, restoreImage } from '../../registry/empty-image.ts';

let dir: string;
let image: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'registry-image-'));
  image = path.join(dir, 'registry.empty');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the image of an empty registry', () => {
  it('gives back folders, also empty ones, and files to the byte', async () => {
    const folder = path.join(dir, 'one');
    mkdirSync(path.join(folder, 'a', 'empty'), { recursive: true });
    const contents = {
      a: Buffer.from('some\0text'),
      b: Buffer.from([1, 0, 0, 0]),
      c: Buffer.alloc(70_000),
      d: Buffer.alloc(0),
    };
    for (const [name, bytes] of Object.entries(contents)) writeFileSync(path.join(folder, 'a', name), bytes);
    await keepImage(folder, image);
    expect(statSync(image).size).toBeLessThan(1000);
    const restored = path.join(dir, 'two');
    expect(await restoreImage(image, restored)).toBe(true);
    for (const [name, bytes] of Object.entries(contents)) {
      expect(readFileSync(path.join(restored, 'a', name)).equals(bytes)).toBe(true);
    }
    expect(statSync(path.join(restored, 'a', 'empty')).isDirectory()).toBe(true);
  });

  it('says no when it is missing, cut short or changed', async () => {
    const folder = path.join(dir, 'one');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'a'), Buffer.from('text that is long enough to be changed'));
    expect(await restoreImage(image, path.join(dir, 'two'), path.join(dir, 'no-build'))).toBe(false);
    await keepImage(folder, image);
    const whole = readFileSync(image);
    const changed = Buffer.from(whole);
    changed[whole.length >> 1] ^= 4;
    writeFileSync(image, changed);
    expect(await restoreImage(image, path.join(dir, 'three'))).toBe(false);
    writeFileSync(image, whole);
    truncateSync(image, whole.length - 3);
    expect(await restoreImage(image, path.join(dir, 'four'))).toBe(false);
  });

  it('is that of the build where a data directory has none', async () => {
    const folder = path.join(dir, 'one');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'a'), 'built');
    const built = path.join(dir, 'built.image');
    await keepImage(folder, built);
    expect(await restoreImage(image, path.join(dir, 'two'), built)).toBe(true);
    expect(readFileSync(path.join(dir, 'two', 'a'), 'utf8')).toBe('built');
  });

  it('saves a registry that was not closed the making of a database, and a damaged one does not matter', async () => {
    const changes = [{ kind: 'party' as const, id: 'P-1', name: 'Test', division: 'root' }];
    // Another boot each time: nothing of the database is kept.
    for (const [bootId, harm] of [
      ['one', () => undefined],
      ['two', () => undefined],
      ['three', () => writeFileSync(image, 'not an image')],
      ['four', () => writeFileSync(image, readFileSync(image).subarray(0, 1000))],
    ] as const) {
      harm();
      const registry = await openRegistry({ dataDir: dir, bootId });
      expect(registry.rebuilt).toBe(true);
      expect(registry.applied()).toBe(0);
      await registry.roll([{ entryNo: 7, changes }]);
      expect((await registry.queries.counts()).parties).toBe(1);
      await registry.close();
      expect(await restoreImage(image, path.join(dir, `restored-${bootId}`))).toBe(true);
    }
  });
});
