/** `crossing`: does it suit what is measured, and what the rules say? */
import type { BaseUnit } from '../../schemas/columns/usage-columns.ts';
import type { TariffFile } from '../../schemas/tariff.ts';
import type { MistakeList } from './mistakes.ts';
import type { BandsModel, RuleModel } from './model.ts';

export function checkCrossing(
  file: TariffFile,
  base: BaseUnit,
  bands: BandsModel,
  rules: readonly RuleModel[],
  mistakes: MistakeList,
): void {
  const { crossing } = file;
  if (crossing === undefined || crossing === 'by-start') return;
  if (crossing === 'by-increment' && (base !== 'ms' || bands.by !== 'clock')) {
    mistakes.add(
      ['crossing'],
      'Only time with `bands` can be divided at a border: other quantities have no counter there.',
      'Remove it, so that the band at the start holds, or write `prorate`.',
    );
  }
  if (crossing === 'split' && base !== 'ms') {
    mistakes.add(
      ['crossing'],
      'Only time can be cut at a border: other quantities have no counter there.',
      'Write `prorate`, or remove it.',
    );
  }
  if (crossing === 'prorate' && base === 'ms') {
    mistakes.add(['crossing'], 'Time has its own border and needs no proportion.', 'Write `split` or `by-increment`.');
  }
  if (crossing === 'prorate' && base === 'events') {
    mistakes.add(['crossing'], 'Events cannot be divided.', 'Remove it: the band at the start holds.');
  }
  rules.forEach((rule, index) => {
    if (!rule.price.whole || bands.by !== 'clock') return;
    mistakes.add(
      ['rules', index, 'price', 'whole'],
      'A tier that prices the whole quantity does not go with a usage that is divided between bands.',
      'Write `crossing: by-start`, or graduated tiers.',
    );
  });
}
