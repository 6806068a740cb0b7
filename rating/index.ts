/** Usage to charges: tariffs are checked and prepared, compiled, applied to columns, settled by month, and explained. */
export {
  checkTariff,
  formatMistake,
  formatQuantity,
  componentsOf,
  monthsBefore,
  prepareTariff,
  readsRecordCharges,
  type Mistake,
  type ReadSideFile,
} from './language/index.ts';
export { compileTariff, type CompiledTariff } from './compiler/index.ts';
export {
  TariffBook,
  authorise,
  divideUsage,
  explainRating,
  rateUsage,
  type BookVersion,
  type Explanation,
  type Step,
} from './engine/index.ts';
export {
  cycleKey,
  dayOf,
  GROUP,
  multiplierFactor,
  settle,
  settleTogether,
  startOfDay,
  type AttributeSpan,
  type Covers,
  type MemberInput,
  type PostedLine,
  type SettledUsage,
  type SettlementCharge,
  type SettlementInput,
  type TariffSpanInput,
} from './settlement/index.ts';
export { requirePassing, testPublication, testTariff, type TariffTestResult } from './trials/index.ts';
