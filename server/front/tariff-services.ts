/** Tariffs as the API tells them: what is published, what waits as a draft, who did what and why. */
import { Type } from 'typebox';
import { TollgridError } from '../../platform/errors.ts';
import type { TariffChoice, TariffItem, TariffSource } from '../../schemas/api/tariffs.ts';
import { decodeCursor, encodeCursor, type PageRequest, type TariffServices } from '../http/index.ts';
import type { FrontParts } from './front.ts';
import type { TariffFacts } from './tariff-history.ts';
import type { PublishedTariff, TariffFileInput } from './tariff-publisher.ts';
import type { TariffWorkInput } from './workshop/work.ts';

/** How long a canary waits for the ledger. */
const CAUGHT_UP_MS = 20_000;
type Prefer = 'draft' | 'published';
const SeenCursor = Type.Object({ seen: Type.Integer() });

export function tariffServices(front: FrontParts): TariffServices {
  const { state, tariffs, workshop, canaries } = front;
  const chosen = async (choice: TariffChoice, prefer: Prefer): Promise<TariffWorkInput> =>
    typeof choice === 'string'
      ? { body: await tariffs.bodyOf(resolve(state.tariffs, choice, prefer)) }
      : fileInput(choice);
  return {
    tariffs: (query) => Promise.resolve(pageOf(state.tariffs.current(), query)),

    tariffHistory: ({ name, ...query }) => {
      const all = state.tariffs.of(name);
      if (all.length === 0) return Promise.resolve(null);
      return Promise.resolve(pageOf(all, query));
    },

    tariffDocument: async (reference) => {
      const found = resolve(state.tariffs, reference, 'published');
      const { document, data } = await tariffs.publicationOf(found);
      return { version: versionOf(found), document, files: data.files };
    },

    draftTariff: async ({ by, person, note, ...source }) => {
      const kept = await tariffs.draft(fileInput(source), { by, person, note });
      const { entryNo, name, effective, sha256, unchanged, tests } = kept;
      return { entry: entryNo, version: `${name}@${effective}`, sha256, unchanged, tests };
    },

    publishDraft: async ({ version, correct, ...signature }) =>
      publishAnswer(await tariffs.publishDraft(version, signature, correct)),

    diffTariffs: async ({ from, to, shown }) =>
      workshop.compare({ from: await chosen(from, 'published'), to: await chosen(to, 'published'), shownMax: shown }),

    startCanary: async ({ tariff, from, to, accounts, inPlaceOf, attribute = 'segment', shown = 10 }) => {
      const { body } = await workshop.prepare(await chosen(tariff, 'draft'));
      // What was in the log when it was asked for is looked at, unless the ledger is far behind.
      await front.processed.reachedWithin(front.headNo, CAUGHT_UP_MS);
      return canaries.start({
        ...{ dataDir: front.config.dataDir, ledger: front.children.ledgerAddress, body, from, to, attribute, shown },
        referenceEntries: state.referenceEntries,
        beforeEntry: front.processed.entryNo + 1,
        inPlaceOf: inPlaceOf ?? null,
        accounts: accounts ?? null,
      });
    },
    canary: (id) => canaries.state(id),
    cancelCanary: (id) => {
      canaries.cancel(id);
      return canaries.state(id);
    },

    withdrawDraft: async ({ version, ...signature }) => ({ entry: await tariffs.withdraw(version, signature) }),
  };
}

export function fileInput({ document, files = {}, name = 'tariff.yaml' }: TariffSource): TariffFileInput {
  return { document, files, fileName: name };
}

export function publishAnswer({ entryNo, name, effective, revision, sha256, unchanged }: PublishedTariff) {
  const version = `${name}@${effective}${revision === 1 ? '' : `#${revision}`}`;
  return { entry: entryNo, sha256, unchanged, version };
}

/**
 * `name@date#2` is a revision, `name@date#draft` the draft that waits. Without either: what is preferred, or else the
 * other. Error: TARIFF_UNKNOWN.
 */
export function resolve(history: FrontParts['state']['tariffs'], reference: string, prefer: Prefer): TariffFacts {
  const [version, which] = reference.split('#') as [string, string | undefined];
  const [draft, published] = [history.draft(version), history.published(version)];
  const found =
    which === undefined
      ? prefer === 'draft'
        ? (draft ?? published)
        : (published ?? draft)
      : which === 'draft'
        ? draft
        : history.revision(version, Number(which));
  if (found !== undefined) return found;
  throw new TollgridError('TARIFF_UNKNOWN', `There is no tariff ${reference}.`, { reference });
}

export function versionOf({ name, effective, kind, revision }: TariffFacts): string {
  const behind = kind === 'draft' ? '#draft' : revision === 1 ? '' : `#${revision}`;
  return `${name}@${effective}${behind}`;
}

function pageOf(all: readonly TariffFacts[], { limit, cursor }: PageRequest) {
  const seen = cursor === undefined ? 0 : decodeCursor(SeenCursor, cursor).seen;
  const items = all.slice(seen, seen + limit).map(tariffItem);
  return { items, next: seen + limit < all.length ? encodeCursor({ seen: seen + limit }) : null };
}

function tariffItem(facts: TariffFacts): TariffItem {
  const { entryNo, acceptedAtMs, kind, state, name, effective, revision, sha256, by, person, note, draft } = facts;
  return {
    entry: entryNo,
    ...{ kind, state, name, effective, revision, sha256, by, person, note, draft },
    version: versionOf(facts),
    at: new Date(acceptedAtMs).toISOString(),
    endedBy: facts.endedBy,
  };
}
