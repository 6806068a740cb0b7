/**
 * What the HTTP edge asks of the parts behind it. The front implements it; tests use a small fake.
 * Methods that take an id answer null when there is no such object. All throw `TollgridError`.
 */
import type { ArchiveAnswer, LogReport } from '../../schemas/api/log.ts';
import type { Readable } from 'node:stream';
import type { AccountDetail, AccountItem, UsageSummary } from '../../schemas/api/accounts.ts';
import type { AuditBy, AuditReport, VerifyReport } from '../../schemas/api/audit.ts';
import type { CanaryRequest, CanaryState } from '../../schemas/api/canaries.ts';
import type { ChargeItem, Explanation } from '../../schemas/api/charges.ts';
import type { SessionItem } from '../../schemas/api/sessions.ts';
import type { CommandAnswer, Page } from '../../schemas/api/common.ts';
import type { CopyFiles, CopyRun } from '../../schemas/api/copies.ts';
import type { FileItem, IncidentItem } from '../../schemas/api/files.ts';
import type { FileAnswer, ProcessedAnswer, RebuildAnswer, Status } from '../../schemas/api/operation.ts';
import type {
  PublicationItem,
  PublicationKindText,
  PublishAnswer,
  RegistryAnswer,
} from '../../schemas/api/registry.ts';
import type { OutputItem } from '../../schemas/api/outputs.ts';
import type { ReloadAnswer, SourceItem, SourceTestAnswer } from '../../schemas/api/sources.ts';
import type { Statement, StatementCheck, StatementKey, StatementList } from '../../schemas/api/statements.ts';
import type { SuspendedRecord } from '../../schemas/api/suspense.ts';
import type { RerateItem, ReratePreview } from '../../schemas/api/rerates.ts';
import type { SettlementResult } from '../../schemas/api/settlements.ts';
import type { RerateWish } from '../../schemas/log-entries.ts';
import type { RegistryInput } from '../../schemas/registry.ts';
import type {
  DiffAnswer,
  DraftAnswer,
  TariffChoice,
  TariffDocument,
  TariffItem,
  TariffSource,
} from '../../schemas/api/tariffs.ts';
import type { UsageItem } from '../../schemas/api/usage.ts';

export interface PageRequest {
  /** 1 to 1,000. */
  limit: number;
  /** `next` of the page before, as the service gave it: see cursor.ts. */
  cursor?: string | undefined;
}

/** [fromMs, toMs) in UTC milliseconds; absent = open. */
export interface Span {
  fromMs?: number | undefined;
  toMs?: number | undefined;
}

export interface PushUsage {
  source: string;
  /** Raw JSON of each event, without line ends: one record each. Views of the request's buffer. */
  events: Uint8Array[];
  /** Whose key it is: the id of an API key; left out: the operator's. */
  caller?: string | undefined;
  /** Unique per caller and source. Same key and `requestSha256`: the first answer again, with `replayed`. */
  idempotencyKey?: string | undefined;
  /** Lower-case hexadecimal. */
  requestSha256: string;
}

export interface IngestFile {
  source: string;
  name: string;
  /** Absent: the source's own format. */
  format?: string | undefined;
  /** Fails when the upload breaks off or is over the limit: nothing may be kept then. */
  stream: Readable;
}

/** Which suspended records a command means: both absent = all. */
export interface SuspenseSelection {
  code?: string | undefined;
  address?: string | undefined;
}

export interface Publish {
  kind: PublicationKindText;
  name: string;
  document: string;
  /** Relative name → text. */
  files: Record<string, string>;
  note?: string | undefined;
  /** Tariffs. */
  person?: string | undefined;
  correct?: boolean | undefined;
  by: string;
}

/** Acceptance in [fromMs, toMs). */
export interface AuditQueryInput extends Span {
  wait: boolean;
  /** Default: by file. */
  by?: AuditBy | undefined;
  source?: string | undefined;
}

export interface AuditServices {
  audit(query: AuditQueryInput): Promise<AuditReport>;
  verify(): Promise<VerifyReport>;
  statements(): Promise<StatementList>;
  statement(date: string): Promise<Statement | null>;
  /** The stored one when there is one. Throws STATEMENT_DAY_OPEN, STATEMENT_OUT_OF_ORDER, WAIT_TIMED_OUT. */
  makeStatement(date: string): Promise<Statement>;
  /** Throws STATEMENT_UNKNOWN, STATEMENT_INVALID. */
  verifyStatements(wish: StatementCheck): Promise<VerifyReport>;
  statementKey(): Promise<StatementKey>;
}

