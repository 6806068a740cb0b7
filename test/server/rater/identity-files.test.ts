import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Duplicates, shardOf, Sight, type SightNo } from '../../../mediation/duplicates/index.ts';
import { newState } from '../../../server/rater/stage-b.ts';
import { toTollgridError } from '../../../platform/errors.ts';
import { CheckpointStore } from '../../../server/rater/checkpoint.ts';
import { SettledMonths } from '../../../server/rater/settled-months.ts';
import { IdentityFiles } from '../../../server/rater/identity-files.ts';
import { dumpShards, loadShards } from '../../../server/rater/shard-files.ts';

const NOTHING = 0;
/** Room for a slot in each table. */
const LITTLE = 64 * 20 * 2;
const MUCH = 64 * 2 ** 20;
const RUNS = Number(process.env['TOLLGRID_RUNS'] ?? 60);

let folder: string;
beforeEach(() => {
  // Nothing here is about power cuts, and syncs of a busy disk take long.
  const memory = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
  folder = fs.mkdtempSync(path.join(memory, 'tollgrid-identities-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Thread {
  duplicates: Duplicates;
  older: IdentityFiles;
}

/** The duplicate check of a rater: threads that own shards, and checkpoints. */
class Store {
  threads: Thread[] = [];
  private dumps = 0;
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    this.open(1, NOTHING);
  }

  private open(count: number, memoryBytesMax: number): void {
    for (const { older } of this.threads) older.close();
    const work = fs.mkdtempSync(path.join(this.folder, 'work-'));
    this.threads = Array.from({ length: count }, (_, thread) => {
      const older = new IdentityFiles(work, { thread, threads: count }, memoryBytesMax);
      return { older, duplicates: new Duplicates(older) };
    });
  }

  async restart(count: number, memoryBytesMax: number): Promise<void> {
    const dump = path.join(this.folder, `dump-${++this.dumps}`);
    fs.mkdirSync(dump);
    for (const [thread, { duplicates, older }] of this.threads.entries())
      dumpShards(newState(duplicates), older, dump, thread);
    this.open(count, memoryBytesMax);
    for (const [thread, { duplicates, older }] of this.threads.entries())
      await loadShards(newState(duplicates), older, dump, { thread, threads: count });
    fs.rmSync(dump, { recursive: true });
  }

  ownerOf(identity: Uint32Array): Duplicates {
    return this.threads[shardOf(identity[0]!) % this.threads.length]!.duplicates;
  }

  makeRoom(memoryBytesMax: number): void {
    for (const { duplicates } of this.threads) duplicates.makeRoom(1, memoryBytesMax);
  }

  get onDisk(): number {
    return this.threads.reduce((sum, { older }) => sum + older.count, 0);
  }
}

/** The same decisions, on a plain map that forgets by the month of the first sight. */
class Model {
  private readonly seen = new Map<string, { month: number; content: number; quality: number }>();
  oldest = 0;

  private known(key: string): { month: number; content: number; quality: number } | undefined {
    const found = this.seen.get(key);
    return found === undefined || found.month < this.oldest ? undefined : found;
  }

  see(id: number, month: number, content: number, quality: number, rule: 'conflict' | 'revision'): SightNo {
    const first = this.known(`${id}`);
    if (first === undefined) {
      this.seen.set(`${id}`, { month: Math.max(month, this.oldest), content, quality });
      return Sight.first;
    }
    if (first.content === content) return Sight.duplicate;
    if (rule === 'conflict') {
      if (this.known(`${id}/${content}`) !== undefined) return Sight.duplicate;
      this.seen.set(`${id}/${content}`, { month: Math.max(month, this.oldest), content, quality });
      return Sight.conflict;
    }
    if (quality < first.quality) return Sight.superseded;
    first.content = content;
    first.quality = quality;
    return Sight.revision;
  }
}

function identityOf(id: number): Uint32Array {
  return Uint32Array.of(Math.imul(id, 2654435761) >>> 0, id, Math.imul(id, 40503) >>> 0, 7);
}

type Step =
  | { do: 'see'; id: number; back: number; content: number; quality: number }
  | { do: 'later'; months: number }
  | { do: 'room'; bytes: number }
  | { do: 'restart'; threads: number; bytes: number };

const bytes = fc.constantFrom(NOTHING, NOTHING, LITTLE, MUCH);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 60,
      arbitrary: fc.record({
        do: fc.constant('see' as const),
        id: fc.nat(60),
        back: fc.nat(6),
        // The last bit of a content does not tell two conflicts of one identity apart.
        content: fc.constantFrom(0, 2, 4),
        quality: fc.nat(2),
      }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('later' as const), months: fc.integer({ min: -1, max: 3 }) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('room' as const), bytes }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('restart' as const), threads: fc.integer({ min: 1, max: 3 }), bytes }),
    },
  ),
  { minLength: 50, maxLength: 400 },
);

