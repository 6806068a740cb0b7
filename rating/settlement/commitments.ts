/** The least or the most that lines cost together. */
import { isLess, NOTHING, ONE, product } from '../arithmetic/ratio.ts';
import type { BookVersion } from '../engine/index.ts';
import { baseOf } from './base-lines.ts';
import { minus, plus, whole } from './exact.ts';
import { exactSigned } from './line.ts';
import type { Settlement } from './settlement.ts';
import { addPriced, heldCycles } from './shares.ts';

export function addCommitments(settlement: Settlement, version: BookVersion): void {
  for (const model of version.tariff.model.period.commitments) {
    for (const { lead, members, cycle, parts } of heldCycles(settlement, version, model)) {
      const sum = whole(baseOf(settlement, { members }, version, cycle, model.of).priced);
      const share = model.prorate === 'none' ? ONE : parts.reduce((all, part) => plus(all, part.share), NOTHING);
      // Limits are written in the tariff's currency, lines stand in the account's.
      const of = { subscription: lead.subscription, version, cycle, component: model.component };
      const line = () => settlement.lines.line('commitment', of);
      const { rate } = settlement.lines.exchange(version, cycle);
      const [minimum, maximum] = [model.minimum, model.maximum].map((limit) =>
        limit === null ? null : product(product(limit, share), rate),
      );
      const limit =
        minimum !== null && isLess(sum, minimum) ? minimum : maximum !== null && isLess(maximum, sum) ? maximum : null;
      if (limit === null) continue;
      const what = limit === minimum ? 'minimum' : 'maximum';
      addPriced(line(), minus(limit, sum));
      line().steps.push({
        step: 'minimum',
        text: `Lines cost ${exactSigned(sum)}; the ${what} is ${exactSigned(limit)}.`,
        data: { sum: exactSigned(sum), limit: exactSigned(limit), what },
      });
    }
  }
}
