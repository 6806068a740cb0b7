/** What outputs read of the ledger: every row once, in the order of the log, and nothing that may still go. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reversalOf, type LedgerRow } from '../../../ledger/index.ts';
import type { Page, Position } from '../../../outputs/index.ts';
import type { Registry } from '../../../registry/index.ts';
import { ChargePages, type ChargePagesParts } from '../../../server/front/charge-pages.ts';
import { Processed } from '../../../server/front/processed.ts';
import { openPostedLedger, type PostedLedger } from '../../ledger/queries/posting.ts';
import { row } from '../../ledger/rows.ts';

const START: Position = { entry: 0, after: null };

let ledger: PostedLedger;
const asked: number[][] = [];
const queries = {
  accountIds: (nos: number[]) => {
    asked.push(nos);
    return Promise.resolve(new Map(nos.map((no) => [no, `A-${no}`])));
  },
  subscriptionIds: (nos: number[]) => Promise.resolve(new Map(nos.map((no) => [no, `S-${no}`]))),
};

function charge(entryNo: number, recordNo: number, changes: LedgerRow = {}): LedgerRow {
  return row('charges', {
    ...{ entry_no: entryNo, record_no: recordNo, charge_no: 0, account_no: 1 + (recordNo % 2), view: 'retail' },
    // Against the order of the log, so that the ledger's own order is another one.
    start_at: Date.UTC(2026, 0, 15) - recordNo * 60_000,
    corrects: '',
    ...changes,
  });
}

function pagesOf(processed: Processed, over: Partial<ChargePagesParts> = {}): ChargePages {
  const registry = { queries } as unknown as Registry;
  const parts = { processed, views: [], eventSource: 'town', ledger: () => ledger.client, registry: () => registry };
  return new ChargePages({ ...parts, ...over });
}

async function all(pages: ChargePages, from = START): Promise<{ ids: string[]; ends: Position[] }> {
  const [ids, ends]: [string[], Position[]] = [[], []];
  for (let page: Page | null, at = from; (page = await pages.after(at)) !== null; at = page.end) {
    ids.push(...page.events.map(({ value }) => (JSON.parse(value) as { id: string }).id));
    ends.push(page.end);
  }
  return { ids, ends };
}

function upTo(entryNo: number): Processed {
  const processed = new Processed();
  processed.set(entryNo);
  return processed;
}

beforeAll(async () => {
  ledger = await openPostedLedger();
  await ledger.post('charges', [charge(1, 1), charge(1, 2), charge(1, 3)]);
  await ledger.post('charges', [charge(2, 1, { view: 'interconnect' })]);
  // A correction: the charge is taken back, and posted again at its address with another price.
  await ledger.post('charges', [reversalOf(charge(1, 2), 3, 202601), charge(1, 2, { amount: '9' })]);
  await ledger.post('charges', [charge(4, 1)]);
});
afterAll(() => ledger.close());

const ALL = ['1/1.1.0', '1/1.2.0', '1/1.3.0', '2/2.1.0', '3/1.2.0/reversed', '3/1.2.0'];

describe('pages of charges', () => {
  it.each([1, 2, 3, 100])('hold each row once, in the order of the log (%i at a time)', async (pageRows) => {
    const { ids, ends } = await all(pagesOf(upTo(3), { pageRows }));
    expect(ids).toEqual(ALL);
    expect(ends.at(-1)).toEqual(pageRows === 100 ? { entry: 3, after: null } : expect.anything());
  });

  it('hold nothing that is not known to stand in the ledger', async () => {
    expect(await pagesOf(new Processed()).after(START)).toBeNull();
    expect(await pagesOf(upTo(1)).after({ entry: 1, after: null })).toBeNull();
    const again = upTo(4);
    again.raterEnded();
    expect(await pagesOf(again).after(START)).toBeNull();
  });

  it('are dropped when the ledger was while they were read', async () => {
    for (const drop of [(one: Processed) => one.set(1), (one: Processed) => one.raterEnded()]) {
      const processed = upTo(3);
      const page = pagesOf(processed).after(START);
      drop(processed);
      expect(await page).toBeNull();
    }
  });

  it('name accounts as outside, and ask for each once', async () => {
    asked.length = 0;
    const page = await pagesOf(upTo(3)).after(START);
    expect(page!.events.map(({ key }) => key)).toEqual(['A-2', 'A-1', 'A-2', 'A-2', 'A-1', 'A-1']);
    expect(asked).toEqual([[2, 1]]);
    const { source, data } = JSON.parse(page!.events[4].value) as { source: string; data: object };
    expect([source, data]).toEqual([
      'town',
      expect.objectContaining({ sign: -1, amount: '-1.000000', corrects: '1.2.0' }),
    ]);
  });

  it('hold only the views that are wanted, and go on behind the others', async () => {
    const { ids, ends } = await all(pagesOf(upTo(4), { views: ['interconnect'] }));
    expect([ids, ends.at(-1)]).toEqual([['2/2.1.0'], { entry: 4, after: null }]);
  });
});
