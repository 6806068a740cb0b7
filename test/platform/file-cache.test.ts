/** Open files that are kept for the next use. */
import { expect, it } from 'vitest';
import { FileCache } from '../../platform/file-cache.ts';

it('closes on demand what nobody uses, and leaves what is used or stays', async () => {
  const closed: string[] = [];
  const files = new FileCache((path: string) => Promise.resolve({ close: async () => void closed.push(path) }));
  for (const path of ['a', 'b', 'c']) await files.acquire(path);
  await files.release('a');
  await files.release('b');
  await files.closeIdle((path) => path === 'a');
  expect(closed).toEqual(['b']);
  await files.release('c');
  await files.closeIdle(() => false);
  expect(closed).toEqual(['b', 'a', 'c']);
  await files.close();
  expect(closed).toHaveLength(3);
});
