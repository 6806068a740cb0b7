/** Usage to charges: tariffs are checked and prepared, compiled, applied to columns, settled by month, and explained. */
export {
  checkTariff,
  formatMistake,
  formatQuantity,
  prepareTariff,
  type Mistake,
  type ReadSideFile,
} from './language/index.ts';
export { compileTariff, type CompiledTariff } from './compiler/index.ts';
export { TariffBook, explainRating, rateUsage, type BookVersion, type Explanation, type Step } from './engine/index.ts';
export {
  settle,
  type Covers,
  type PostedLine,
  type SettledUsage,
  type SettlementCharge,
  type SettlementInput,
  type TariffSpanInput,
} from './settlement/index.ts';
export { requirePassing, testPublication, testTariff, type TariffTestResult } from './trials/index.ts';
