import { describe, it, expect } from 'vitest';
import { TariffBook } from '../../../rating/index.ts';
import type { Subscription } from '../../../registry/index.ts';
import { clustersOf } from '../../../server/rater/settle-clusters.ts';
import { compileText } from '../../rating/support/tariffs.ts';

const tariff = (name: string, scope: string) =>
  compileText(`name: ${name}
effective: 2026-01-01
currency: UAH
timeZone: Europe/Kyiv
service: voice
tax: { percent: 20, included: true }
rounding: { at: line, mode: half-up, decimals: 2 }
rules: [{ price: { price: 1, per: 1min } }]
period: { fees: [{ component: fee, amount: 1, scope: ${scope} }] }
`);
const book = TariffBook.build([tariff('alone', 'subscription'), tariff('family', 'group'), tariff('firm', 'account')]);

function subscription(no: number, accountNo: number, name: string, groups: string[] = []): Subscription {
  const span = { fromMs: null, toMs: null };
  return {
    ...{ kind: 'subscription', id: `S-${no}`, no, accountNo, usagePoint: false, division: 'root', identifiers: [] },
    tariffs: [{ view: 'retail', service: 'voice', tariff: name, ...span }],
    attributes: groups.map((value, index) => ({ name: 'group', value, fromMs: index, toMs: index + 1 })),
  };
}

const numbers = (...subscriptions: Subscription[]) =>
  clustersOf(book, subscriptions).map(({ members }) => members.map(({ no }) => no));

describe('who is settled together', () => {
  it('nobody with anybody, when all components count by subscription', () => {
    expect(numbers(subscription(1, 1, 'alone', ['g']), subscription(2, 1, 'alone', ['g']))).toEqual([[1], [2]]);
  });

  it('a group, an account', () => {
    expect(
      numbers(
        subscription(1, 1, 'family', ['g']),
        subscription(2, 1, 'family'),
        subscription(3, 2, 'family', ['g']),
        subscription(4, 7, 'firm'),
        subscription(5, 8, 'firm'),
        subscription(6, 7, 'firm'),
      ),
    ).toEqual([[1, 3], [2], [4, 6], [5]]);
  });

  it('all whom one connects that was in two groups, in the order of their numbers', () => {
    expect(
      numbers(
        subscription(1, 1, 'family', ['g']),
        subscription(2, 1, 'family', ['h']),
        subscription(3, 1, 'family', ['h', 'g']),
        subscription(4, 1, 'family', ['h']),
      ),
    ).toEqual([[1, 2, 3, 4]]);
  });
});
