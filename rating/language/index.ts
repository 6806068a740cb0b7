export { checkTariff, prepareModel, prepareTariff, readPublication, sameContent, type Prepared } from './prepare.ts';
export { readTariffHead, type TariffHead } from './named-files.ts';
export { formatMistake, type Mistake } from './mistakes.ts';
export { formatQuantity, parseQuantity } from './quantities.ts';
export { DIGIT_OF_TRIPLE, PrefixList } from './prefix-list.ts';
export {
  BILLIONTHS,
  billionths,
  energyUnit,
  type DailySeries,
  type EnergyModel,
  type FactorModel,
} from './read-energy.ts';
export { kindsOf } from './read-bands.ts';
export { namedRules, rulesOfLaterBands } from './check-components.ts';
export { knownRule, UNDECIDED } from './known-rule.ts';
export { ruleTable } from './read-rules.ts';
export type { ReadSideFile } from './read-zones.ts';
export {
  DEFAULT_COMPONENT,
  HOLIDAY_KIND,
  MEASURES,
  PLAIN_KINDS,
  revisionName,
  versionName,
  type ConditionModel,
  type DaysModel,
  type PriceModel,
  type RuleModel,
  type SeriesModel,
  type TariffModel,
} from './model.ts';
export {
  componentsOf,
  cycleMonths,
  monthsBefore,
  payeeOf,
  readsRecordCharges,
  readsRecordMoney,
  selects,
  settlesUsage,
  takes,
  type AllowanceModel,
  type BenefitModel,
  type CommitmentModel,
  type ComponentModel,
  type CycleModel,
  type DemandModel,
  type FeeModel,
  type LossesModel,
  type NetModel,
  type NormModel,
  type PercentileModel,
  type PeriodModel,
  type ReactiveModel,
  type Scope,
  type Selector,
  type ShareModel,
  type StepModel,
  type TiersModel,
  type UnitPrice,
} from './period-model.ts';
export { priceWords, tariffWords, valueWords, whereWords } from './words.ts';
export { readSource } from './source.ts';
export { readPrefixFile } from './read-zones.ts';
