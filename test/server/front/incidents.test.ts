import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Incidents, type Incident } from '../../../server/front/incidents.ts';
import { coarser, countIn, gapsIn, joinRuns, type Run } from '../../../server/front/number-runs.ts';
import type { FileNumbersHead } from '../../../schemas/log-entries.ts';

const calls = (runs: [number, number][], more: Partial<FileNumbersHead> = {}): FileNumbersHead => ({
  of: 'records',
  count: 'T-1 2026-10-15',
  first: 1,
  runs,
  unreadable: 0,
  ...more,
});

class Source {
  readonly incidents = new Incidents();
  private entryNo = 0;

  file(...heads: FileNumbersHead[]): number {
    const entryNo = ++this.entryNo;
    this.incidents.admit({ entryNo, acceptedAtMs: entryNo * 1000 }, 'exchange', entryNo, heads);
    return entryNo;
  }

  close(id: string, reason: string): void {
    const entryNo = ++this.entryNo;
    this.incidents.close({ entryNo, acceptedAtMs: entryNo * 1000 }, id, 'anna', reason);
  }

  get open(): Incident[] {
    return this.incidents.list().filter(({ closed }) => closed === null);
  }
}

describe('incidents', () => {
  it('open when numbers between files are missing, and close when they arrive', () => {
    const source = new Source();
    source.file(calls([[1, 100]]));
    expect(source.open).toEqual([]);
    source.file(calls([[151, 200]]));
    source.file(calls([[301, 400]]));
    expect(source.open).toMatchObject([
      {
        id: '2.0',
        kind: 'gap',
        fileEntry: 2,
        numbers: 150,
        ranges: [
          [101, 150],
          [201, 300],
        ],
      },
    ]);
    source.file(calls([[101, 150]]));
    expect(source.open).toMatchObject([{ id: '2.0', numbers: 100, ranges: [[201, 300]] }]);
    source.file(calls([[201, 300]]));
    expect(source.open).toEqual([]);
    expect(source.incidents.get('2.0')).toMatchObject({ closed: { entryNo: 5, by: 'arrival' } });
  });

  it('open when the beginning of a count is missing that begins anew, and not of one that always goes on', () => {
    const daily = new Source();
    daily.file(calls([[11, 20]]));
    expect(daily.open).toMatchObject([{ ranges: [[1, 10]] }]);
    const { first: _, ...endless } = calls([[11, 20]]);
    const source = new Source();
    source.file(endless);
    expect(source.open).toEqual([]);
  });

  it('keep counts and sources apart', () => {
    const source = new Source();
    source.file(calls([[1, 10]]), calls([[1, 5]], { count: 'T-2 2026-10-15' }));
    source.file(calls([[6, 10]], { count: 'T-2 2026-10-15' }), calls([[1, 3]], { count: 'T-1 2026-10-16' }));
    expect(source.open).toEqual([]);
  });

  it('do not open for numbers that unreadable records had', () => {
    const source = new Source();
    source.file(calls([[1, 9]], { unreadable: 1 }));
    source.file(calls([[11, 20]]));
    expect(source.open).toEqual([]);
    source.file(calls([[22, 30]]));
    expect(source.open).toMatchObject([
      {
        numbers: 2,
        ranges: [
          [10, 10],
          [21, 21],
        ],
      },
    ]);
  });

  it('that somebody explains are closed, and what was missing is not missed again', () => {
    const source = new Source();
    source.file(calls([[5, 10]]));
    source.close('1.0', 'taken into service at noon');
    expect(source.incidents.get('1.0')).toMatchObject({
      closed: { entryNo: 2, atMs: 2000, by: 'anna', reason: 'taken into service at noon' },
    });
    source.file(calls([[11, 20]]));
    expect(source.open).toEqual([]);
    source.file(calls([[22, 30]]));
    expect(source.open).toMatchObject([{ id: '4.0', ranges: [[21, 21]] }]);
  });

  it('open for each file that repeats numbers with other content', () => {
    const source = new Source();
    source.file(calls([[1, 10]]));
    source.file(
      calls([[8, 12]], {
        repeats: [
          { total: 2, numbers: [8, 9], fileEntry: 1 },
          { total: 1, numbers: [12] },
        ],
      }),
    );
    expect(source.open).toMatchObject([
      { id: '2.0', kind: 'repeat', otherFileEntry: 1, numbers: 2, ranges: [[8, 9]] },
      { id: '2.1', kind: 'repeat', otherFileEntry: null, numbers: 1, ranges: [[12, 12]] },
    ]);
    source.close('2.0', 'known fault of the exchange');
    expect(source.open.map(({ id }) => id)).toEqual(['2.1']);
  });

  it('know which files have numbers in common with another', () => {
    const source = new Source();
    source.file(calls([[1, 10]]));
    source.file(calls([[11, 20]]));
    source.file(calls([[21, 30]]));
    expect(
      source.incidents.filesWith(
        'exchange',
        calls([
          [10, 11],
          [40, 50],
        ]),
      ),
    ).toEqual([1, 2]);
    expect(source.incidents.filesWith('exchange', calls([[31, 31]]))).toEqual([]);
    expect(source.incidents.filesWith('other', calls([[1, 30]]))).toEqual([]);
  });

  it('follow a count that begins anew after its last number', () => {
    const source = new Source();
    const file = (number: number): number =>
      source.file({ of: 'files', count: '', first: 1, last: 999, runs: [[number, number]], unreadable: 0 });
    for (const number of [997, 998, 1, 2]) file(number);
    expect(source.open).toMatchObject([{ numbers: 1, ranges: [[999, 999]] }]);
    file(999);
    expect(source.open).toEqual([]);
  });

  it('end the same whatever the order in which files arrive', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 2, max: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.nat()), fc.boolean(), (at, chance, lose) => {
        const edges = [1, ...at.sort((a, b) => a - b), 61];
        const files = edges.slice(1).map((end, no): [number, number] => [edges[no]!, end - 1]);
        const lost = lose && files.length > 1 ? files.shift()! : null;
        const shuffled = files.map((file) => ({ file, key: chance.next().value })).sort((a, b) => a.key - b.key);
        const source = new Source();
        for (const { file } of shuffled) source.file(calls([file]));
        expect(source.open.map(({ ranges }) => ranges)).toEqual(lost === null ? [] : [[lost]]);
      }),
    );
  });
});

