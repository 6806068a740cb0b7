/** Re-rating as the API offers it: previews, approvals, what was posted, and taking it back. */
import { Type } from 'typebox';
import { firstRecordEntry, listDifferences, postedBy, type PostedRows } from '../../ledger/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { RaterFigures, RerateFigures, RerateItem, ReratePreview } from '../../schemas/api/rerates.ts';
import type { RerateWish } from '../../schemas/log-entries.ts';
import { readRetained } from '../../platform/log/index.ts';
import { yyyymm } from '../rater/index.ts';
import { decodeCursor, encodeCursor, type RerateServices } from '../http/index.ts';
import type { FrontParts } from './front.ts';
import type { RerateFacts } from './log-state.ts';
import { requireLaterPosting } from './posting-period.ts';
import type { PreviewFacts } from './rerates.ts';
import { chargeItem, Names } from './to-api.ts';

const EntryCursor = Type.Object({ entry: Type.Integer() });

export function rerateServices(front: FrontParts): RerateServices {
  const { state, processed, intake, children, rerates } = front;

  const figuresOf = async (figures: RaterFigures): Promise<RerateFigures> => {
    const ids = await front.registry.queries.accountIds(figures.largest.map(({ accountNo }) => accountNo));
    const largest = figures.largest.map(({ accountNo, currency, amount }) => {
      return { account: ids.get(accountNo) ?? `#${accountNo}`, currency, amount };
    });
    return { ...figures, largest };
  };

  const previewItem = async ({ previewNo, wish, progress, outcome }: PreviewFacts): Promise<ReratePreview> => {
    const done = outcome !== null && 'figures' in outcome ? outcome : null;
    return {
      preview: previewNo,
      wish,
      state: outcome === null ? 'running' : done === null ? 'failed' : 'done',
      asOfEntry: done?.asOfEntry ?? null,
      progress: outcome === null ? progress : null,
      figures: done === null ? null : await figuresOf(done.figures),
      failure: outcome !== null && 'failure' in outcome ? outcome.failure : null,
    };
  };

  /** Throws RERATE_MONTHS, NOT_FOUND, REQUEST_INVALID, LOG_ENTRY_RETIRED. */
  const check = async ({ from, to, account, tariff, postingPeriod }: RerateWish): Promise<void> => {
    if (from >= to) throw new TollgridError('RERATE_MONTHS', `${to} is not after ${from}.`, { from, to });
    requireLaterPosting(from, postingPeriod);
    if (account !== undefined && (await front.registry.queries.account(account)) === null)
      throw new TollgridError('NOT_FOUND', `There is no account ${account}.`);
    if (tariff !== undefined && front.reference.tariffBook.versionsOf(tariff).length === 0)
      throw new TollgridError('NOT_FOUND', `There is no published tariff ${tariff}.`);
    await requireKept(front, { from, to });
  };

  /** Of what an undo takes back in the end, too. */
  const firstMonthOf = (entryNo: number): string => {
    const { head } = state.rerates.get(entryNo)!;
    return head.command === 'rerate' ? head.input.from : firstMonthOf(head.input.rerate);
  };

  const differences = async (
    of: Parameters<typeof listDifferences>[1],
    page: { limit: number; cursor?: string | undefined },
  ): ReturnType<RerateServices['rerateDifferences']> => {
    const { limit, cursor } = page;
    const found = await listDifferences(children.ledger, of, { limit, ...(cursor !== undefined && { cursor }) });
    const names = await Names.of(front.registry, found.items);
    return { items: found.items.map((item) => chargeItem(item, names)), next: found.next ?? null };
  };

  const rerateItem = async (
    facts: RerateFacts,
    pending: boolean,
    posted: PostedRows | undefined,
  ): Promise<RerateItem> => {
    const { entryNo, head } = facts;
    const result = rerates.result(entryNo);
    const progress = rerates.progressOf(entryNo) ?? null;
    // Of an entry that the rater has not told of since it started, the ledger knows what it posted.
    const known = result?.state ?? (posted === undefined ? 'nothing' : 'posted');
    return {
      entry: entryNo,
      at: new Date(facts.acceptedAtMs).toISOString(),
      by: head.by,
      note: head.input.note ?? null,
      undoes: head.command === 'undoRerate' ? head.input.rerate : null,
      wish: head.command === 'rerate' ? wishOf(head.input) : null,
      state: pending ? (progress === null ? 'waiting' : 'running') : known,
      progress: pending ? progress : null,
      reversed: posted?.reversed ?? 0,
      posted: posted?.posted ?? 0,
      left: result?.left ?? 0,
      money: posted?.money ?? [],
      figures: pending || result === undefined || result.figures === null ? null : await figuresOf(result.figures),
    };
  };

  const itemsOf = async (some: readonly RerateFacts[]): Promise<RerateItem[]> => {
    if (some.length === 0) return [];
    // As of one moment: what becomes done while the ledger is asked has no rows in that answer.
    const asOf = processed.entryNo;
    const entryNos = some.map(({ entryNo }) => entryNo).filter((entryNo) => entryNo <= asOf);
    const posted = new Map((await postedBy(children.ledger, entryNos)).map((rows) => [rows.entryNo, rows]));
    return Promise.all(some.map((facts) => rerateItem(facts, facts.entryNo > asOf, posted.get(facts.entryNo))));
  };

  return {
    beginPreview: async (wish) => {
      await check(wish);
      if (rerates.running !== undefined)
        throw new TollgridError('RERATE_BUSY', `Preview ${rerates.running.previewNo} is being worked out.`);
      const facts = rerates.begin(wish);
      void askRater(front, facts);
      return previewItem(facts);
    },

    preview: async (previewNo) => {
      const facts = rerates.preview(previewNo);
      return facts === undefined ? null : previewItem(facts);
    },

    previewDifferences: async (previewNo, page) => {
      const facts = rerates.preview(previewNo);
      if (facts === undefined) throw new TollgridError('NOT_FOUND', `There is no preview ${previewNo}.`);
      if (!facts.kept)
        throw new TollgridError('RERATE_PREVIEW_GONE', `The differences of preview ${previewNo} are not kept.`);
      return differences({ preview: `p${previewNo}` }, page);
    },

    rerate: async ({ by, digest, note, ...wish }) => {
      const input = wishOf(wish);
      await check(input);
      return {
        entry: await intake.command({
          command: 'rerate',
          by,
          input: { ...input, ...(note !== undefined && { note }), ...(digest !== undefined && { digest }) },
        }),
      };
    },

    undoRerate: async ({ rerate, by, note, postingPeriod }) => {
      if (!state.rerates.has(rerate)) throw new TollgridError('NOT_FOUND', `Entry ${rerate} is no re-rating.`);
      requireLaterPosting(firstMonthOf(rerate), postingPeriod);
      const input = {
        rerate,
        ...(postingPeriod !== undefined && { postingPeriod }),
        ...(note !== undefined && { note }),
      };
      return { entry: await intake.command({ command: 'undoRerate', by, input }) };
    },

    rerates: async ({ limit, cursor }) => {
      const before = cursor === undefined ? Infinity : decodeCursor(EntryCursor, cursor).entry;
      const fits = [...state.rerates.values()].reverse().filter(({ entryNo }) => entryNo < before);
      const items = await itemsOf(fits.slice(0, limit));
      return { items, next: fits.length > limit ? encodeCursor({ entry: items.at(-1)!.entry }) : null };
    },

    rerateOf: async (entryNo) => {
      const facts = state.rerates.get(entryNo);
      return facts === undefined ? null : (await itemsOf([facts]))[0];
    },

    rerateDifferences: async (entryNo, page) => {
      if (!state.rerates.has(entryNo)) throw new TollgridError('NOT_FOUND', `Entry ${entryNo} is no re-rating.`);
      return differences({ postedEntry: entryNo }, page);
    },
  };
}

