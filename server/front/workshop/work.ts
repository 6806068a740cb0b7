/** What a tariff asks for before it can be published or kept as a draft: read, checked, its tests run, compiled. */
import { createHash } from 'node:crypto';
import {
  compareTariffs,
  compileParts,
  partsOfPrepared,
  prepareModel,
  prepareTariff,
  readPublication,
  testCompiled,
  type Prepared,
  type TariffDifference,
  type TariffParts,
} from '../../../rating/index.ts';
import type { Publication } from '../../../schemas/log-entries.ts';
import { sideFiles } from './side-files.ts';

export type TariffWorkInput =
  | { document: string; fileName: string; files: Readonly<Record<string, string>> }
  /** A publication as it was kept: nothing is added to it, so that exactly this is published. */
  | { body: Uint8Array };

export interface PreparedTariff {
  name: string;
  /** yyyy-mm-dd. */
  effective: string;
  /** The publication as it goes into the log, and its hash. */
  body: Uint8Array;
  sha256: string;
  tests: { name: string; ok: boolean; differences: string[] }[];
  parts: TariffParts;
}

/** Whoever does it: another thread as a rule, since a large tariff takes seconds. */
export interface TariffWorkshop {
  /** Error: TARIFF_INVALID. */
  prepare(input: TariffWorkInput): Promise<PreparedTariff>;
  /** Error: TARIFF_INVALID. */
  compare(input: CompareInput): Promise<TariffDifference>;
}

export interface CompareInput {
  from: TariffWorkInput;
  to: TariffWorkInput;
  shownMax: number;
}

export function compareWork({ from, to, shownMax }: CompareInput): TariffDifference {
  return compareTariffs(publicationOf(from), publicationOf(to), shownMax);
}

/** As it would stand in the log. */
export function publicationOf(input: TariffWorkInput): Publication {
  if ('body' in input) return JSON.parse(Buffer.from(input.body).toString('utf8')) as Publication;
  return prepareTariff(input.document, sideFiles(input.files), input.fileName);
}

export function prepareWork(input: TariffWorkInput): PreparedTariff {
  const prepared =
    'body' in input ? again(input) : prepareModel(input.document, sideFiles(input.files), input.fileName);
  const body = 'body' in input ? input.body : Buffer.from(JSON.stringify(prepared.publication));
  const parts = partsOfPrepared(prepared);
  const { name, effective } = parts.model;
  const tests = testCompiled(compileParts(parts));
  return {
    name,
    effective,
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    tests: tests.map(({ name: test, ok, differences }) => ({ name: test, ok, differences })),
    parts,
  };
}

function again(input: TariffWorkInput): Prepared {
  const publication = publicationOf(input);
  return { publication, model: readPublication(publication) };
}
