import { describe, expect, it } from 'vitest';
import { previewLines, rerateLines, rerateTable } from '../../cli/rerate-lines.ts';
import type { RerateFigures, RerateItem, ReratePreview } from '../../schemas/api/rerates.ts';

const figures: RerateFigures = {
  ...{ digest: 'ab'.repeat(32), priced: 1200, changed: 31, rows: 64, settledPeriods: ['2026-03'], settlementLines: 2 },
  money: [{ currency: 'UAH', amount: '-6.500000', tax: '-1.080000' }],
  lines: [
    {
      ...{ view: 'retail', service: 'voice', tariff: 'shop@2026-01-01', kind: 'record', currency: 'UAH' },
      ...{ reversed: 31, posted: 31, quantity: '0', before: '1013.000000', after: '1006.500000' },
      ...{ amount: '-6.500000', tax: '-1.080000' },
    },
  ],
  accounts: 7,
  largest: [{ account: 'A-2', currency: 'UAH', amount: '-4.000000' }],
  unpriced: [{ code: 'RATE_NO_ZONE', records: 3 }],
  failures: [],
};
const preview: ReratePreview = {
  ...{ preview: 1, wish: { from: '2026-03', to: '2026-04', tariff: 'shop' }, state: 'done', asOfEntry: 41 },
  ...{ progress: null, figures, failure: null },
};
const item: RerateItem = {
  ...{ entry: 57, at: '2026-05-02T10:00:00.000Z', by: 'Olha', note: 'wrong price', undoes: null, wish: preview.wish },
  ...{ state: 'posted', progress: null, reversed: 31, posted: 33, left: 0 },
  money: [{ currency: 'UAH', amount: '-6.500000', tax: '-1.080000' }],
  figures,
};

describe('what `tollgrid rerate` says', () => {
  it('shows the differences of a preview, and how exactly these are posted', () => {
    expect(previewLines(preview, [])).toEqual([
      'As of entry 41; nothing is posted yet.',
      '31 of 1 200 usage(s) come out otherwise, and 2 settlement line(s) of 2026-03.',
      '-6.50 UAH, tax in it -1.08, on 7 account(s).',
      '',
      'view    service  tariff           kind    taken back  posted    before     after  difference  currency',
      'retail  voice    shop@2026-01-01  record          31      31  1 013.00  1 006.50       -6.50  UAH',
      '',
      'Largest differences by account',
      'account  difference  currency',
      'A-2           -4.00  UAH',
      'RATE_NO_ZONE: 3 record(s) stay as they stand.',
      '',
      'To post exactly this:',
      `  tollgrid rerate --from 2026-03 --to 2026-04 --tariff shop --approve --digest ${'ab'.repeat(32)} --by <name> --note <why>`,
    ]);
  });

  it('says that there is no difference', () => {
    const none = { ...figures, rows: 0, changed: 0, unpriced: [] };
    expect(previewLines({ ...preview, figures: none }, [])).toEqual([
      '1 200 usage(s) priced again as of entry 41: nothing comes out otherwise.',
    ]);
  });

  it('tells what was posted, by whom and why, and how it is taken back', () => {
    expect(rerateLines(item)).toEqual([
      'Re-rating 57, by Olha (wrong price): 31 charge(s) taken back, 33 posted.',
      '-6.50 UAH, tax in it -1.08.',
      'RATE_NO_ZONE: 3 record(s) stay as they stand.',
      'To take it back: tollgrid rerate undo 57',
    ]);
    const undo: RerateItem = { ...item, entry: 60, undoes: 57, wish: null, note: null, figures: null, left: 4 };
    expect(rerateLines(undo)).toEqual([
      'Entry 60 takes re-rating 57 back, by Olha: 31 charge(s) taken back, 33 posted.',
      '-6.50 UAH, tax in it -1.08.',
      '4 row(s) were left: later entries correct them.',
    ]);
    expect(rerateTable([undo, item]).slice(1)).toEqual([
      '60     2026-05-02 10:00:00  takes 57 back            posted          31      33   -6.50 UAH  Olha',
      '57     2026-05-02 10:00:00  2026-03 to 2026-04 shop  posted          31      33   -6.50 UAH  Olha  wrong price',
    ]);
  });
});
