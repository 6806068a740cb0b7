/** Checking a tariff file, and turning it into what is published: the text with all data it rests on. */
import { parseZone, zoneTransitions } from '../../platform/time-zone.ts';
import { TollgridError } from '../../platform/errors.ts';
import type { Publication } from '../../schemas/log-entries.ts';
import { HOLIDAY_COUNTRIES } from '../../schemas/tariff-time.ts';
import { formatMistake, type Mistake } from './mistakes.ts';
import type { TariffModel } from './model.ts';
import { publicHolidays } from './public-holidays.ts';
import { holidaysFile } from './read-days.ts';
import { readTariff, type ReadTariff } from './read-tariff.ts';
import type { ReadSideFile } from './read-zones.ts';

const FILE = 'tariff.yaml';

/** Every mistake of a tariff file, in the order of its lines; empty when it can be published (its tests aside). */
export function checkTariff(text: string, readSideFile: ReadSideFile, fileName = FILE): Mistake[] {
  return readHere(text, readSideFile, fileName).mistakes;
}

export interface Prepared {
  publication: Publication;
  /** Of the same text, so that nobody has to read it twice. */
  model: TariffModel;
}

/**
 * What a tariff file becomes in the log. Zone transitions are taken from this machine once, here, and never again.
 * Throws TARIFF_INVALID with `details.mistakes`.
 */
export function prepareTariff(text: string, readSideFile: ReadSideFile, fileName = FILE): Publication {
  return prepareModel(text, readSideFile, fileName).publication;
}

export function prepareModel(text: string, readSideFile: ReadSideFile, fileName = FILE): Prepared {
  const files: Record<string, string> = {};
  const zones: Record<string, [number, number][]> = {};
  const model = modelOf(
    readTariff(text, fileName, {
      readSideFile: (name) => (files[name] = madeFile(name) ?? readSideFile(name)),
      transitions: (name) => {
        const found = transitions(name);
        if (found !== null) zones[name] = found;
        return found;
      },
    }),
  );
  const data = { zones, codePages: {}, files };
  return { publication: { document: text, data }, model };
}

/** The model of a publication: reads nothing but the publication. */
export function readPublication(publication: Publication): TariffModel {
  const { files, zones } = publication.data;
  const reading = readTariff(publication.document, FILE, {
    readSideFile: (name) => {
      if (!Object.hasOwn(files, name)) throw new Error('it is not part of the publication');
      return files[name];
    },
    transitions: (name) => (Object.hasOwn(zones, name) ? zones[name] : null),
    published: true,
  });
  return modelOf(reading);
}

/**
 * The analyst wrote the same: text and side files. What this machine added (changes of clocks, public holidays) may
 * differ after it was updated; that is no reason to publish again.
 */
export function sameContent(one: Publication, other: Publication): boolean {
  const [files, others] = [one.data.files, other.data.files];
  const names = new Set([...Object.keys(files), ...Object.keys(others)]);
  const same = (name: string): boolean => files[name] === others[name] || madeFile(name) !== null;
  return one.document === other.document && [...names].every(same);
}

function readHere(text: string, readSideFile: ReadSideFile, fileName: string): ReadTariff {
  return readTariff(text, fileName, { readSideFile: (name) => madeFile(name) ?? readSideFile(name), transitions });
}

/** Public holidays are no file of the analyst's: they are written here, once. */
function madeFile(name: string): string | null {
  const country = HOLIDAY_COUNTRIES.find((one) => holidaysFile(one) === name);
  return country === undefined ? null : publicHolidays(country).join('\n');
}

function modelOf(reading: ReadTariff): TariffModel {
  if (reading.model !== null) return reading.model;
  const shown = reading.mistakes.slice(0, 50).map(formatMistake).join('\n');
  throw new TollgridError('TARIFF_INVALID', `The tariff has ${reading.mistakes.length} mistake(s):\n${shown}`, {
    mistakes: reading.mistakes,
  });
}

function transitions(name: string): [number, number][] | null {
  try {
    return parseZone(name) === name ? zoneTransitions(name) : null;
  } catch {
    return null;
  }
}