function monthAt(month: number): number {
  return Date.UTC(1970, month, 10);
}

describe('identities that left memory', () => {
  it('answer as a plain map does: any months, evictions, merges, restarts, numbers of threads, clocks set back', async () => {
    let run = 0;
    let everOnDisk = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom('conflict' as const, 'revision' as const), async (sequence, rule) => {
        const home = path.join(folder, `run-${++run}`);
        fs.mkdirSync(home);
        const store = new Store(home);
        const model = new Model();
        let now = 700;
        const windowMonths = 5;
        for (const step of sequence) {
          if (step.do === 'later') now += step.months;
          else if (step.do === 'room') store.makeRoom(step.bytes);
          else if (step.do === 'restart') await store.restart(step.threads, step.bytes);
          else {
            model.oldest = Math.max(model.oldest, now - windowMonths);
            for (const { duplicates } of store.threads) duplicates.setWindow(monthAt(now), windowMonths);
            const identity = identityOf(step.id);
            const startMs = monthAt(now - step.back);
            const { content, quality, id, back } = step;
            const shard = shardOf(identity[0]!);
            const sight = store.ownerOf(identity).see(identity, 0, content, startMs, quality, rule, shard);
            expect(sight).toBe(model.see(id, now - back, content, quality, rule));
          }
          everOnDisk = Math.max(everOnDisk, store.onDisk);
        }
        for (const { older } of store.threads) {
          older.check();
          older.close();
        }
        fs.rmSync(home, { recursive: true });
      }),
      { numRuns: RUNS },
    );
    expect(everOnDisk).toBeGreaterThan(20);
  }, 240_000);

  it('answer the same for lines without a key, in files that interleave', async () => {
    const lines = fc.array(fc.record({ file: fc.nat(3), line: fc.nat(5), room: fc.boolean() }), { maxLength: 80 });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(lines, async (sequence) => {
        const home = path.join(folder, `run-${++run}`);
        fs.mkdirSync(home);
        const store = new Store(home);
        const inMemory = new Duplicates();
        for (const [index, { file, line, room }] of sequence.entries()) {
          if (room) store.makeRoom(NOTHING);
          if (index % 20 === 19) await store.restart(1 + (index % 3), NOTHING);
          const [here, there] = [identityOf(line), identityOf(line)];
          inMemory.setWindow(monthAt(700), 13);
          for (const { duplicates } of store.threads) duplicates.setWindow(monthAt(700), 13);
          const owner = store.ownerOf(there);
          expect(owner.seeOccurrence(there, 0, file, monthAt(700))).toBe(
            inMemory.seeOccurrence(here, 0, file, monthAt(700)),
          );
          expect(there).toEqual(here);
        }
        for (const { older } of store.threads) older.close();
      }),
      { numRuns: RUNS },
    );
  }, 240_000);

  it('keep a record that comes back from suspense apart from its revisions', () => {
    const store = new Store(folder);
    const [{ duplicates }] = store.threads as [Thread];
    const identity = identityOf(3);
    const at = monthAt(700);
    duplicates.setWindow(at, 13);
    expect(duplicates.see(identity, 0, 1, at, 1, 'revision', 1)).toBe(Sight.first);
    store.makeRoom(NOTHING);
    expect(duplicates.seeAgain(identity, 0, 1, at, 1, 'revision', 1)).toBe(Sight.revision);
    expect(duplicates.see(identity, 0, 2, at, 1, 'revision', 1)).toBe(Sight.revision);
    store.makeRoom(NOTHING);
    expect(duplicates.seeAgain(identity, 0, 1, at, 1, 'revision', 1)).toBe(Sight.superseded);
    expect(duplicates.seeAgain(identity, 0, 2, at, 1, 'revision', 1)).toBe(Sight.revision);
  });

  it('stay within the memory that they may take, also when all are of one month', () => {
    const memoryBytesMax = 2 * 2 ** 20;
    const older = new IdentityFiles(folder, { thread: 0, threads: 1 }, memoryBytesMax);
    const duplicates = new Duplicates(older);
    duplicates.setWindow(monthAt(700), 13);
    let most = 0;
    const identity = new Uint32Array(4);
    const digest = (no: number): void => {
      for (let word = 0; word < 4; word++) identity[word] = Math.imul(no ^ (word << 28), 0x9e3779b1 + 2 * word);
    };
    for (let no = 1; no <= 300_000; no++) {
      if (no % 1000 === 1) duplicates.makeRoom(1000, memoryBytesMax);
      digest(no);
      if (duplicates.see(identity, 0, 1, monthAt(700), 0, 'conflict', 0) !== Sight.first) throw new Error(`${no}`);
      if (no % 1000 === 0) most = Math.max(most, duplicates.bytes + older.memoryBytes);
    }
    expect(most).toBeLessThanOrEqual(memoryBytesMax);
    expect(older.count + duplicates.size).toBe(300_000);
    // Files of a month are merged: so many evictions do not leave so many files.
    expect(older.fileCount).toBeLessThan(8);
    for (let no = 1; no <= 300_000; no += 997) {
      digest(no);
      expect(duplicates.see(identity, 0, 1, monthAt(700), 0, 'conflict', 0)).toBe(Sight.duplicate);
    }
    older.close();
  });
});

