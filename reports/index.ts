/** What the ledger's sums say when they are held against each other. Pure: sums go in, lines and findings come out. */
export {
  addRecords,
  DISPOSITIONS,
  moneyLines,
  noRecords,
  unitLines,
  type DispositionName,
  type MoneyLists,
  type RecordIdentity,
} from './conservation.ts';
export {
  MeterIdentity,
  metersClose,
  type FactsOf,
  type MeterDifference,
  type MeterFacts,
  type MeterLine,
  type MeterReport,
} from './meter-identity.ts';
export {
  compareFigures,
  compareJoint,
  figuresClose,
  RESOLUTIONS,
  rollForward,
  type Figures,
  type SourceRoll,
  type SumsRoll,
} from './roll-forward.ts';
