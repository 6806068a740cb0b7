/** What is active, and what would be: two books of tariffs that differ in one tariff only. */
import {
  compileParts,
  componentsOf,
  monthsBefore,
  partsOf,
  TariffBook,
  type CompiledTariff,
} from '../../rating/index.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { LogReader } from '../../platform/log/index.ts';
import { EntryType, type Publication, type PublicationHead } from '../../schemas/log-entries.ts';
import { compiledFolder, readCompiled, referenceOfLog, type LazyReference } from '../rater/index.ts';
import type { CanaryJob } from './job.ts';

const DAY_MS = 86_400_000;

export interface CanaryBooks {
  active: TariffBook;
  draft: TariffBook;
  /** Holds all versions of both: whose usage counts together under either. */
  union: TariffBook;
  /** The draft under the name of the tariff whose users it is tried on. */
  tariff: CompiledTariff;
  /** Version of the draft as its file says it. */
  draftVersion: string;
  inPlaceOf: string;
  /** The draft would hold only behind the time that is looked at: it was put in force for all of it. */
  assumed: boolean;
  /** By the clock of the draft. */
  fromMs: number;
  toMs: number;
  /** Something is settled by either: not all money stands in record charges. */
  settles: boolean;
  /** Months before the first that settlement looks back on. */
  monthsBefore: number;
}

export async function makeBooks(job: CanaryJob, reader: LogReader): Promise<CanaryBooks> {
  const tariffs = await activeTariffs(job, reader);
  const draft = compileParts(partsOf(JSON.parse(Buffer.from(job.body).toString('utf8')) as Publication));
  const inPlaceOf = job.inPlaceOf ?? draft.name;
  const own = tariffs.filter(({ name }) => name === inPlaceOf);
  if (own.length === 0) {
    throw new TollgridError('TARIFF_UNKNOWN', `No version of ${inPlaceOf} is published: nobody uses it.`, {
      tariff: inPlaceOf,
    });
  }
  const [fromMs, toMs] = [job.from, job.to].map((day) =>
    draft.clock.toUtcMs(Date.parse(`${day}T00:00:00Z`), 'earlier'),
  );
  const assumed = draft.effectiveMs >= toMs;
  // Under the same name, so that assignments lead to it.
  const tariff = { ...draft, name: inPlaceOf, ...(assumed && { effectiveMs: 0 }) };
  const others = tariffs.filter(({ name }) => name !== inPlaceOf);
  const all = [...own, tariff];
  return {
    active: TariffBook.build(tariffs),
    draft: TariffBook.build(assumed ? [...others, tariff] : [...tariffs, tariff]),
    union: TariffBook.build([...tariffs, { ...tariff, model: { ...tariff.model, effective: '9999-12-31' } }]),
    tariff,
    draftVersion: draft.version,
    ...{ inPlaceOf, assumed, fromMs, toMs },
    settles: all.some(({ model: { period, rounding } }) => {
      return componentsOf(period).length > 0 || (rounding.at !== 'record' && rounding.at !== 'session');
    }),
    monthsBefore: Math.max(...all.map(({ model }) => monthsBefore(model.period))),
  };
}

/** The newest revision of each version, as of the last entry. */
async function activeTariffs(
  { referenceEntries, beforeEntry, dataDir }: CanaryJob,
  reader: LogReader,
): Promise<CompiledTariff[]> {
  const newest = new Map<string, LazyReference>();
  for await (const entry of referenceOfLog(reader, referenceEntries, beforeEntry - 1)) {
    const publication = entry.head as PublicationHead;
    if (entry.type !== EntryType.publication || publication.kind !== 'tariff') continue;
    newest.set(`${publication.name}@${publication.effective}`, entry);
  }
  const compiled: CompiledTariff[] = [];
  for (const { head: published, body } of newest.values()) {
    const head = published as PublicationHead;
    const made = await readCompiled(compiledFolder(dataDir), head.sha256);
    const parts = made ?? partsOf(JSON.parse(Buffer.from(await body()).toString('utf8')) as Publication);
    compiled.push(compileParts(parts, head.revision));
  }
  return compiled;
}

/** Whole months of [fromMs, toMs) by the clock of a tariff: yyyy-mm. */
export function wholeMonths({ clock }: CompiledTariff, fromMs: number, toMs: number): string[] {
  const months: string[] = [];
  const last = clock.yyyymm(toMs + 31 * DAY_MS);
  for (let month = clock.yyyymm(fromMs); month <= last; month = following(month)) {
    const starts = (of: number): number => clock.toUtcMs(Date.UTC(Math.floor(of / 100), (of % 100) - 1, 1), 'earlier');
    if (starts(month) < fromMs || starts(following(month)) > toMs) continue;
    months.push(`${Math.floor(month / 100)}-${String(month % 100).padStart(2, '0')}`);
  }
  return months;
}

function following(month: number): number {
  return month % 100 === 12 ? month + 89 : month + 1;
}
