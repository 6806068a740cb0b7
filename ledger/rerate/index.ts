export { dropLeftWorkspaces, RerateWorkspace } from './workspace.ts';
export {
  addDifferences,
  addRated,
  WantedUsage,
  type RerateMonths,
  type RerateNarrowing,
  type ScopeItem,
} from './wanted.ts';
export {
  compareRun,
  registerSpans,
  standingRecords,
  type Compared,
  type RegisterSpan,
  type StandingRecords,
} from './compare.ts';
export { rowsLeft, undoEntry } from './undo.ts';
export {
  differencesOf,
  differenceSums,
  touchedBy,
  type AccountDifference,
  type DifferenceLine,
  type Differences,
} from './outcome.ts';
export { differenceBlocks } from './posting.ts';
export { listDifferences, postedBy, usageCorrectedBy, type PostedRows } from './list.ts';
export { firstRecordEntry } from './kept.ts';