/** Error: LOG_ENTRY_RETIRED when records of the months were removed from the log: they cannot be read again. */
async function requireKept({ reader, children, headNo }: FrontParts, { from, to }: RerateWish): Promise<void> {
  const retained = await readRetained(reader.dir);
  if (retained === null) return;
  const months = { from: yyyymm(from), to: yyyymm(to) };
  const first = await firstRecordEntry(children.ledger, months, headNo + 1);
  if (first === null || first >= retained.firstNo) return;
  throw new TollgridError(
    'LOG_ENTRY_RETIRED',
    `usage of these months begins with entry ${first}, and retention removed those before ${retained.firstNo}`,
    { entryNo: first, firstNo: retained.firstNo },
  );
}

/** A preview shows everything that was in the log when it was asked for. */
async function askRater({ processed, rerates, children, headNo }: FrontParts, facts: PreviewFacts): Promise<void> {
  const { previewNo, wish } = facts;
  const failed = (code: string, message: string): void => rerates.end(previewNo, { failure: { code, message } });
  try {
    await processed.reached(headNo);
    if (!children.preview(previewNo, wish)) failed('RATER_ENDED', 'The rater does not run just now.');
  } catch (error) {
    const { code, message } = error as TollgridError;
    failed(code, message);
  }
}

/** Only what was said: an absent key, not an undefined one. */
function wishOf({
  from,
  to,
  tariff,
  account,
  postingPeriod,
}: { [K in keyof RerateWish]: RerateWish[K] | undefined }): RerateWish {
  return {
    ...{ from: from!, to: to! },
    ...(tariff !== undefined && { tariff }),
    ...(account !== undefined && { account }),
    ...(postingPeriod !== undefined && { postingPeriod }),
  };
}
