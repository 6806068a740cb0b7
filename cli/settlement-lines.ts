/** What a settlement did, for people. */
import type { SettlementResult } from '../schemas/api/settlements.ts';

export function settlementLines(result: SettlementResult): string[] {
  const { entry, period, postingPeriod, settled, failed, lines, money, failures } = result;
  const posting = postingPeriod === period ? '' : `, billed with ${postingPeriod}`;
  return [
    `Settled ${period} by entry ${entry}${posting}.`,
    `${settled} subscription(s) settled, ${failed} not; ${lines === 0 ? 'nothing new to post' : `${lines} line(s) posted`}.`,
    ...money.map(({ currency, amount, tax }) => `${amount} ${currency}, tax in it ${tax}.`),
    ...failures.flatMap(({ code, count, message, subscriptions }) => [
      `${code}: ${count} not settled. ${message}`,
      `  ${subscriptions.join(', ')}${count > subscriptions.length ? ', ...' : ''}`,
    ]),
    'Settlement charges stand among the charges of each account: tollgrid charges --account <id>',
  ];
}
