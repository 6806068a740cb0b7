/** What a tariff file says of itself before anybody checks it: its version, and the files that it names. */
import type { TariffFile } from '../../schemas/tariff.ts';
import { readSource } from './source.ts';

export interface TariffHead {
  /** `name@effective`; null when it does not say both. */
  version: string | null;
  /** Side files, by the names that the document gives them. */
  files: string[];
}

/** Of anything: what is no tariff names nothing. */
export function readTariffHead(text: string): TariffHead {
  const head = readSource(withoutLists(text));
  const { value } = head.faults.length === 0 ? head : readSource(text);
  if (typeof value !== 'object' || value === null) return { version: null, files: [] };
  const { name, effective, zonesFile, numbersFile, series, energy } = value as Partial<
    Record<keyof TariffFile, unknown>
  >;
  const listed = [...partsOf(series), ...partsOf(energy)] as { file?: unknown }[];
  const files = [zonesFile, numbersFile, ...listed.map((one) => one?.file)];
  return {
    version: typeof name === 'string' && typeof effective === 'string' ? `${name}@${effective}` : null,
    files: [...new Set(files.filter((file): file is string => typeof file === 'string'))],
  };
}

/** Rules, what is settled, and tests name no files, and are most of a tariff: nobody has to read them for its head. */
function withoutLists(text: string): string {
  return text.replaceAll(/^(rules|period|tests):.*\n?(?:(?![A-Za-z'"]).+\n?|\n)*/gm, '');
}

function partsOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}
