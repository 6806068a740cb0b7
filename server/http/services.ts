/**
 * What the HTTP edge asks of the parts behind it. The front implements it; tests use a small fake.
 * Methods that take an id answer null when there is no such object. All throw `TollgridError`.
 */
import type { Readable } from 'node:stream';
import type { AccountDetail, AccountItem, UsageSummary } from '../../schemas/api/accounts.ts';
import type { AuditReport, VerifyReport } from '../../schemas/api/audit.ts';
import type { ChargeItem, Explanation } from '../../schemas/api/charges.ts';
import type { CommandAnswer, Page } from '../../schemas/api/common.ts';
import type { FileAnswer, ProcessedAnswer, RebuildAnswer, SourceItem, Status } from '../../schemas/api/operation.ts';
import type {
  PublicationItem,
  PublicationKindText,
  PublishAnswer,
  RegistryAnswer,
} from '../../schemas/api/registry.ts';
import type { SuspendedRecord } from '../../schemas/api/suspense.ts';
import type { RegistryInput } from '../../schemas/registry.ts';
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
  /** Unique per source. Same key and `requestSha256`: the first answer again, with `replayed`. */
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
  by: string;
}

export interface FrontServices {
  /** Resolves when durable. Throws IDEMPOTENCY_CONFLICT, INTAKE_BUSY (details.retryAfterSeconds). */
  pushUsage(input: PushUsage): Promise<{ entryNo: number; records: number; replayed: boolean }>;
  /** Resolves when the file is durable and its slices are entries. */
  ingestFile(input: IngestFile): Promise<FileAnswer>;
  /** Resolves when the entry's effect is in the ledger, or with `processed: false` after `timeoutMs`. */
  waitUntilProcessed(entryNo: number, timeoutMs: number): Promise<ProcessedAnswer>;

  usage(query: { account?: string | undefined } & Span & PageRequest): Promise<Page<UsageItem>>;
  charges(
    query: { account?: string | undefined; service?: string | undefined } & Span & PageRequest,
  ): Promise<Page<ChargeItem>>;
  explainCharge(id: string): Promise<Explanation | null>;
  /** `period`: yyyy-mm, the service period. */
  usageSummary(account: string, period: string): Promise<UsageSummary | null>;

  /** `division`: only accounts at or below that path; '' = all. */
  accounts(query: { division: string } & PageRequest): Promise<Page<AccountItem>>;
  account(id: string): Promise<AccountDetail | null>;

  audit(query: { wait: boolean }): Promise<AuditReport>;
  suspense(query: { code?: string | undefined } & PageRequest): Promise<Page<SuspendedRecord>>;
  suspenseBytes(address: string): Promise<Uint8Array | null>;
  recycle(input: SuspenseSelection & { by: string }): Promise<CommandAnswer>;
  /** At least one of code and address is given. */
  writeOff(input: SuspenseSelection & { reason: string; by: string }): Promise<CommandAnswer>;
  settle(input: { period: string; by: string }): Promise<CommandAnswer>;

  registryImport(input: { name: string; text: string; by: string }): Promise<RegistryAnswer>;
  registryChange(input: { objects: RegistryInput[]; by: string }): Promise<RegistryAnswer>;
  publish(input: Publish): Promise<PublishAnswer>;
  publications(query: PageRequest): Promise<Page<PublicationItem>>;
  sources(query: PageRequest): Promise<Page<SourceItem>>;

  rebuild(input: { threads?: number | undefined }): Promise<RebuildAnswer>;
  verify(): Promise<VerifyReport>;
  canonicalExport(): Promise<Readable>;
  /** Facts of health; cheap, called by probes. */
  status(): Status;
  /** The metrics in Prometheus' text format. */
  metricsText(): Promise<string>;
  /** Begins an orderly stop and returns at once. */
  shutdown(): void;
}
