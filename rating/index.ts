/** Usage to charges: tariffs are checked and prepared, compiled, applied to columns, settled by month, and explained. */
export {
  checkTariff,
  formatMistake,
  formatQuantity,
  componentsOf,
  payeeOf,
  monthsBefore,
  prepareModel,
  prepareTariff,
  readPublication,
  readTariffHead,
  readsRecordCharges,
  revisionName,
  sameContent,
  tariffWords,
  type Mistake,
  type Prepared,
  type ReadSideFile,
} from './language/index.ts';
export {
  compileParts,
  compileTariff,
  partsOf,
  partsOfPrepared,
  tableBytes,
  type CompiledTariff,
  type TariffParts,
} from './compiler/index.ts';
export { compareTariffs, type TariffDifference } from './comparison/index.ts';
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
export { requirePassing, testCompiled, testPublication, testTariff, type TariffTestResult } from './trials/index.ts';
