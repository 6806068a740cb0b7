/** Reactive energy above an allowed tan φ. */
import { NOTHING, ONE, product, type Ratio } from '../arithmetic/ratio.ts';
import type { BookVersion } from '../engine/index.ts';
import type { ReactiveModel } from '../language/index.ts';
import { greatest, minus, plus, quotient, rootTo } from './exact.ts';
import { decimal } from './fees.ts';
import { exactSigned } from './line.ts';
import type { Settlement } from './settlement.ts';
import { sumOf } from './tiers.ts';

/** A root has no exact value: so many decimals of a base unit are kept. */
const ROOT_DECIMALS = 6;

export function addReactive(settlement: Settlement, version: BookVersion): void {
  for (const model of version.tariff.model.period.reactive) {
    for (const { lead, part, uses } of settlement.parts(version, model)) {
      const counted = uses.filter(({ band }) => model.active.includes(band) || model.reactive.includes(band));
      if (counted.length === 0) continue;
      const active = sumOf(counted.filter(({ band }) => model.active.includes(band)));
      const reactive = sumOf(counted.filter(({ band }) => model.reactive.includes(band)));
      const billed = billedEnergy(model, active, reactive);
      const of = { subscription: lead.subscription, version, cycle: part.cycle, component: model.component };
      const line = settlement.lines.line('measured', of);
      const micros = product(product(billed, model.factor), model.price.rate);
      line.add(micros);
      line.addShare(billed);
      for (const { usage } of counted) line.mention(usage.identity, usage.quantity);
      const { text } = model.price;
      line.steps.push({
        step: 'quantity',
        text:
          `Active ${decimal(active)}, reactive ${decimal(reactive)}, allowed tan φ ${decimal(model.allowed)}: ` +
          `${decimal(billed)} × ${text.price} per ${text.per}` +
          `${model.factor.num === model.factor.den ? '' : ` × ${decimal(model.factor)}`} = ${exactSigned(micros)}.`,
        data: { active: decimal(active), reactive: decimal(reactive), billed: decimal(billed), ...text },
      });
    }
  }
}

/** `root`: active × (√((1 + tan²φ) / (1 + allowed²)) - 1), written so that active energy may be zero. */
function billedEnergy({ formula, allowed }: ReactiveModel, active: Ratio, reactive: Ratio): Ratio {
  if (formula === 'excess') return greatest(NOTHING, minus(reactive, product(allowed, active)));
  const apparent = plus(product(active, active), product(reactive, reactive));
  const root = rootTo(quotient(apparent, plus(ONE, product(allowed, allowed))), ROOT_DECIMALS);
  return greatest(NOTHING, minus(root, active));
}
