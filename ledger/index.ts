/** The ledger: ClickHouse tables, writes that can be proven, and every question asked of them. */
export { connectLedger, addressFromEnvironment, type LedgerAddress, type LedgerClient } from './client.ts';
export { startEngine, engineProcess, engineFailure, ENGINE_DEFAULTS, type EngineHandle } from './engine/start.ts';
export type { EngineOptions } from './engine/config.ts';
export { createTables, ownLedger } from './schema.ts';
export { LEDGER_SCHEMA_VERSION, TABLE_NAMES, TABLES, type TableName, type PersonalData } from './tables.ts';
export { ledgerReference } from './reference.ts';
export { mergeBlocks, type LedgerBlock, type RowCopy } from './blocks.ts';
export { BlockBuffers, releaseBuffer } from './block-buffers.ts';
export { ChargeEncoder, NO_FIELD, type ChargeDictionaries, type ChargeRows } from './charge-rows.ts';
export { SumEncoder, type SumInput } from './sum-rows.ts';
export { decimalOf, encodeRows, microsOf, type Cell, type LedgerRow } from './encode-rows.ts';
export { isWrite, takeLedger, type JournalLine, type LedgerFence } from './fence.ts';
export { LedgerWriter, type BlockState, type LedgerWrite, type RecoveredWrite, type VerifyResult } from './writer.ts';
export type { Difference, JournalledWrite } from './control-totals.ts';
export type { Inventory } from './inventory.ts';
export { compareSeals, sealRows, type SealedRows } from './seal.ts';
export { compareMonth, comparePartRows, expectedTotals, type MonthExpected } from './part-totals.ts';
export { CANONICAL_COLUMNS, exportCanonically, type CanonicalExport, type OutsideIds } from './canonical-export.ts';
export type { Page, PageRequest } from './queries/page.ts';
export {
  findCharges,
  listCharges,
  postedSettlementLines,
  reversalOf,
  standingCharges,
  type Charge,
  type ChargeFilter,
  type SettlementFilter,
} from './queries/charges.ts';
export { postedCharges, postedUpTo, type PostedChargesFilter } from './queries/posted-charges.ts';
export {
  listUsage,
  usageForSettlement,
  usageSummary,
  type SettlementUsage,
  type Usage,
  type UsageFilter,
  type UsageSummaryLine,
} from './queries/usage.ts';
export { postings, usageOfPostings, type PostedUsage, type PostedUsageFilter } from './queries/usage-by-posting.ts';
export {
  countSuspense,
  listSuspense,
  openSuspense,
  suspenseBytes,
  type SuspenseCount,
  type SuspenseFilter,
  type SuspenseItem,
} from './queries/suspense.ts';
export { accountSums, countRows, ledgerSums, type ChargeSums } from './queries/summary.ts';
export { listReadings, type Reading, type ReadingFilter } from './queries/readings.ts';
export {
  listSessions,
  sessionDifferences,
  sessionPackets,
  type SessionFilter,
  type SessionPacket,
  type SessionState,
} from './queries/sessions.ts';
export {
  batchesOf,
  type BatchFacts,
  auditBySource,
  auditMoney,
  turnover,
  type DispositionCounts,
  type MoneySums,
  type SourceAudit,
  type Turnover,
} from './queries/audit.ts';
export {
  accountedEntries,
  auditRecords,
  postedQuantities,
  ratedAgainstCharges,
  suspendedAgainstSuspense,
  type AccountedBucket,
  type EntryDifferences,
  type PostedQuantity,
  type RecordsBy,
  type RecordsFilter,
  type RecordsRow,
} from './queries/audit-records.ts';
export { meterSteps, type MeterSteps } from './queries/audit-readings.ts';
export { periodRecords, periodSums, waitingAsOf, type PeriodRecords, type PeriodSums } from './queries/audit-period.ts';
export {
  checkPart,
  detachedParts,
  ledgerParts,
  monthTotals,
  type DetachedPart,
  type LedgerPart,
  type MonthTotals,
} from './queries/audit-parts.ts';
export {
  firstRecordEntry,
  addDifferences,
  addRated,
  compareRun,
  differenceBlocks,
  differencesOf,
  differenceSums,
  dropLeftWorkspaces,
  listDifferences,
  postedBy,
  registerSpans,
  RerateWorkspace,
  rowsLeft,
  standingRecords,
  touchedBy,
  undoEntry,
  usageCorrectedBy,
  WantedUsage,
  type Compared,
  type DifferenceLine,
  type Differences,
  type PostedRows,
  type RegisterSpan,
  type RerateMonths,
  type RerateNarrowing,
  type ScopeItem,
  type StandingRecords,
} from './rerate/index.ts';
