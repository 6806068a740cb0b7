/** What the HTTP edge may ask of the front: thin, each answer comes from the part that knows it. */
import { PassThrough, type Readable } from 'node:stream';
import { Type } from 'typebox';
import {
  countRows,
  countSuspense,
  exportCanonically,
  listCharges,
  listSessions,
  listSuspense,
  listUsage,
  suspenseBytes,
} from '../../ledger/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { AccountItem } from '../../schemas/api/accounts.ts';
import { SEMANTICS_NO } from '../../schemas/log-entries.ts';
import { decodeCursor, encodeCursor, type FrontServices } from '../http/index.ts';
import { auditServices } from './audit-services.ts';
import { explainCharge } from './explain.ts';
import { fileServices } from './file-services.ts';
import type { FrontParts } from './front.ts';
import { intakeReason, statusOf } from './front-status.ts';
import { logServices } from './log-services.ts';
import { requireLaterPosting } from './posting-period.ts';
import { rerateServices } from './rerate-services.ts';
import { ReferenceHistory } from './reference-history.ts';
import { summaryOf } from './outcome.ts';
import { sourceServices } from './source-services.ts';
import { SuspenseCounts } from './suspense-counts.ts';
import { chargeItem, sessionItem, Names, usageItem } from './to-api.ts';
import { fileInput, publishAnswer, tariffServices } from './tariff-services.ts';
import { version } from './version.ts';

/** Metrics are wanted most when the ledger does not answer. */
const METRICS_WAIT_MS = 1_000;

const IdCursor = Type.Object({ after: Type.String() });