describe('a damaged file of identities', () => {
  function filled(): Thread {
    const older = new IdentityFiles(folder, { thread: 0, threads: 1 }, MUCH);
    const duplicates = new Duplicates(older);
    duplicates.setWindow(monthAt(700), 13);
    for (let id = 0; id < 2000; id++)
      duplicates.see(identityOf(id), 0, 1, monthAt(700), 0, 'conflict', shardOf(identityOf(id)[0]!));
    duplicates.makeRoom(0, NOTHING);
    return { older, duplicates };
  }

  function harm(file: string, at: number): void {
    const bytes = fs.readFileSync(file);
    bytes[at]! ^= 4;
    fs.writeFileSync(file, bytes);
  }

  const codeOf = (work: () => unknown): string => {
    try {
      work();
      return 'sound';
    } catch (error) {
      return toTollgridError(error).code;
    }
  };

  it('is told when rows are read, wherever the bit is', () => {
    const { older, duplicates } = filled();
    const [name] = fs.readdirSync(folder);
    harm(path.join(folder, name!), 1000);
    expect(codeOf(() => older.check())).toBe('IDENTITIES_DAMAGED');
    const answers = Array.from({ length: 2000 }, (_, id) =>
      codeOf(() => duplicates.see(identityOf(id), 0, 1, monthAt(700), 0, 'conflict', 0)),
    );
    expect(answers).toContain('IDENTITIES_DAMAGED');
    older.close();
  });

  it('is told when a checkpoint is opened: foot by the checkpoint, index and filter by the file', async () => {
    const { older, duplicates } = filled();
    const store = new CheckpointStore(path.join(folder, 'rater'));
    const dump = async (target: string) => {
      dumpShards(newState(duplicates), older, target, 0);
      return { extract: null, places: [] };
    };
    const place = { entryNo: 7, position: { segment: 1, offset: 0 }, chain: '', acceptedAtMs: 0 };
    const facts = { fileRecords: new Map<number, number>(), inventory: [], prove: async () => place };
    await store.write(7, { ...facts, settledMonths: new SettledMonths() }, dump);
    const state = (await store.read())!.path;
    const file = path.join(
      state,
      fs.readdirSync(state).find((name) => name.endsWith('.ids'))!,
    );
    // The link shares its bytes with the file it is of.
    const sound = fs.readFileSync(file);
    fs.rmSync(file);
    fs.writeFileSync(file, sound);
    harm(file, sound.length - 30);
    expect(await store.read()).toBeNull();
    fs.writeFileSync(file, sound);
    expect(await store.read()).not.toBeNull();
    for (const at of [2000 * 20 + 5, 2000 * 20 + 4 * 65 + 2, sound.length - 70]) {
      harm(file, at);
      const again = new IdentityFiles(fs.mkdtempSync(path.join(folder, 'again-')), { thread: 0, threads: 1 }, MUCH);
      expect(codeOf(() => again.load([file]))).toBe('IDENTITIES_DAMAGED');
      fs.writeFileSync(file, sound);
    }
    older.close();
  });
});