/** `by`: whose approval it is. */
export interface RerateServices {
  /** Resolves when it has begun. Throws RERATE_MONTHS, RERATE_BUSY, NOT_FOUND. */
  beginPreview(wish: RerateWish): Promise<ReratePreview>;
  preview(previewNo: number): Promise<ReratePreview | null>;
  /** Throws RERATE_PREVIEW_GONE, NOT_FOUND. */
  previewDifferences(previewNo: number, page: PageRequest): Promise<Page<ChargeItem>>;
  /** Resolves when the command is durable. Throws RERATE_MONTHS, NOT_FOUND. */
  rerate(
    input: RerateWish & { by: string; digest?: string | undefined; note?: string | undefined },
  ): Promise<CommandAnswer>;
  /** Throws NOT_FOUND. */
  undoRerate(input: {
    rerate: number;
    by: string;
    note?: string | undefined;
    postingPeriod?: string | undefined;
  }): Promise<CommandAnswer>;
  /** The last one first. */
  rerates(page: PageRequest): Promise<Page<RerateItem>>;
  rerateOf(entry: number): Promise<RerateItem | null>;
  /** Throws NOT_FOUND. */
  rerateDifferences(entry: number, page: PageRequest): Promise<Page<ChargeItem>>;
}

export interface CopyServices {
  /** Throws COPY_DIVERGED, COPY_BEHIND. */
  copyLog(query: { copy: string; afterNo: number; waitMs: number }): Promise<CopyRun>;
  /** Throws SPOOL_BLOB_MISSING. */
  copyBlob(query: { copy: string; sha256: string; offset: number }): Promise<Readable>;
  copyFiles(): Promise<CopyFiles>;
  /** Throws NOT_FOUND. */
  copyFile(name: string): Promise<Uint8Array>;
}

/** Whose key it was, and who answers for it. */
export interface Signed {
  by: string;
  person?: string | undefined;
  note?: string | undefined;
}

export interface TariffServices {
  /** What holds and what waits, by name and date. */
  tariffs(query: PageRequest): Promise<Page<TariffItem>>;
  /** In the order of the log; null when there never was such a tariff. */
  tariffHistory(query: { name: string } & PageRequest): Promise<Page<TariffItem> | null>;
  /** Throws TARIFF_UNKNOWN. */
  tariffDocument(reference: string): Promise<TariffDocument>;
  /** Throws TARIFF_INVALID. */
  draftTariff(input: TariffSource & Signed): Promise<DraftAnswer>;
  /** Throws TARIFF_UNKNOWN, TARIFF_TEST_FAILED, TARIFF_UNSIGNED, TARIFF_PUBLISHED, TARIFF_CORRECTS_NOTHING. */
  publishDraft(input: { version: string; correct?: boolean | undefined } & Signed): Promise<PublishAnswer>;
  withdrawDraft(input: { version: string } & Signed): Promise<CommandAnswer>;
  /** Resolves when it has begun. Throws TARIFF_UNKNOWN, TARIFF_INVALID, CANARY_BUSY. */
  startCanary(input: CanaryRequest): Promise<CanaryState>;
  canary(id: string): CanaryState | null;
  /** Null when there is none of that id. */
  cancelCanary(id: string): CanaryState | null;
  /** `shown`: so many changes of each part are listed. Throws TARIFF_UNKNOWN, TARIFF_INVALID. */
  diffTariffs(input: { from: TariffChoice; to: TariffChoice; shown: number }): Promise<DiffAnswer>;
}

export interface FrontServices extends AuditServices, CopyServices, RerateServices, TariffServices {
  /** Resolves when durable. Throws IDEMPOTENCY_CONFLICT; INTAKE_BUSY, INTAKE_DISK_LOW (details.retryAfterSeconds). */
  pushUsage(input: PushUsage): Promise<{ entryNo: number; records: number; replayed: boolean }>;
  /** Resolves when the file is durable and its slices are entries, or when it is held. Throws INTAKE_DISK_LOW. */
  ingestFile(input: IngestFile): Promise<FileAnswer>;
  /** Resolves when the entry's effect is in the ledger, or with `processed: false` after `timeoutMs`. */
  waitUntilProcessed(entryNo: number, timeoutMs: number): Promise<ProcessedAnswer>;

