/** What is counted of entries that raters read again, and what the front makes of the counters of one rater after the other. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { SliceOutcome } from '../../../server/rater/messages.ts';
import { Statistics } from '../../../server/rater/statistics.ts';
import { FrontMetrics } from '../../../server/front/metrics.ts';

let front: FrontMetrics;
beforeEach(() => (front = new FrontMetrics(() => expect.fail('nothing is asked'))));

/** An entry with so many records that were rated, a charge each, and one suspended. */
function process(statistics: Statistics, entryNo: number, rated: number): void {
  statistics.count(entryNo, 's', [rated + 1, 0, rated, 0, 0, 0, 0, 1]);
  const outcome = { controls: [{ service: 'voice', rows: rated }], suspendedByCode: { NO_OWNER: 1 } };
  statistics.outcome(entryNo, { ...outcome, newestEventMs: 0, openSessions: entryNo } as unknown as SliceOutcome);
}

const told = (statistics: Statistics): number => {
  const snapshot = structuredClone(statistics.snapshot(null));
  front.follow(snapshot);
  return snapshot.countedNo;
};

async function sums(): Promise<number[]> {
  const { tollgrid_records_total, tollgrid_charges_total, tollgrid_errors_total } = front.metrics;
  const counters = [tollgrid_records_total, tollgrid_charges_total, tollgrid_errors_total];
  const values = await Promise.all(counters.map(async (counter) => (await counter.get()).values));
  return values.map((of) => of.reduce((sum, { value }) => sum + value, 0));
}

describe('records, charges and errors', () => {
  it('of what a rater reads again after the one before it was killed are counted once', async () => {
    const first = new Statistics(0);
    for (let entryNo = 1; entryNo <= 5; entryNo++) process(first, entryNo, 10);
    const countedNo = told(first);
    expect([countedNo, await sums()]).toEqual([5, [55, 50, 5]]);
    // What it counted and nobody was told of is lost with it.
    process(first, 6, 10);
    const second = new Statistics(countedNo);
    told(second);
    for (let entryNo = 3; entryNo <= 20; entryNo++) process(second, entryNo, 10);
    // More than the first one had counted, in one report.
    expect([told(second), await sums()]).toEqual([20, [220, 200, 20]]);
    expect(second.snapshot(null).openSessions).toBe(20);
  });

  it('are not counted again by a rebuild', async () => {
    const rater = new Statistics(0);
    process(rater, 1, 10);
    told(rater);
    rater.again();
    process(rater, 1, 10);
    process(rater, 2, 10);
    expect([told(rater), await sums()]).toEqual([2, [22, 20, 2]]);
  });

  it('are as many as were received, although later ones move earlier ones to another disposition', async () => {
    const rater = new Statistics(0);
    process(rater, 1, 10);
    rater.count(2, 's', [0, 0, 1, -1]);
    told(rater);
    expect((await sums())[0]).toBe(11);
  });
});