export function createServices(front: FrontParts): FrontServices {
  const { state, processed, intake, children } = front;
  const history = new ReferenceHistory(front.reader, state);
  const waiting = new SuspenseCounts(() => countSuspense(children.ledger));
  const explainParts = { reader: front.reader, spool: front.spoolOf(), state, history };

  /** The account's number; NOT_FOUND when there is no such account. */
  const accountNo = async (id: string): Promise<number> => {
    const account = await front.registry.queries.account(id);
    if (account === null) throw new TollgridError('NOT_FOUND', `There is no account ${id}.`);
    return account.no;
  };
  const accountFilter = async (id: string | undefined): Promise<{ accountNo?: number }> =>
    id === undefined ? {} : { accountNo: await accountNo(id) };
  const page = <T, U>(
    { items, next }: { items: T[]; next?: string },
    make: (item: T) => U,
  ): { items: U[]; next: string | null } => ({
    items: items.map(make),
    next: next ?? null,
  });
  const settled = async (entryNo: number): Promise<{ entry: number }> => Promise.resolve({ entry: entryNo });

  return {
    ...fileServices(front),
    ...sourceServices(front),
    outputs: () => Promise.resolve({ items: front.outputs.list(), next: null }),
    ...front.copies.services(front.spoolOf()),
    ...tariffServices(front),

    pushUsage: ({ source, events, requestSha256, idempotencyKey, caller }) => {
      front.requireIntake();
      return intake.batches.push(source, events, requestSha256, idempotencyKey, caller);
    },

    ingestFile: async ({ source, name, format, stream }) => {
      front.requireIntake();
      const formatName = format ?? front.formatOf(source);
      if (formatName === undefined) {
        throw new TollgridError('SOURCE_UNKNOWN', `No source "${source}" is configured, and no format was named.`, {
          source,
        });
      }
      return intake.admitFile({ source, name, format: formatName }, stream as AsyncIterable<Uint8Array>);
    },

    waitUntilProcessed: async (entryNo, timeoutMs) => ({
      processed: await processed.reachedWithin(entryNo, timeoutMs),
      processedEntry: processed.entryNo,
    }),

    ...auditServices(front),
    ...rerateServices(front),
    ...logServices(front),

    usage: async ({ account, fromMs, toMs, limit, cursor }) => {
      const found = await listUsage(children.ledger, {
        ...(await accountFilter(account)),
        limit,
        ...(fromMs !== undefined && { fromMs }),
        ...(toMs !== undefined && { toMs }),
        ...(cursor !== undefined && { cursor }),
      });
      const names = await Names.of(front.registry, found.items);
      return page(found, (item) => usageItem(item, names));
    },

    charges: async ({ account, service, fromMs, toMs, limit, cursor }) => {
      const found = await listCharges(children.ledger, {
        ...(await accountFilter(account)),
        limit,
        ...(service !== undefined && { service }),
        ...(fromMs !== undefined && { fromMs }),
        ...(toMs !== undefined && { toMs }),
        ...(cursor !== undefined && { cursor }),
      });
      const names = await Names.of(front.registry, found.items);
      return page(found, (item) => chargeItem(item, names));
    },

    sessions: async ({ account, login, nas, all, limit, cursor }) => {
      const found = await listSessions(children.ledger, {
        ...(await accountFilter(account)),
        limit,
        ...(login !== undefined && { login }),
        ...(nas !== undefined && { nas }),
        ...(all !== undefined && { all }),
        ...(cursor !== undefined && { cursor }),
      });
      const names = await Names.of(front.registry, found.items);
      return page(found, (item) => sessionItem(item, names));
    },

    explainCharge: async (id) => {
      const explained = await explainCharge({ ...explainParts, ledger: children.ledger }, id);
      if (explained === null) return null;
      const names = await Names.of(front.registry, [explained.charge]);
      return { charge: chargeItem(explained.charge, names), ...explained.told };
    },

    usageSummary: async (id, period) => {
      const account = await front.registry.queries.account(id);
      return account === null ? null : summaryOf(children.ledger, account, period);
    },

    accounts: async ({ division, limit, cursor }) => {
      const after = cursor === undefined ? undefined : decodeCursor(IdCursor, cursor).after;
      const found = await front.registry.queries.accounts({ after, limit, division });
      return {
        items: found.items.map(accountItem),
        next: found.next === null ? null : encodeCursor({ after: found.next }),
      };
    },

    account: async (id) => {
      const account = await front.registry.queries.account(id);
      if (account === null) return null;
      const party = await front.registry.queries.party(account.partyId);
      const subscriptions = await front.registry.queries.subscriptionsOf(account.no);
      return {
        ...accountItem({ ...account, partyName: party?.name ?? '' }),
        subscriptions: subscriptions.map(({ id: subscription, usagePoint, identifiers, tariffs }) => ({
          id: subscription,
          usagePoint,
          identifiers: identifiers.map(({ kind, value, ...span }) => ({ kind, value, ...spanOf(span) })),
          tariffs: tariffs.map(({ view, service, tariff, ...span }) => ({ view, service, tariff, ...spanOf(span) })),
        })),
      };
    },

    suspense: async ({ code, limit, cursor }) => {
      const filter = { limit, ...(code !== undefined && { code }), ...(cursor !== undefined && { cursor }) };
      return page(await listSuspense(children.ledger, filter), (item) => ({
        address: item.address,
        code: item.code,
        field: item.field,
        source: item.source,
        format: item.format,
        acceptedAt: new Date(item.acceptedAtMs).toISOString(),
        byteOffset: Number(item.byteOffset),
        byteLength: item.lengthBytes,
      }));
    },

    suspenseBytes: async (address) => (await suspenseBytes(children.ledger, address)) ?? null,

    recycle: async ({ by, ...input }) =>
      settled(await intake.command({ command: 'recycle', by, input: defined(input) })),
    writeOff: async ({ by, reason, ...input }) =>
      settled(await intake.command({ command: 'writeOff', by, input: { ...defined(input), reason } })),
    settle: async ({ by, period, postingPeriod }) => {
      requireTariffs(front);
      requireLaterPosting(period, postingPeriod);
      const input = { period, ...(postingPeriod !== undefined && { postingPeriod }) };
      return settled(await intake.command({ command: 'settle', by, input }));
    },
    settlement: (entryNo) =>
      front.settlements.of(entryNo, () => ({
        ledger: children.ledger,
        reader: front.reader,
        history,
        processedNo: processed.entryNo,
      })),

    registryImport: async ({ name, text, by }) => registryAnswer(await front.importRegistry(name, text, by)),
    registryChange: async ({ objects, by }) => registryAnswer(await front.changeRegistry(objects, by)),

    publish: async ({ kind, name, document, files, note, person, correct, by }) => {
      if (kind === 'tariff') {
        const signature = { by, person, note };
        return publishAnswer(await front.tariffs.publish(fileInput({ document, files, name }), signature, correct));
      }
      const { entryNo, sha256, unchanged } = await front.publisher.publish({
        kind,
        document,
        fileName: name,
        by,
        note,
      });
      return { entry: entryNo, sha256, unchanged };
    },

    publications: ({ limit, cursor }) => {
      const after = cursor === undefined ? 0 : Number(decodeCursor(IdCursor, cursor).after);
      const all = [...state.publications.values()].sort((a, b) => a.entryNo - b.entryNo);
      const rest = all.filter(({ entryNo }) => entryNo > after);
      const items = rest.slice(0, limit).map(({ entryNo, acceptedAtMs, head }) => ({
        entry: entryNo,
        kind: head.kind,
        name: head.name,
        effective: head.effective ?? null,
        sha256: head.sha256,
        by: head.by,
        publishedAt: new Date(acceptedAtMs).toISOString(),
      }));
      const next = rest.length > limit ? encodeCursor({ after: String(items.at(-1)!.entry) }) : null;
      return Promise.resolve({ items, next });
    },

    rebuild: async ({ threads }) => {
      const startedMs = performance.now();
      const entries = front.headNo;
      await children.rebuild(threads);
      return {
        entries,
        rows: await countRows(children.ledger, 'charges'),
        elapsedMs: Math.round(performance.now() - startedMs),
      };
    },

    canonicalExport: async (): Promise<Readable> => {
      const ids = {
        accounts: await front.registry.queries.accountIds(),
        subscriptions: await front.registry.queries.subscriptionIds(),
      };
      const output = new PassThrough();
      exportCanonically(children.ledger, ids, output).then(
        () => output.end(),
        (error: Error) => output.destroy(error),
      );
      return output;
    },

    status: () => statusOf(front, version, SEMANTICS_NO),
    intakeReason: () => intakeReason(front),
    position: () => ({ ledgerEntry: Math.max(0, processed.entryNo), logHead: front.headNo }),

    metricsText: async () => {
      if (!front.config.metrics.enabled) throw new TollgridError('NOT_FOUND', 'Metrics are switched off.');
      front.metrics.followSuspense(await waiting.counted(METRICS_WAIT_MS));
      return front.metrics.text();
    },

    shutdown: () => front.requestStop(),
  };
}

