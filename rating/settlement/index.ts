export { settle, settleTogether } from './settle.ts';
export { cycleKey } from './cycles.ts';
export { GROUP } from './member.ts';
export { dayOf, startOfDay } from './spans.ts';
export { multiplierFactor } from './split.ts';
export type {
  AttributeSpan,
  ClusterInput,
  Covers,
  LineKey,
  LineTotals,
  MemberInput,
  PostedLine,
  SettledUsage,
  SettlementCharge,
  SettlementInput,
  TariffSpanInput,
} from './model.ts';