  /** The last one first. */
  files(
    query: { source?: string | undefined; state?: FileItem['state'] | undefined } & PageRequest,
  ): Promise<Page<FileItem>>;
  file(entry: number): Promise<FileItem | null>;
  /** Resolves when the command is durable. Throws NOT_FOUND, FILE_NOT_HELD. */
  releaseFile(input: { file: number; reason?: string | undefined; by: string }): Promise<CommandAnswer>;
  rejectFile(input: { file: number; reason: string; by: string }): Promise<CommandAnswer>;
  incidents(query: { all: boolean } & PageRequest): Promise<Page<IncidentItem>>;
  /** Throws NOT_FOUND, INCIDENT_CLOSED. */
  closeIncident(input: { incident: string; reason: string; by: string }): Promise<CommandAnswer>;

  usage(query: { account?: string | undefined } & Span & PageRequest): Promise<Page<UsageItem>>;
  charges(
    query: { account?: string | undefined; service?: string | undefined } & Span & PageRequest,
  ): Promise<Page<ChargeItem>>;
  sessions(
    query: {
      account?: string | undefined;
      login?: string | undefined;
      nas?: string | undefined;
      all?: boolean | undefined;
    } & PageRequest,
  ): Promise<Page<SessionItem>>;
  explainCharge(id: string): Promise<Explanation | null>;
  /** `period`: yyyy-mm, the service period. */
  usageSummary(account: string, period: string): Promise<UsageSummary | null>;

  /** `division`: only accounts at or below that path; '' = all. */
  accounts(query: { division: string } & PageRequest): Promise<Page<AccountItem>>;
  account(id: string): Promise<AccountDetail | null>;

  suspense(query: { code?: string | undefined } & PageRequest): Promise<Page<SuspendedRecord>>;
  suspenseBytes(address: string): Promise<Uint8Array | null>;
  recycle(input: SuspenseSelection & { by: string }): Promise<CommandAnswer>;
  /** At least one of code and address is given. */
  writeOff(input: SuspenseSelection & { reason: string; by: string }): Promise<CommandAnswer>;
  settle(input: { period: string; postingPeriod?: string | undefined; by: string }): Promise<CommandAnswer>;
  settlement(entry: number): Promise<SettlementResult | null>;

  registryImport(input: { name: string; text: string; by: string }): Promise<RegistryAnswer>;
  registryChange(input: { objects: RegistryInput[]; by: string }): Promise<RegistryAnswer>;
  publish(input: Publish): Promise<PublishAnswer>;
  publications(query: PageRequest): Promise<Page<PublicationItem>>;
  sources(query: PageRequest): Promise<Page<SourceItem>>;
  /** These throw SOURCE_UNKNOWN. A way in that is not reachable is an answer, not an error. */
  testSource(source: string): Promise<SourceTestAnswer>;
  /** Resolves when nothing more is taken and what was taken is durable. */
  pauseSource(input: { source: string; by: string }): Promise<SourceItem>;
  /** Throws SOURCE_PAUSED_BY_CONFIGURATION too. */
  resumeSource(input: { source: string; by: string }): Promise<SourceItem>;
  /** Reads the configuration's sources again. Throws CONFIG_INVALID, FORMAT_UNKNOWN: nothing is changed then. */
  reloadSources(): Promise<ReloadAnswer>;
  outputs(query: PageRequest): Promise<Page<OutputItem>>;

  rebuild(input: { threads?: number | undefined }): Promise<RebuildAnswer>;
  canonicalExport(): Promise<Readable>;
  /** Facts of health; cheap, called by probes. */
  status(): Status;
  logReport(): Promise<LogReport>;
  archive(input: { all: boolean }): Promise<ArchiveAnswer>;
  /** Null when usage is taken, otherwise why not; cheap. */
  intakeReason(): string | null;
  /** How far the ledger is, and the log. */
  position(): { ledgerEntry: number; logHead: number };
  /** The metrics in Prometheus' text format. */
  metricsText(): Promise<string>;
  /** Begins an orderly stop and returns at once. */
  shutdown(): void;
}
