/** `period`: what is settled once a month. */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFile } from '../../schemas/tariff.ts';
import { microsRatio } from '../arithmetic/ratio.ts';
import type { MistakeList } from './mistakes.ts';
import type { AllowanceModel, BandsModel, FeeModel, RuleModel, ZonesModel } from './model.ts';
import { readQuantity } from './read-price.ts';
import { numbersOf } from './read-rules.ts';

export function readFees(file: TariffFile): FeeModel[] {
  return (file.period?.fees ?? []).map((fee) => ({
    component: fee.component,
    amount: microsRatio(fee.amount),
    prorate: fee.prorate ?? 'days',
  }));
}

export function readAllowances(
  file: TariffFile,
  base: BaseUnit,
  bands: BandsModel,
  zones: ZonesModel,
  mistakes: MistakeList,
): AllowanceModel[] {
  return (file.period?.allowances ?? []).map((allowance, index) => {
    const path = ['period', 'allowances', index];
    return {
      component: allowance.component,
      quantity: readQuantity(allowance.quantity, base, [...path, 'quantity'], mistakes, true),
      zones: numbersOf(allowance.zones, zones.names, 'zone', [...path, 'zones'], mistakes),
      bands: numbersOf(allowance.bands, bands.names, 'band', [...path, 'bands'], mistakes),
      prorate: allowance.prorate ?? 'days',
    };
  });
}

/** A line of a bill is found by its component: two things of one name could not be told apart. */
export function checkComponents(file: TariffFile, rules: readonly RuleModel[], mistakes: MistakeList): void {
  const taken = new Map(rules.map((rule) => [rule.component, 'a rule']));
  const settled = [
    ...(file.period?.fees ?? []).map((fee, index) => ({ ...fee, path: ['period', 'fees', index, 'component'] })),
    ...(file.period?.allowances ?? []).map((one, index) => ({
      ...one,
      path: ['period', 'allowances', index, 'component'],
    })),
  ];
  for (const { component, path } of settled) {
    const other = taken.get(component);
    if (other !== undefined)
      mistakes.add(path, `\`${component}\` is already the component of ${other}.`, 'Choose another name.');
    taken.set(component, 'a fee or an allowance');
  }
}
