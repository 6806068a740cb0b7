import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Duplicates, Sight, type SightNo } from '../../../mediation/duplicates/index.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 9, 15);

function words(...values: number[]): Uint32Array {
  return Uint32Array.from(values);
}

describe('duplicates by unique key', () => {
  it('tells duplicate, conflict, revision and superseded apart', () => {
    const duplicates = new Duplicates();
    duplicates.setWindow(NOW, 13);
    const identity = words(1, 2, 3, 4);
    const see = (content: number, quality: number, rule: 'conflict' | 'revision') =>
      duplicates.see(identity, 0, content, NOW, quality, rule, 1);
    expect(see(10, 2, 'conflict')).toBe(Sight.first);
    expect(see(10, 2, 'conflict')).toBe(Sight.duplicate);
    expect(see(11, 2, 'conflict')).toBe(Sight.conflict);
    expect(see(11, 2, 'conflict')).toBe(Sight.duplicate);
    expect(see(11, 2, 'revision')).toBe(Sight.revision);
    expect(see(12, 1, 'revision')).toBe(Sight.superseded);
    expect(see(11, 2, 'revision')).toBe(Sight.duplicate);
  });

  it('forgets what is older than the window, by acceptance and not by the order of growth', () => {
    const duplicates = new Duplicates();
    duplicates.setWindow(NOW, 2);
    const identity = words(9, 9, 9, 9);
    expect(duplicates.see(identity, 0, 1, NOW, 0, 'conflict', 1)).toBe(Sight.first);
    duplicates.setWindow(NOW + 70 * DAY_MS, 2);
    expect(duplicates.see(identity, 0, 1, NOW, 0, 'conflict', 1)).toBe(Sight.duplicate);
    duplicates.setWindow(NOW + 100 * DAY_MS, 2);
    expect(duplicates.see(identity, 0, 1, NOW + 100 * DAY_MS, 0, 'conflict', 1)).toBe(Sight.first);
  });

  it('gives the answers of a plain map for any sequence, also across a dump and load', () => {
    const sights = fc.array(fc.record({ id: fc.nat(400), content: fc.constantFrom(0, 2, 4) }), {
      maxLength: 3000,
      size: 'max',
    });
    fc.assert(
      fc.property(sights, fc.nat(3000), (sequence, cut) => {
        let duplicates = new Duplicates();
        const model = new Map<number, Set<number>>();
        for (const [index, { id, content }] of sequence.entries()) {
          if (index === cut) {
            const reloaded = new Duplicates();
            for (const { table, slots } of duplicates.dump()) reloaded.load(table, slots, () => true);
            duplicates = reloaded;
          }
          duplicates.setWindow(NOW, 13);
          const identity = words(Math.imul(id, 2654435761) >>> 0, id, id ^ 0xffff, 7);
          const seen = model.get(id);
          const expected = seen === undefined ? Sight.first : seen.has(content) ? Sight.duplicate : Sight.conflict;
          model.set(id, (seen ?? new Set()).add(content));
          expect(duplicates.see(identity, 0, content, NOW, 0, 'conflict', 1)).toBe(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('identities from a checkpoint', () => {
  /** They fill 57 % of their table, which is where walks would be longest. */
  const COUNT = 600_000;

  /** All of one table; every second one of an even shard. */
  function identityOf(id: number): Uint32Array {
    const mixed = Math.imul(id + 1, 2654435761) >>> 0;
    return words(64 * (id % 16), mixed, Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 0, id);
  }

  function see(duplicates: Duplicates, id: number): SightNo {
    const identity = identityOf(id);
    return duplicates.see(identity, 0, id, NOW, 0, 'conflict', id % 2);
  }

  function filled(wanted: (id: number) => boolean): Duplicates {
    const duplicates = new Duplicates();
    duplicates.setWindow(NOW, 13);
    for (let id = 0; id < COUNT; id++) if (wanted(id)) see(duplicates, id);
    return duplicates;
  }

  function loaded(from: readonly Duplicates[], owns: (shard: number) => boolean): Duplicates {
    const into = new Duplicates();
    for (const one of from) for (const { table, slots } of one.dump()) into.load(table, slots, owns);
    into.setWindow(NOW, 13);
    return into;
  }

  /** Processor time, so that a busy machine does not count; in microseconds. */
  function costOf<T>(work: () => T): { made: T; cost: number } {
    const before = process.cpuUsage();
    const made = work();
    const { user, system } = process.cpuUsage(before);
    return { made, cost: user + system };
  }

  const even = (id: number): boolean => id % 2 === 0;
  const odd = (id: number): boolean => id % 2 === 1;

  it('come back in no more time than they took to come, with as many threads as before, more or fewer', () => {
    const { made: whole, cost } = costOf(() => filled(() => true));
    const same = costOf(() => loaded([whole], () => true));
    const more = costOf(() => loaded([whole], even));
    const halves = [filled(even), filled(odd)];
    const fewer = costOf(() => loaded(halves, () => true));
    expect(same.made.size).toBe(COUNT);
    expect(more.made.size).toBe(COUNT / 2);
    expect(fewer.made.size).toBe(COUNT);
    // Ten times as much and more when each walks past all that came before it.
    for (const found of [same, more, fewer]) expect(found.cost).toBeLessThan(cost * 2);
    for (let id = 0; id < COUNT; id += 37) {
      for (const { made } of [same, fewer]) expect(see(made, id)).toBe(Sight.duplicate);
      expect(see(more.made, id)).toBe(even(id) ? Sight.duplicate : Sight.first);
    }
  });

  it('take in what comes behind a full dump', () => {
    const from = filled(even);
    const half = loaded([from], () => true);
    for (let id = 1; id < COUNT; id += 2) if (see(half, id) !== Sight.first) expect.fail(`${id} was not there`);
    for (let id = 0; id < COUNT; id++) if (see(half, id) !== Sight.duplicate) expect.fail(`${id} is lost`);
    // Nor does what was dumped hear of it.
    expect(from.size).toBe(COUNT / 2);
    expect(see(from, 1)).toBe(Sight.first);
  });
});

describe('duplicates without a unique key', () => {
  /** Feeds lines (numbers) of files; returns how many count as new per line. */
  function feed(duplicates: Duplicates, fileNo: number, lines: readonly number[]): number[] {
    duplicates.setWindow(NOW, 13);
    return lines.filter((line) => {
      const identity = words(Math.imul(line + 1, 2654435761) >>> 0, line, 5, 6);
      return duplicates.seeOccurrence(identity, 0, fileNo, NOW) === Sight.first;
    });
  }

  it('counts equal lines of one file as occurrences, and a copy of the file as duplicates', () => {
    const duplicates = new Duplicates();
    expect(feed(duplicates, 1, [7, 7, 8])).toEqual([7, 7, 8]);
    expect(feed(duplicates, 2, [7, 8, 7])).toEqual([]);
    expect(feed(duplicates, 3, [7, 7, 7, 8, 8])).toEqual([7, 8]);
  });

  it('keeps, per line, the most occurrences any single file had, whatever the order and interleaving', () => {
    const file = fc.array(fc.nat(3), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(file, { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat(3)), (files, turns) => {
        const duplicates = new Duplicates();
        const left = files.map((lines) => [...lines]);
        const kept = new Map<number, number>();
        for (const turn of turns) {
          const fileNo = turn % files.length;
          const at = left[fileNo]!.length > 0 ? fileNo : left.findIndex((lines) => lines.length > 0);
          if (at < 0) break;
          const line = left[at]!.shift()!;
          for (const fresh of feed(duplicates, at + 1, [line])) kept.set(fresh, (kept.get(fresh) ?? 0) + 1);
        }
        for (let line = 0; line <= 3; line++) {
          const most = Math.max(...files.map((lines) => lines.filter((one) => one === line).length));
          expect(kept.get(line) ?? 0).toBe(most);
        }
      }),
      { numRuns: 300 },
    );
  });
});