describe('runs of numbers', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 80 }), { maxLength: 40 });
  const runsOf = (all: readonly number[]): [number, number][] =>
    joinRuns(
      all.map((n): Run => [n, n]),
      [],
    );
  const has = (runs: readonly Run[], number: number): boolean =>
    runs.some(([from, to]) => from <= number && number <= to);

  it('hold what is in either of two, and what is missing between', () => {
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const joined = joinRuns(runsOf(one), runsOf(other));
        const all = new Set([...one, ...other]);
        expect(countIn(joined)).toBe(all.size);
        const gaps = gapsIn(joined, 0);
        for (let n = 0; n <= 80; n++) {
          expect(has(joined, n)).toBe(all.has(n));
          expect(has(gaps, n)).toBe(!all.has(n) && n < Math.max(-1, ...all));
        }
      }),
    );
  });

  it('become fewer by leaving out the smallest gaps, and lose none', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 10 }), (all, max) => {
        const runs = coarser(runsOf(all), max);
        expect(runs.length).toBeLessThanOrEqual(max);
        for (const number of all) expect(has(runs, number)).toBe(true);
      }),
    );
    expect(
      coarser(
        [
          [1, 2],
          [4, 5],
          [50, 60],
          [62, 70],
        ],
        2,
      ),
    ).toEqual([
      [1, 5],
      [50, 70],
    ]);
  });
});
