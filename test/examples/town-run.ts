/** Takes the files of a town through decoding, guiding, duplicates, readings and rating, without server or ledger. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { Outcome } from '../../cli/generate/index.ts';
import { Duplicates } from '../../mediation/duplicates/index.ts';
import { prepareFormat } from '../../mediation/formats/index.ts';
import { prepareGuiding } from '../../mediation/guiding/index.ts';
import { errorCode } from '../../platform/errors.ts';
import { prepareTariff, rateUsage } from '../../rating/index.ts';
import { readRegistryFile } from '../../registry/index.ts';
import { planChange } from '../../registry/plan.ts';
import { Disposition, DISPOSITION_NAMES } from '../../schemas/columns/record-columns.ts';
import { EntryType } from '../../schemas/log-entries.ts';
import { ReferenceData } from '../../server/rater/reference-data.ts';
import type { SlicePlace } from '../../server/rater/slice-work.ts';
import { ColumnPool, runStageA } from '../../server/rater/stage-a.ts';
import { rateParts, spreadParts } from '../../server/rater/session-rows.ts';
import { NO_FACTS } from '../../schemas/rating-facts.ts';
import { newState, runStageB, type ShardState } from '../../server/rater/stage-b.ts';

const ACCEPTED_MS = Date.UTC(2026, 9, 16, 3);

export interface TownConfig {
  sources: { name: string; format: string; directory: string }[];
}

export interface TownRun {
  /** By source. */
  outcomes: Record<string, Outcome>;
  /** Amount with tax in micros by tariff version, records and valuations together. */
  amounts: Record<string, number>;
}

const text = (...parts: string[]): string => readFileSync(path.join(...parts), 'utf8');

export function readTownConfig(town: string): TownConfig {
  const { sources } = parse(text(town, 'tollgrid.yaml')) as TownConfig;
  // What listens has nothing waiting in a folder.
  return { sources: sources.filter(({ directory }) => directory !== undefined) };
}

/** Everything the town publishes, and its registry. `definitions`: folder with tariffs and guiding; `town`: the rest. */
async function townReference(definitions: string, town: string, formats: string): Promise<ReferenceData> {
  const reference = new ReferenceData();
  let entryNo = 0;
  const publish = (kind: string, name: string, body: unknown, effective?: string): void =>
    reference.apply({
      entryNo: ++entryNo,
      type: EntryType.publication,
      head: { kind, name, effective, sha256: '', by: 'test' },
      body: Buffer.from(JSON.stringify(body)),
    });
  for (const { format } of readTownConfig(definitions).sources) {
    publish('format', format, prepareFormat(text(formats, `${format}.yaml`)));
  }
  publish('guiding', 'town', prepareGuiding(text(definitions, 'guiding.yaml')));
  const tariffs = path.join(definitions, 'tariffs');
  for (const file of readdirSync(tariffs).filter((name) => name.endsWith('.yaml'))) {
    const { name, effective } = parse(text(tariffs, file)) as { name: string; effective: string };
    publish(
      'tariff',
      name,
      prepareTariff(text(tariffs, file), (side) => text(tariffs, side)),
      effective,
    );
  }
  const requested = await readRegistryFile(text(town, 'registry.yaml'), 'registry.yaml');
  const nobody = { parties: new Map(), accounts: new Map(), subscriptions: new Map(), accountNo: 0, subscriptionNo: 0 };
  const { changes, mistakes } = planChange(requested, nobody);
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  reference.apply({
    entryNo: ++entryNo,
    type: EntryType.registry,
    head: {},
    body: Buffer.from(JSON.stringify(changes)),
  });
  return reference;
}

export async function runTown(definitions: string, town: string, formats: string): Promise<TownRun> {
  const reference = await townReference(definitions, town, formats);
  const state = newState(new Duplicates());
  const run: TownRun = { outcomes: {}, amounts: {} };
  let entryNo = 1000;
  for (const source of readTownConfig(definitions).sources) {
    const outcome: Outcome = {
      received: 0,
      rated: 0,
      absorbed: 0,
      duplicate: 0,
      superseded: 0,
      filtered: 0,
      suspended: {},
    };
    run.outcomes[source.name] = outcome;
    const folder = path.join(town, source.directory);
    for (const name of readdirSync(folder).sort()) {
      entryNo++;
      const place: SlicePlace = {
        entryNo,
        fileEntry: entryNo,
        source: source.name,
        format: source.format,
        acceptedAtMs: ACCEPTED_MS,
        sourceOffset: 0,
        first: true,
        last: true,
      };
      const bytes = readFileSync(path.join(folder, name));
      takeSlice(reference, state, place, bytes, outcome, run.amounts);
    }
  }
  return run;
}

function takeSlice(
  reference: ReferenceData,
  state: ShardState,
  place: SlicePlace,
  bytes: Uint8Array,
  outcome: Outcome,
  amounts: Record<string, number>,
): void {
  const work = runStageA(reference, new ColumnPool(), place, { bytes });
  const { records, usage } = work;
  const owner = { thread: 0, threads: 1 };
  const effects = runStageB(state, work, reference.format(place.format), reference, owner);
  const book = reference.tariffBook;
  const parts = new Map(
    effects.sessions.flatMap(({ record, part }) => (part === null ? [] : [[record, part] as const])),
  );
  const totals = spreadParts(reference, usage, parts);
  rateUsage(book, reference.binding, usage, records, 0, usage.count);
  rateParts(reference, usage, records, totals, NO_FACTS);
  for (let row = 0; row < usage.count; row++) {
    const record = usage.record[row]!;
    if (records.disposition[record] !== Disposition.usable) continue;
    if (usage.code[row] === 0) {
      const version = book.versions[usage.versionNo[row]!]!;
      amounts[version] = (amounts[version] ?? 0) + usage.amountMicros[row]!;
    } else {
      records.disposition[record] = Disposition.suspended;
      records.code[record] = usage.code[row]!;
    }
  }
  outcome.received += records.count;
  for (let record = 0; record < records.count; record++) {
    const disposition = records.disposition[record]!;
    if (disposition === Disposition.suspended) {
      const code = errorCode(records.code[record]!);
      outcome.suspended[code] = (outcome.suspended[code] ?? 0) + 1;
    } else {
      const name = disposition === Disposition.usable ? 'rated' : DISPOSITION_NAMES[disposition]!;
      (outcome as unknown as Record<string, number>)[name]!++;
    }
  }
  // A revision takes the place of a record that had been rated.
  const replaced = effects.reversals.filter((reversal) => reversal.supersede).length;
  outcome.rated -= replaced;
  outcome.superseded += replaced;
}
