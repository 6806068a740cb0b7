export { checkTariff, prepareTariff, readPublication } from './prepare.ts';
export { formatMistake, type Mistake } from './mistakes.ts';
export { formatQuantity, parseQuantity } from './quantities.ts';
export { ruleTable } from './read-rules.ts';
export type { ReadSideFile } from './read-zones.ts';
export {
  DAY_KINDS,
  DEFAULT_COMPONENT,
  HOLIDAY_KIND,
  MEASURES,
  versionName,
  type AllowanceModel,
  type FeeModel,
  type PriceModel,
  type RuleModel,
  type TariffModel,
} from './model.ts';
