/**
 * A draft over the real usage of a time, beside what is active: the same engine and the same settlement, nothing posted.
 * Usage is read in the order in which it was posted, a portion at a time; what settlement needs waits in files.
 */
import path from 'node:path';
import { connectLedger, postings, usageOfPostings, type LedgerClient, type PostedUsage } from '../../ledger/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import { LogReader, Spool } from '../../platform/log/index.ts';
import type { CanaryReport } from '../../schemas/api/canaries.ts';
import { customersOf, referenceOfLog } from '../rater/index.ts';
import { makeBooks, wholeMonths, type CanaryBooks } from './books.ts';
import { CanaryCustomers } from './customers.ts';
import type { CanaryJob, CanaryProgress } from './job.ts';
import { rateBoth, type RateParts } from './rate.ts';
import { UsageReader } from './read-usage.ts';
import { settleBucket } from './settle.ts';
import { Spill } from './spill.ts';
import { CanarySums, Faults } from './sums.ts';

const DAY_MS = 86_400_000;
const ROWS_AT_ONCE = 50_000;
const ROWS_PER_BUCKET = 100_000;
const BUCKETS_MAX = 256;
/** A usage between two readings begins before its month, and a divided one has parts on both sides of a border. */
const READING_DAYS = 62;
const DIVIDED_DAYS = 400;

export async function runCanary(job: CanaryJob, onProgress: (progress: CanaryProgress) => void): Promise<CanaryReport> {
  const startedMs = performance.now();
  const reader = new LogReader(path.join(job.dataDir, 'log'));
  const spool = await Spool.open(path.join(job.dataDir, 'spool'), { owner: false });
  const ledger = connectLedger(job.ledger);
  try {
    const books = await makeBooks(job, reader);
    const told = await compare(job, books, { reader, spool, ledger }, onProgress);
    return { ...told, elapsedMs: Math.round(performance.now() - startedMs), peakBytes: peakBytes() };
  } finally {
    await Promise.all([ledger.close(), reader.close(), spool.close()]);
  }
}

interface Stores {
  reader: LogReader;
  spool: Spool;
  ledger: LedgerClient;
}

async function compare(
  job: CanaryJob,
  books: CanaryBooks,
  { reader, spool, ledger }: Stores,
  onProgress: (progress: CanaryProgress) => void,
): Promise<Omit<CanaryReport, 'elapsedMs' | 'peakBytes'>> {
  const { fromMs, toMs } = books;
  const all = await customersOf(referenceOfLog(reader, job.referenceEntries, job.beforeEntry - 1));
  const ids = new Map([...all.accounts.values()].map(({ id, no }) => [id, no]));
  const accounts = job.accounts === null ? null : new Set(job.accounts.map((id) => accountNo(ids, id)));
  const customers = new CanaryCustomers(books, all, { accounts, attribute: job.attribute, atMs: fromMs });
  const months = books.settles ? wholeMonths(books.tariff, fromMs, toMs) : [];
  const margin = DAY_MS * (books.union.divides ? DIVIDED_DAYS : months.length > 0 ? READING_DAYS : 0);
  const backMs = months.length === 0 ? 0 : books.monthsBefore * 31 * DAY_MS;
  // All accounts whose usage is counted together with that of those who were named.
  const together = customers.clusters.flatMap(({ members }) => members.map(({ accountNo: no }) => no));
  const filter = {
    fromMs: Math.max(0, fromMs - backMs - margin),
    toMs: toMs + (books.union.divides ? margin : 0),
    beforeEntry: job.beforeEntry,
    accountNos: accounts === null ? null : [...new Set(together)],
  };
  const posted = await postings(ledger, filter);
  const rows = posted.reduce((sum, one) => sum + one.rows, 0);
  const buckets = Math.min(BUCKETS_MAX, Math.max(1, Math.ceil(rows / ROWS_PER_BUCKET)));
  const sums = new CanarySums();
  const parts: RateParts = {
    ...{ books, customers, sums },
    spill: months.length === 0 ? null : new Spill(job.scratch, buckets),
    faults: { active: new Faults(), draft: new Faults() },
  };
  const usages = new UsageReader(reader, spool, job.referenceEntries);
  let done = 0;
  for (const portion of portionsOf(posted)) {
    onProgress({ phase: 'rating', done, of: rows });
    const list = await usageOfPostings(ledger, filter, portion.from, portion.to);
    const wanted = list.filter((one) => customers.clusterNo(one.subscriptionNo, one.view, one.service) !== -1);
    for (const group of groupsOf(wanted)) await usages.read(group, (read) => rateBoth(parts, read));
    done += portion.rows;
  }
  onProgress({ phase: 'rating', done: rows, of: rows });
  const unsettled = { active: new Faults(), draft: new Faults() };
  if (parts.spill !== null) {
    for (let bucket = 0; bucket < buckets; bucket++) {
      onProgress({ phase: 'settling', done: bucket, of: buckets });
      settleBucket({ books, all, customers, sums, spill: parts.spill, months, unsettled }, bucket);
    }
    onProgress({ phase: 'settling', done: buckets, of: buckets });
  }
  return {
    ...{ draft: books.draftVersion, inPlaceOf: books.inPlaceOf, from: job.from, to: job.to, assumed: books.assumed },
    settledMonths: months,
    ...sums.report(job.shown, (no) => customers.account(no)?.id ?? String(no)),
    attribute: job.attribute,
    unpriceable: parts.faults.draft.list,
    activeUnpriceable: parts.faults.active.list,
    unsettled: { active: unsettled.active.list, draft: unsettled.draft.list },
    unread: usages.unread,
  };
}

function accountNo(ids: ReadonlyMap<string, number>, id: string): number {
  const no = ids.get(id);
  if (no === undefined) throw new TollgridError('NOT_FOUND', `There is no account ${id}.`, { account: id });
  return no;
}

function* portionsOf(posted: readonly { postedEntry: number; rows: number }[]) {
  for (let index = 0; index < posted.length;) {
    const from = posted[index].postedEntry;
    let [to, rows] = [from, 0];
    for (; index < posted.length && (rows === 0 || rows + posted[index].rows <= ROWS_AT_ONCE); index++) {
      to = posted[index].postedEntry;
      rows += posted[index].rows;
    }
    yield { from, to, rows };
  }
}

/** Runs of one entry, posted by one entry. */
function* groupsOf(list: readonly PostedUsage[]): Generator<PostedUsage[]> {
  for (let from = 0, to = 0; from < list.length; from = to) {
    const { entryNo, postedEntry } = list[from];
    while (to < list.length && list[to].entryNo === entryNo && list[to].postedEntry === postedEntry) to++;
    yield list.slice(from, to);
  }
}

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
