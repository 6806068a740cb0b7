import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppendJournal, writeFileDurably } from '../../platform/durable-file.ts';
import { temporaryDir } from './log/helpers.ts';

async function entriesOf(file: string): Promise<unknown[]> {
  const entries: unknown[] = [];
  const journal = await AppendJournal.open(file, (entry) => entries.push(entry));
  await journal.close();
  return entries;
}

async function writeJournal(file: string, entries: unknown[]): Promise<void> {
  const journal = await AppendJournal.open(file);
  await Promise.all(entries.map((entry) => journal.append(entry)));
  await journal.close();
}

describe('a durable file', () => {
  it('is replaced whole and leaves nothing else behind', async () => {
    const file = path.join(temporaryDir(), 'state.json');
    await writeFileDurably(file, 'one');
    await writeFileDurably(file, Buffer.from('two'));
    expect(readFileSync(file, 'utf8')).toBe('two');
    await expect(writeFileDurably(path.dirname(file), 'x')).rejects.toThrow();
    expect(readdirSync(path.dirname(file))).toEqual(['state.json']);
  });
});

describe('a journal', () => {
  it('gives back what was appended, in order, over several openings', async () => {
    const file = path.join(temporaryDir(), 'deep', 'totals');
    await writeJournal(file, [{ a: 1 }, { b: 'ї\n' }]);
    await writeJournal(file, [null, [3]]);
    expect(await entriesOf(file)).toEqual([{ a: 1 }, { b: 'ї\n' }, null, [3]]);
  });

  it('loses only the last line when it is torn at any byte', async () => {
    const file = path.join(temporaryDir(), 'totals');
    await writeJournal(file, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    const bytes = readFileSync(file);
    const lastAt = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    for (let size = lastAt; size < bytes.length; size++) {
      writeFileSync(file, bytes.subarray(0, size));
      expect(await entriesOf(file)).toEqual([{ n: 1 }, { n: 2 }]);
      await writeJournal(file, [{ n: 3 }]);
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }
  });

  it('halts when a byte before the last line changed, and cuts nothing', async () => {
    const file = path.join(temporaryDir(), 'totals');
    await writeJournal(file, [{ n: 1 }, { n: 2 }, { n: 3 }]);
    const bytes = readFileSync(file);
    const lastAt = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    for (let at = 0; at < lastAt; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 1;
      writeFileSync(file, damaged);
      await expect(entriesOf(file)).rejects.toMatchObject({ code: 'JOURNAL_DAMAGED' });
      expect(readFileSync(file).equals(damaged)).toBe(true);
    }
  });
});
