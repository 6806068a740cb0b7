/** Delays are told once per entry, by source, when the entry is in the ledger. */
import { describe, expect, it } from 'vitest';
import { EntryType } from '../../../schemas/log-entries.ts';
import { Delays } from '../../../server/front/delays.ts';
import { createMetrics } from '../../../server/http/index.ts';

const START_MS = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;

function setUp() {
  const { metrics, registry } = createMetrics();
  let nowMs = START_MS;
  const delays = new Delays(metrics, { now: () => nowMs });
  return {
    delays,
    passes: (ms: number) => void (nowMs += ms),
    batch: (entryNo: number, source: string) =>
      delays.appended({ entryNo, type: EntryType.batch, acceptedAtMs: nowMs, head: { source }, bodyBytes: 10 }),
    told: async (name: string) => {
      const text = await registry.metrics();
      return [...text.matchAll(new RegExp(`^${name}_(sum|count){source="(\\w+)"} (.*)$`, 'gm'))].map(
        ([, what, source, value]) => `${source} ${what} ${value}`,
      );
    },
  };
}

describe('delays until usage stands in the ledger', () => {
  it('count from the acceptance and from the event, per source', async () => {
    const { delays, batch, passes, told } = setUp();
    batch(5, 'bras');
    batch(6, 'pbx');
    passes(500);
    batch(7, 'bras');
    passes(1000);
    delays.reached(6, [[5, START_MS - 2000]]);
    expect(await told('tollgrid_usage_delay_seconds')).toEqual([
      ...['bras sum 1.5', 'bras count 1', 'pbx sum 1.5', 'pbx count 1'],
    ]);
    expect(await told('tollgrid_event_delay_seconds')).toEqual(['bras sum 3.5', 'bras count 1']);
    delays.reached(7, [[7, START_MS + 500]]);
    expect(await told('tollgrid_usage_delay_seconds')).toContain('bras sum 2.5');
    expect(await told('tollgrid_event_delay_seconds')).toEqual(['bras sum 4.5', 'bras count 2']);
  });

  it('leave out events of yesterday, of the future, and entries of an earlier life', async () => {
    const { delays, batch, passes, told } = setUp();
    batch(5, 'bras');
    batch(6, 'bras');
    batch(7, 'bras');
    passes(10);
    const newest = [
      [3, START_MS],
      [5, START_MS - DAY_MS],
      [6, START_MS + 60_000],
      [7, START_MS],
    ] as const;
    delays.reached(7, newest);
    expect(await told('tollgrid_event_delay_seconds')).toEqual(['bras sum 0.01', 'bras count 1']);
    delays.reached(7, newest);
    expect(await told('tollgrid_event_delay_seconds')).toEqual(['bras sum 0.01', 'bras count 1']);
  });
});
