export { settle } from './settle.ts';
export type {
  Covers,
  LineKey,
  LineTotals,
  PostedLine,
  SettledUsage,
  SettlementCharge,
  SettlementInput,
  TariffSpanInput,
} from './model.ts';