function accountItem(account: {
  id: string;
  no: number;
  partyId: string;
  partyName: string;
  currency: string;
  timeZone: string;
  division: string;
}): AccountItem {
  const { id, no, partyId, partyName, currency, timeZone, division } = account;
  return { id, no, party: { id: partyId, name: partyName }, currency, timeZone, division };
}

function spanOf({ fromMs, toMs }: { fromMs: number | null; toMs: number | null }): {
  from: string | null;
  to: string | null;
} {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return { from: iso(fromMs), to: iso(toMs) };
}

/** Commands carry only what was said: an absent key, not an undefined one. */
function defined(input: { code?: string | undefined; address?: string | undefined }): {
  code?: string;
  address?: string;
} {
  return {
    ...(input.code !== undefined && { code: input.code }),
    ...(input.address !== undefined && { address: input.address }),
  };
}

function registryAnswer(result: { entryNo: number | null; created: number; changed: number; unchanged: number }): {
  entry: number | null;
  created: number;
  changed: number;
  unchanged: number;
} {
  const { entryNo, created, changed, unchanged } = result;
  return { entry: entryNo, created, changed, unchanged };
}

/**
 * Nothing at all could be settled: refused before anything is logged. Where only some tariffs are missing, the others
 * are settled, and the result says for how many subscriptions and why it could not be.
 */
function requireTariffs({ reference }: FrontParts): void {
  const names = reference.lookup.tariffNames;
  const missing = names.filter((_, number) => reference.binding[number] < 0);
  if (missing.length === 0 || missing.length < names.length) return;
  throw new TollgridError(
    'RATE_NO_TARIFF',
    `None of the tariffs that subscriptions have is published: ${missing.join(', ')}.`,
    { tariffs: missing },
  );
}
